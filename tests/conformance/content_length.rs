//! `Content-Length = 1*DIGIT` (RFC 9110 section 8.6, RFC 9112 section 6.3).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [valid(), invalid(), cut_short()].concat()
}

fn valid() -> Vec<Row> {
    vec![
        row(
            "9112-6.2",
            "content of that length",
            b"POST /files/cl-5 HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              hello",
        )
        .stores("cl-5", b"hello")
        .content(b""),
        row(
            "9112-6.3",
            "the next request follows",
            b"POST /files/cl-next HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              helloGET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .stores("cl-next", b"hello")
        .echoes(b"b"),
        row(
            "9112-6.2",
            "a request as content",
            b"POST /files/cl-request HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .stores("cl-request", b"GET /echo/bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        row(
            "9112-6.2",
            "any bytes as content",
            b"POST /files/cl-bytes HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 8\r\n\r\n\
              \0\r\n\
              \xff\r\n\r\n",
        )
        .stores("cl-bytes", b"\0\r\n\xff\r\n\r\n"),
        row("9112-6.2", "0", b"POST /files/cl-0 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").stores("cl-0", b""),
        row("9112-6.3", "no length is no content", b"POST /files/cl-none HTTP/1.1\r\nHost: a\r\n\r\n")
            .stores("cl-none", b""),
        row(
            "9112-6.3",
            "what follows a POST without a length is a request",
            b"POST /files/cl-none-2 HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .stores("cl-none-2", b"")
        .echoes(b"b"),
        row("9110-8.6", "GET with 0", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").echoes(b"a"),
        row(
            "9110-8.6",
            "leading zeros are decimal",
            b"POST /files/cl-0005 HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 0005\r\n\r\n\
              hello",
        )
        .stores("cl-0005", b"hello"),
        row(
            "9110-8.6",
            "nor are they octal",
            b"POST /files/cl-010 HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 010\r\n\r\n\
              0123456789",
        )
        .stores("cl-010", b"0123456789"),
        row(
            "9110-8.6",
            "many leading zeros",
            b"POST /files/cl-zeros HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 0000000000000000000000000000005\r\n\r\n\
              hello",
        )
        .stores("cl-zeros", b"hello"),
        row(
            "9110-5.5",
            "white space around it",
            b"POST /files/cl-ows HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: \t 5 \t \r\n\r\n\
              hello",
        )
        .stores("cl-ows", b"hello"),
        row(
            "9110-5.1",
            "the name in any case",
            b"POST /files/cl-case HTTP/1.1\r\n\
              Host: a\r\n\
              cONTENT-lENGTH: 5\r\n\r\n\
              hello",
        )
        .stores("cl-case", b"hello"),
    ]
}

fn invalid() -> Vec<Row> {
    vec![
        row(
            "9110-8.6",
            "letters",
            b"POST /files/cl-bad HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: abc\r\n\r\n\
              hello",
        )
        .rejected(400)
        .leaves_no("cl-bad"),
        row("9110-8.6", "letters behind digits", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5abc\r\n\r\nhello")
            .rejected(400),
        row("9110-8.6", "empty", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello").rejected(400),
        row("9110-8.6", "empty in a GET", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n").rejected(400),
        row(
            "9110-8.6",
            "empty, then a number",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(400),
        row("9110-8.6", "a plus", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello").rejected(400),
        row("9110-8.6", "a plus and 0", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n").rejected(400),
        row("9110-8.6", "a minus", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello").rejected(400),
        row("9110-8.6", "a minus and 0", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n").rejected(400),
        row(
            "9110-8.6",
            "far below zero",
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -123456789123456789123456789\r\n\r\n",
        )
        .rejected(400),
        row("9110-8.6", "hexadecimal", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello").rejected(400),
        row("9110-8.6", "octal", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0o5\r\n\r\nhello").rejected(400),
        row(
            "9110-8.6",
            "an underscore",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1_0\r\n\r\n\
              0123456789",
        )
        .rejected(400),
        row(
            "9110-8.6",
            "a space within",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1 0\r\n\r\n\
              0123456789",
        )
        .rejected(400),
        row(
            "9110-8.6",
            "a tab within",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\t0\r\n\r\n\
              0123456789",
        )
        .rejected(400),
        row("9110-8.6", "a fraction", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\nhello").rejected(400),
        row("9110-8.6", "an exponent", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5e0\r\n\r\nhello").rejected(400),
        row("9110-8.6", "quotes", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"5\"\r\n\r\nhello").rejected(400),
        row("9110-8.6", "a parameter", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5;a=b\r\n\r\nhello")
            .rejected(400),
        row(
            "9110-8.6",
            "digits of another script",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \u{665}\r\n\r\nhello",
        )
        .rejected(400),
        row("9110-8.6", "digits of full width", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \u{ff15}\r\n\r\nhello")
            .rejected(400),
        row("9110-8.6", "2^64", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n")
            .rejected(400),
        row(
            "9110-8.6",
            "2^64 + 5",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 18446744073709551621\r\n\r\n\
              hello",
        )
        .rejected(400),
        row(
            "9110-8.6",
            "40 digits",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999999999999999999999999\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-6.3",
            "two that differ",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        )
        .rejected(400),
        row(
            "9112-6.3",
            "two that differ, 0 first",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(400),
        row(
            "9112-6.3",
            "two that differ, 0 last",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nhello",
        )
        .rejected(400),
        row(
            "9110-8.6",
            "two of the same, which may be refused",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(400),
        row(
            "9110-8.6",
            "two that differ by a zero",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\nhello",
        )
        .rejected(400),
        row("9110-8.6", "a list that differs", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\nhello")
            .rejected(400),
        row(
            "9110-8.6",
            "a list of the same, which may be refused",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
        )
        .rejected(400),
        row("9110-8.6", "a list of three", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,5,5\r\n\r\nhello")
            .rejected(400),
        row("9110-8.6", "a comma behind", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,\r\n\r\nhello")
            .rejected(400),
        row("9110-8.6", "a comma before", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ,5\r\n\r\nhello")
            .rejected(400),
        row("9110-8.6", "bad in a GET as well", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
            .rejected(400),
        row("9110-8.6", "bad in HTTP/1.0 as well", b"POST / HTTP/1.0\r\nContent-Length: +5\r\n\r\nhello").rejected(400),
    ]
}

/// RFC 9112 section 8: less content than was announced is no request.
fn cut_short() -> Vec<Row> {
    vec![
        row(
            "9112-8",
            "content that is short",
            b"POST /files/cl-short HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
        )
        .cut_short()
        .leaves_no("cl-short"),
        row(
            "9112-8",
            "no content at all",
            b"POST /files/cl-absent HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 10\r\n\r\n",
        )
        .cut_short()
        .leaves_no("cl-absent"),
        row(
            "9112-8",
            "a length that nobody can send",
            b"POST /files/cl-huge HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nhello",
        )
        .cut_short()
        .leaves_no("cl-huge"),
        row("9112-8", "short content of GET", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            .cut_short(),
        row(
            "9112-8",
            "short content where there is nothing",
            b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
        )
        .cut_short(),
        row(
            "9112-8",
            "short content for a method that is not allowed",
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
        )
        .cut_short(),
    ]
}
