//! Methods (RFC 9110 section 9).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [known(), unknown()].concat()
}

fn known() -> Vec<Row> {
    vec![
        row("9110-9.3.1", "GET", b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"a")
            .has("Content-Type", "text/plain"),
        row(
            "9110-9.3.1",
            "GET with content, which means nothing",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        )
        .echoes(b"a"),
        row(
            "9110-9.3.1",
            "content of GET is no request",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 38\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              !!!",
        )
        .echoes(b"a"),
        row(
            "9110-9.3.1",
            "chunked content of GET",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        )
        .echoes(b"a"),
        row("9110-9.3.2", "HEAD has GET's fields", b"HEAD /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(200)
            .for_head()
            .has("Content-Length", "3")
            .has("Content-Type", "text/plain"),
        row("9110-9.3.2", "HEAD of what is not there", b"HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404)
            .for_head(),
        row("9110-9.3.2", "HEAD with content", b"HEAD /echo/abc HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            .answered(200)
            .for_head(),
        row(
            "9110-9.3.2",
            "content of HEAD is no request",
            b"HEAD /echo/abc HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(200)
        .for_head(),
        row(
            "9110-9.3.2",
            "HEAD twice",
            b"HEAD /echo/a HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              HEAD /echo/ab HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(200)
        .for_head()
        .has("Content-Length", "1")
        .answered(200)
        .for_head()
        .has("Content-Length", "2"),
        row("9110-9.3.2", "a refusal of HEAD has no content", b"HEAD /echo/a HTTP/1.1\r\n\r\n")
            .rejected(400)
            .for_head(),
        row("9110-9.3.2", "nor if a field is bad", b"HEAD /echo/a HTTP/1.1\r\nHost : a\r\n\r\n")
            .rejected(400)
            .for_head(),
        row(
            "9110-9.3.3",
            "POST where there is nothing to post to",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        )
        .answered(405)
        .has("Allow", "GET, HEAD, OPTIONS"),
        row("9110-9.3.4", "PUT", b"PUT /files/put HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            .answered(405)
            .has("Allow", "GET, HEAD, POST, OPTIONS")
            .leaves_no("put"),
        row("9110-9.3.5", "DELETE", b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(405)
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("5789-2", "PATCH", b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            .answered(405)
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("9110-9.3.8", "TRACE", b"TRACE / HTTP/1.1\r\nHost: a\r\nAuthorization: secret\r\n\r\n")
            .answered(405)
            .content(b"")
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("9110-9.3.8", "TRACE with content", b"TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            .answered(405)
            .content(b""),
        row("9110-9.3.7", "OPTIONS of a resource", b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(204)
            .has("Allow", "GET, HEAD, OPTIONS")
            .lacks("Content-Length"),
        row("9110-9.3.7", "OPTIONS of a file", b"OPTIONS /files/ten HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(204)
            .has("Allow", "GET, HEAD, POST, OPTIONS"),
        row("9110-9.3.7", "OPTIONS of the server", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(204)
            .has("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH"),
        row("9110-9.3.7", "OPTIONS with content", b"OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            .answered(204),
        row(
            "9110-9.3.7",
            "content of OPTIONS is no request",
            b"OPTIONS / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(204),
        row("9110-9.3.7", "OPTIONS of what is not there", b"OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row("9110-9.3.6", "CONNECT", b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
            .rejected(501),
        row("9110-9.3.6", "CONNECT in origin form", b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row(
            "9110-9.3.6",
            "CONNECT with content",
            b"CONNECT a:1 HTTP/1.1\r\n\
              Host: a:1\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .rejected(501),
        row("9110-9.3.6", "CONNECT without a Host", b"CONNECT a:1 HTTP/1.1\r\n\r\n").rejected(400),
    ]
}

fn unknown() -> Vec<Row> {
    vec![
        row("9110-9.1", "a method nobody knows", b"FOOBAR / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "lower case", b"get / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "mixed case", b"Get / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "one letter more", b"GETT / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "one letter less", b"GE / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "of WebDAV", b"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(501),
        row("9110-9.1", "every character of a token", b"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(501),
        row(
            "9110-9.1",
            "with content that is no request",
            b"BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(501),
        row("9110-9.1", "longer than any", [&[b'A'; 5000], &b" / HTTP/1.1\r\nHost: a\r\n\r\n"[..]].concat())
            .rejected(501),
        row("9110-9.1", "longer than a head", [&[b'A'; 100_000], &b" / HTTP/1.1\r\nHost: a\r\n\r\n"[..]].concat())
            .rejected(501),
        row("9110-9.1", "not a token: brackets", b"G[T / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: a slash", b"GET/ / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: a colon", b"GET: / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: an equals sign", b"G=T / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: quotes", b"\"GET\" / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: a NUL", b"GET\0 / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: a DEL", b"GET\x7f / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: a byte above 127", b"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-9.1", "not a token: an escape", b"\x1bGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
    ]
}
