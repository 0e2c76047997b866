//! Clients of HTTP/1.0 (RFC 9112 appendix C, RFC 1945).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("9112-9.3", "closes by default", b"GET /echo/a HTTP/1.0\r\nHost: a\r\n\r\n").echoes(b"a").closed(),
        row("9112-9.3", "says so", b"GET /echo/a HTTP/1.0\r\n\r\n").echoes(b"a").has("Connection", "close").closed(),
        row("9112-3.2", "needs no Host", b"GET / HTTP/1.0\r\n\r\n").echoes(b"").closed(),
        row("9112-3.2", "may have one", b"GET / HTTP/1.0\r\nHost: a:80\r\n\r\n").echoes(b"").closed(),
        row("9112-3.2", "but not two", b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "nor a bad one", b"GET / HTTP/1.0\r\nHost: a/b\r\n\r\n").rejected(400),
        row("9112-C.2.2", "keep-alive", b"GET /echo/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .echoes(b"a")
            .has("Connection", "keep-alive"),
        row("9112-C.2.2", "keep-alive in any case", b"GET /echo/a HTTP/1.0\r\nCONNECTION: Keep-Alive\r\n\r\n")
            .echoes(b"a")
            .has("Connection", "keep-alive"),
        row(
            "9112-C.2.2",
            "keep-alive twice",
            b"GET /echo/a HTTP/1.0\r\n\
              Connection: keep-alive\r\n\r\n\
              GET /echo/b HTTP/1.0\r\n\
              Connection: keep-alive\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b"),
        row(
            "9112-C.2.2",
            "keep-alive, then nothing of it",
            b"GET /echo/a HTTP/1.0\r\n\
              Connection: keep-alive\r\n\r\n\
              GET /echo/b HTTP/1.0\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b")
        .closed(),
        row("9112-9.3", "keep-alive and close", b"GET /echo/a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n")
            .echoes(b"a")
            .closed(),
        row(
            "9112-9.3",
            "the next request may be of 1.1",
            b"GET /echo/a HTTP/1.0\r\n\
              Connection: keep-alive\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .echoes(b"a")
        .has("Connection", "keep-alive")
        .echoes(b"b")
        .lacks("Connection"),
        row(
            "9112-9.3",
            "and the other way round",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.0\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b")
        .closed(),
        row("9112-9.6", "nothing behind it is answered", b"GET /echo/a HTTP/1.0\r\n\r\nGET /echo/b HTTP/1.0\r\n\r\n")
            .echoes(b"a")
            .closed(),
        row("9110-9.3.2", "HEAD", b"HEAD /echo/abc HTTP/1.0\r\n\r\n")
            .answered(200)
            .for_head()
            .has("Content-Length", "3")
            .closed(),
        row("9112-6.3", "an upload", b"POST /files/http10 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
            .stores("http10", b"hello")
            .closed(),
        row(
            "9112-6.3",
            "an upload with keep-alive",
            b"POST /files/http10-alive HTTP/1.0\r\n\
              Connection: keep-alive\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("http10-alive", b"hello"),
        row("9112-6.3", "POST without a length", b"POST /files/http10-empty HTTP/1.0\r\n\r\n")
            .stores("http10-empty", b"")
            .closed(),
        row(
            "9110-15.2",
            "gets no interim response",
            b"POST /files/http10-expect HTTP/1.0\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("http10-expect", b"hello")
        .closed(),
        row("9112-6.1", "gets no chunks", b"GET /files/ten.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
            .answered(200)
            .gzip(b"0123456789")
            .lacks("Transfer-Encoding")
            .closed(),
        row("9112-2.3", "HTTP/1.00", b"GET / HTTP/1.00\r\n\r\n").rejected(400),
        row("9110-9.1", "a method nobody knows", b"BREW / HTTP/1.0\r\n\r\n").rejected(501),
        row("9110-15.5.5", "what is not there", b"GET /nothing HTTP/1.0\r\n\r\n").answered(404).closed(),
    ]
}
