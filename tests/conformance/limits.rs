//! What is too much (RFC 9110 sections 5.4 and 17.5, RFC 6585 section 5).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            "6585-5",
            "a field of 8 KB is not",
            [b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: ", &[b'x'; 8000][..], b"\r\n\r\n"].concat(),
        )
        .echoes([b'x'; 8000]),
        row(
            "6585-5",
            "90 fields are not",
            [b"GET /echo/a HTTP/1.1\r\nHost: a\r\n", &b"A: b\r\n".repeat(90)[..], b"\r\n"].concat(),
        )
        .echoes(b"a"),
        row(
            "6585-5",
            "a field value of 100 KB",
            [b"GET / HTTP/1.1\r\nHost: a\r\nA: ", &[b'x'; 100_000][..], b"\r\n\r\n"].concat(),
        )
        .rejected(431),
        row(
            "6585-5",
            "a field name of 100 KB",
            [b"GET / HTTP/1.1\r\nHost: a\r\n", &[b'x'; 100_000][..], b": b\r\n\r\n"].concat(),
        )
        .rejected(431),
        row("6585-5", "a Host of 100 KB", [b"GET / HTTP/1.1\r\nHost: ", &[b'x'; 100_000][..], b"\r\n\r\n"].concat())
            .rejected(431),
        row(
            "6585-5",
            "white space of 100 KB",
            [b"GET / HTTP/1.1\r\nHost: a\r\nA: ", &[b' '; 100_000][..], b"\r\n\r\n"].concat(),
        )
        .rejected(431),
        row(
            "6585-5",
            "ten thousand fields",
            [b"GET / HTTP/1.1\r\nHost: a\r\n", &b"A: b\r\n".repeat(10_000)[..], b"\r\n"].concat(),
        )
        .rejected(431),
        row(
            "6585-5",
            "a thousand fields",
            [b"GET / HTTP/1.1\r\nHost: a\r\n", &b"A: b\r\n".repeat(1000)[..], b"\r\n"].concat(),
        )
        .rejected(431),
        row(
            "9110-15.5.14",
            "content up to the limit",
            b"POST /files/limit HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 10\r\n\r\n\
              0123456789",
        )
        .stores("limit", b"0123456789")
        .limited(),
        row(
            "9110-15.5.14",
            "chunks up to the limit",
            b"POST /files/limit-chunks HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              01234\r\n\
              5\r\n\
              56789\r\n\
              0\r\n\r\n",
        )
        .stores("limit-chunks", b"0123456789")
        .limited(),
        row(
            "9110-15.5.14",
            "content over the limit",
            b"POST /files/over HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 11\r\n\r\n\
              0123456789a",
        )
        .rejected(413)
        .leaves_no("over")
        .limited(),
        row(
            "9110-15.5.14",
            "a length far over the limit",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
        )
        .rejected(413)
        .limited(),
        row(
            "9110-15.5.14",
            "chunks over the limit",
            b"POST /files/over-chunks HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              01234\r\n\
              6\r\n\
              56789a\r\n\
              0\r\n\r\n",
        )
        .rejected(413)
        .leaves_no("over-chunks")
        .limited(),
        row("9110-6.6.1", "Date if it is wanted", b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"a")
            .has_some("Date")
            .limited(),
        row("9110-6.6.1", "Date in an error", b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404)
            .has_some("Date")
            .limited(),
        row("9110-6.6.1", "Date in a refusal", b"GET / HTTP/1.1\r\n\r\n").rejected(400).has_some("Date").limited(),
        row(
            "9110-15.4.5",
            "Date in 304",
            b"GET /files/ten HTTP/1.1\r\n\
              Host: a\r\n\
              If-None-Match: {etag}\r\n\r\n",
        )
        .answered(304)
        .has_some("Date")
        .has_some("ETag")
        .limited(),
    ]
}
