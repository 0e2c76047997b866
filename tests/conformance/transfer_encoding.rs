//! `Transfer-Encoding` (RFC 9112 sections 6.1 and 6.3): only `chunked` alone leaves no doubt.

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [chunked(), with_content_length(), other_codings(), not_quite_chunked()].concat()
}

fn chunked() -> Vec<Row> {
    vec![
        row(
            "9112-7.1",
            "chunked",
            b"POST /files/te HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("te", b"hello"),
        row(
            "9112-7",
            "in capitals",
            b"POST /files/te-caps HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: CHUNKED\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("te-caps", b"hello"),
        row(
            "9112-7",
            "in mixed case",
            b"POST /files/te-mixed HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: cHuNkEd\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("te-mixed", b"hello"),
        row(
            "9110-5.1",
            "the name in capitals",
            b"POST /files/te-name HTTP/1.1\r\n\
              Host: a\r\n\
              TRANSFER-ENCODING: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("te-name", b"hello"),
        row(
            "9110-5.5",
            "white space around it",
            b"POST /files/te-ows HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding:\t chunked \t\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .stores("te-ows", b"hello"),
        row(
            "9110-10.1.4",
            "TE is another field",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nTE: trailers, chunked;q=0.5\r\nConnection: TE\r\n\r\n",
        )
        .echoes(b"a"),
    ]
}

fn with_content_length() -> Vec<Row> {
    vec![
        row(
            "9112-6.1",
            "before Content-Length",
            b"POST /files/te-cl HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\
              Content-Length: 5\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400)
        .leaves_no("te-cl"),
        row(
            "9112-6.1",
            "behind Content-Length",
            b"POST /files/cl-te HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400)
        .leaves_no("cl-te"),
        row(
            "9112-6.1",
            "with a Content-Length of 0",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 0\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "with a Content-Length that is none",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: x\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "in GET",
            b"GET / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "with a request in the content",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 40\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "with a request behind the length",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 4\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              23\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "and Connection: close",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Connection: close\r\n\
              Content-Length: 6\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n\
              X",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "identity with Content-Length",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: identity\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "an unknown one with Content-Length",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: xchunked\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "twice with Content-Length",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\
              Transfer-Encoding: identity\r\n\
              Content-Length: 5\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "a leading comma with Content-Length",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: ,chunked\r\n\
              Content-Length: 5\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "in HTTP/1.0",
            b"POST / HTTP/1.0\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "in HTTP/1.0 with keep-alive",
            b"POST / HTTP/1.0\r\n\
              Connection: keep-alive\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "in HTTP/1.0 with Content-Length",
            b"POST / HTTP/1.0\r\n\
              Transfer-Encoding: chunked\r\n\
              Content-Length: 5\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
    ]
}

fn other_codings() -> Vec<Row> {
    vec![
        row("9112-6.1", "gzip", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n").rejected(501),
        row(
            "9112-7",
            "identity, which is no longer one",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        )
        .rejected(501),
        row("9112-6.1", "one that nobody knows", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cow\r\n\r\n")
            .rejected(501),
        row(
            "9112-6.1",
            "one that ends like chunked",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(501),
        row(
            "9112-6.1",
            "one that starts like chunked",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n",
        )
        .rejected(501),
        row(
            "9112-6.1",
            "gzip, then chunked",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(501),
        row(
            "9112-6.1",
            "identity, then chunked",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(501),
        row(
            "9112-6.3",
            "chunked, then gzip",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.3",
            "chunked, then identity",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.3",
            "gzip, then deflate",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, deflate\r\n\r\n",
        )
        .rejected(400),
    ]
}

fn not_quite_chunked() -> Vec<Row> {
    vec![
        row(
            "9112-7.1",
            "twice in a list",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "on two lines",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "on two lines, the second another",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\
              Transfer-Encoding: identity\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "on two lines, the first another",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: cow\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "on two lines, the first empty",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding:\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row("9112-6.1", "empty", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n").rejected(400),
        row("9112-6.1", "white space only", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t \r\n\r\n")
            .rejected(400),
        row("9112-6.1", "a comma alone", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,\r\n\r\n").rejected(400),
        row(
            "9112-6.1",
            "a leading comma",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.1",
            "a trailing comma",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "a parameter",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked;a=b\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "a weight",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked;q=1\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "quotes",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: \"chunked\"\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "a space within",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chun ked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "two words",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: x chunked\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "a colon before it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:: chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a vertical tab before it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a vertical tab behind it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a form feed before it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0cchunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a NUL behind it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a bare CR before it",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\rchunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-5.5",
            "a byte above 127",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7",
            "a letter that folds to k",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chun\u{212a}ed\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
    ]
}
