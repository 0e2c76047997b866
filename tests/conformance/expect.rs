//! `Expect` (RFC 9110 section 10.1.1).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [continued(), not_needed(), other()].concat()
}

fn continued() -> Vec<Row> {
    vec![
        row(
            "9110-10.1.1",
            "100-continue",
            b"POST /files/expect HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .continued_with(b"hello")
        .stores("expect", b"hello"),
        row(
            "9110-10.1.1",
            "in mixed case",
            b"POST /files/expect-case HTTP/1.1\r\n\
              Host: a\r\n\
              eXPECT: 100-Continue\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .continued_with(b"hello")
        .stores("expect-case", b"hello"),
        row(
            "9110-10.1.1",
            "with chunks",
            b"POST /files/expect-chunks HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: 100-continue\r\n\
              Transfer-Encoding: chunked\r\n\r\n",
        )
        .continued_with(b"5\r\nhello\r\n0\r\n\r\n")
        .stores("expect-chunks", b"hello"),
        row(
            "9110-5.6.1",
            "among empty members",
            b"POST /files/expect-list HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: , 100-continue ,\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .continued_with(b"hello")
        .stores("expect-list", b"hello"),
        row(
            "9110-5.3",
            "twice",
            b"POST /files/expect-twice HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: 100-continue\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .continued_with(b"hello")
        .stores("expect-twice", b"hello"),
        row(
            "9110-10.1.1",
            "the connection goes on",
            b"POST /files/expect-next HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n",
        )
        .continued_with(b"helloGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n")
        .stores("expect-next", b"hello")
        .echoes(b"b"),
        row(
            "9110-10.1.1",
            "a client that does not wait",
            b"POST /files/expect-eager HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("expect-eager", b"hello"),
    ]
}

fn not_needed() -> Vec<Row> {
    vec![
        row("9110-10.1.1", "without content", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
            .echoes(b"a"),
        row(
            "9110-10.1.1",
            "with content of no length",
            b"POST /files/expect-0 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        )
        .stores("expect-0", b""),
        row(
            "9110-10.1.1",
            "a response instead, where there is nothing",
            b"POST /nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        )
        .answered(404)
        .instead(),
        row(
            "9110-10.1.1",
            "a response instead, for a method that is not allowed",
            b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        )
        .answered(405)
        .instead(),
        row(
            "9110-10.1.1",
            "a response instead, for content that nobody wants",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        )
        .echoes(b"a")
        .instead(),
        row(
            "9110-10.1.1",
            "a refusal instead, for bad framing",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: +5\r\n\r\n",
        )
        .rejected(400),
        row(
            "9110-10.1.1",
            "a refusal instead, for content that is too large",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n",
        )
        .rejected(413)
        .limited(),
        row("9110-10.1.1", "an empty list expects nothing", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n")
            .echoes(b"a"),
    ]
}

fn other() -> Vec<Row> {
    vec![
        row("9110-15.5.18", "another expectation", b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n")
            .rejected(417),
        row(
            "9110-15.5.18",
            "another with content",
            b"POST /files/expect-other HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: magic\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .rejected(417)
        .leaves_no("expect-other"),
        row(
            "9110-15.5.18",
            "one too many",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, magic\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(417),
        row(
            "9110-15.5.18",
            "one too many on a line of its own",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Expect: magic\r\n\
              Expect: 100-continue\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .rejected(417),
        row(
            "9110-15.5.18",
            "a value",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue=yes\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(417),
        row(
            "9110-15.5.18",
            "one that starts like ours",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continued\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(417),
        row(
            "9110-15.5.18",
            "the number alone",
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(417),
    ]
}
