//! Persistence and its end (RFC 9112 section 9).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [persistent(), closing(), pipelined(), upgrades()].concat()
}

fn persistent() -> Vec<Row> {
    vec![
        row("9112-9.3", "by default", b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a").lacks("Connection"),
        row("9112-9.3", "also when asked for", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            .echoes(b"a"),
        row("9110-7.6.1", "options nobody knows", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: x, y\r\n\r\n")
            .echoes(b"a"),
        row(
            "9110-7.6.1",
            "an option that is only like close",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: closed, not-close\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-7.6.1",
            "two words are one option, and none we know",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: not close\r\n\r\n",
        )
        .echoes(b"a"),
        row("9110-7.6.1", "empty", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n").echoes(b"a"),
        row("9110-7.6.1", "commas", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: , ,\r\n\r\n").echoes(b"a"),
        row("9110-7.6.1", "quotes", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: \"close\"\r\n\r\n").echoes(b"a"),
        row(
            "9112-C.2.2",
            "Keep-Alive and its parameters",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Keep-Alive: timeout=1, max=1\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9112-C.2.2",
            "Proxy-Connection is no field of ours",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n",
        )
        .echoes(b"a"),
        row("9112-9.3", "after 404", b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404)
            .has("Content-Length", "0"),
        row("9112-9.3", "after 405", b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n").answered(405),
        row("9112-9.3", "after 204", b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n").answered(204),
        row(
            "9110-7.6.1",
            "Connection hides no field that frames",
            b"POST /files/hop HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Content-Length, Host\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("hop", b"hello"),
    ]
}

fn closing() -> Vec<Row> {
    let close = |name, head: &[u8]| row("9112-9.6", name, head).echoes(b"a").has("Connection", "close").closed();
    vec![
        close("close", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        close("in capitals", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n"),
        close("in mixed case", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nconnection: Close\r\n\r\n"),
        close("last in a list", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n"),
        close("first in a list", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: close, x\r\n\r\n"),
        close("among empty members", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nConnection: ,\tclose ,,\r\n\r\n"),
        close(
            "behind keep-alive",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: keep-alive, close\r\n\r\n",
        ),
        close(
            "before keep-alive",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close, keep-alive\r\n\r\n",
        ),
        close(
            "on a line of its own",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: keep-alive\r\n\
              Connection: close\r\n\r\n",
        ),
        close("in HTTP/1.2", b"GET /echo/a HTTP/1.2\r\nHost: a\r\nConnection: close\r\n\r\n"),
        close(
            "with content that nobody wants",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        ),
        row(
            "9112-9.6",
            "after an upload",
            b"POST /files/close HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("close", b"hello")
        .closed(),
        row(
            "9112-9.6",
            "after chunks",
            b"POST /files/close-chunks HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("close-chunks", b"hello")
        .closed(),
        row("9112-9.6", "after 404", b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .answered(404)
            .closed(),
        row("9112-9.6", "after HEAD", b"HEAD /echo/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .answered(200)
            .for_head()
            .closed(),
        row("9112-9.6", "after 204", b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .answered(204)
            .closed(),
        row(
            "9112-9.6",
            "on the second request",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b")
        .closed(),
        row(
            "9112-9.6",
            "requests behind it are not answered",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .closed(),
        row(
            "9112-9.6",
            "nor is garbage behind it",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\r\n\
              \0\0\0\r\n\r\n",
        )
        .echoes(b"a")
        .closed(),
        row(
            "9112-9.6",
            "a client that ends the stream still gets its response",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .echoes(b"a")
        .ended(),
        row(
            "9112-9.6",
            "and all its responses",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b")
        .ended(),
        row(
            "9112-9.6",
            "also after an upload",
            b"POST /files/half HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("half", b"hello")
        .ended(),
    ]
}

fn pipelined() -> Vec<Row> {
    let hundred: Vec<u8> =
        (0..100).flat_map(|n| format!("GET /echo/{n} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()).collect();
    vec![
        row(
            "9112-9.3.2",
            "two requests",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b"),
        row(
            "9112-9.3.2",
            "of different kinds",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              HEAD /echo/bc HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /nothing HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              POST /files/piped HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              xGET /files/piped HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .answered(200)
        .for_head()
        .answered(404)
        .stores("piped", b"x")
        .echoes(b"x"),
        (0..100).fold(row("9112-9.3.2", "a hundred", hundred), |row, n| row.echoes(n.to_string())),
        row(
            "9112-9.3.2",
            "a bad one behind a good one",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\r\n",
        )
        .echoes(b"a")
        .rejected(400),
        row("9112-9.3.2", "none behind a bad one", b"GET / HTTP/1.1\r\n\r\nGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row(
            "9112-9.3.2",
            "content that nobody wants is skipped",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              helloGET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b"),
        row(
            "9112-9.3.2",
            "chunks that nobody wants are skipped",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b"),
        row(
            "9112-9.3.2",
            "content is skipped where there is nothing",
            b"POST /nothing HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(404)
        .echoes(b"b"),
        row(
            "9112-9.3.2",
            "content is skipped for a method that is not allowed",
            b"PUT / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(405)
        .echoes(b"b"),
        row(
            "9112-9.3.2",
            "64 KiB that nobody wants are skipped",
            [
                b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n",
                &[b'x'; 65_536][..],
                b"GET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n",
            ]
            .concat(),
        )
        .answered(404)
        .echoes(b"b"),
    ]
}

fn upgrades() -> Vec<Row> {
    vec![
        row(
            "9110-7.8",
            "to WebSocket",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Upgrade\r\n\
              Upgrade: websocket\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
              Sec-WebSocket-Version: 13\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-7.8",
            "to HTTP/2",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Upgrade, HTTP2-Settings\r\n\
              Upgrade: h2c\r\n\
              HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-7.8",
            "to what nobody knows",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Upgrade\r\n\
              Upgrade: x/1.0\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-7.8",
            "without the connection option",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-7.8",
            "in HTTP/1.0",
            b"GET /echo/a HTTP/1.0\r\n\
              Connection: Upgrade\r\n\
              Upgrade: websocket\r\n\r\n",
        )
        .echoes(b"a")
        .closed(),
        row(
            "9110-7.8",
            "with content",
            b"POST /files/upgrade HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Upgrade\r\n\
              Upgrade: websocket\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("upgrade", b"hello"),
        row(
            "9110-7.8",
            "and close",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: Upgrade, close\r\n\
              Upgrade: h2c\r\n\r\n",
        )
        .echoes(b"a")
        .closed(),
    ]
}
