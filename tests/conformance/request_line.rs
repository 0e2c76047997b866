//! `request-line = method SP request-target SP HTTP-version CRLF` (RFC 9112 sections 2 and 3).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [well_formed(), white_space(), versions(), line_ends(), what_is_no_request(), what_is_cut_short()].concat()
}

fn well_formed() -> Vec<Row> {
    vec![
        row("9112-3", "a request line and a Host field", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b""),
        row("9112-3", "a request on which a route answers", b"GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"abc"),
        row("9112-2.2", "one empty line before the request", b"\r\nGET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"a"),
        row(
            "9112-2.2",
            "one empty line between two requests",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .echoes(b"a")
        .echoes(b"b"),
        row(
            "9112-2.2",
            "an empty line after content",
            b"POST /files/crlf-after HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              x\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .stores("crlf-after", b"x")
        .echoes(b"b"),
        row("9112-2.2", "an empty line and then nothing", b"\r\n").ended(),
        row("9112-2.2", "nothing at all", b"").ended(),
    ]
}

fn white_space() -> Vec<Row> {
    vec![
        row("9112-3", "two spaces before the target", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "two spaces before the version", b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a space before the method", b" GET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a space behind the version", b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a tab behind the version", b"GET / HTTP/1.1\t\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a tab before the target", b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a tab before the version", b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a tab for every space", b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a vertical tab before the target", b"GET\x0b/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a form feed before the target", b"GET\x0c/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a form feed before the version", b"GET /\x0cHTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a bare CR before the target", b"GET\r/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a bare CR before the version", b"GET /\rHTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a bare LF before the version", b"GET /\nHTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a no-break space before the target", b"GET\xa0/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a space within the target", b"GET /echo/a b HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a target in two parts", b"GET /echo/ a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a line of spaces", b"   \r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a line of tabs", b"\t\t\r\n\r\n").rejected(400),
        row("9112-3", "no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "no target but both spaces", b"GET  HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "no method", b"/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "a method alone", b"GET\r\n\r\n").rejected(400),
        row("9112-3", "something behind the version", b"GET / HTTP/1.1 x\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3", "words before the method", b"Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
    ]
}

fn versions() -> Vec<Row> {
    vec![
        row("9110-6.2", "HTTP/1.2 is served as 1.1", b"GET /echo/a HTTP/1.2\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9110-6.2", "HTTP/1.9 is served as 1.1", b"GET /echo/a HTTP/1.9\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9110-6.2", "HTTP/1.2 needs a Host", b"GET /echo/a HTTP/1.2\r\n\r\n").rejected(400),
        row("9110-15.6.6", "HTTP/2.0", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n").rejected(505),
        row("9110-15.6.6", "HTTP/3.0", b"GET / HTTP/3.0\r\nHost: a\r\n\r\n").rejected(505),
        row("9110-15.6.6", "HTTP/9.9", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n").rejected(505),
        row("9110-15.6.6", "HTTP/0.9 in so many words", b"GET / HTTP/0.9\r\n\r\n").rejected(505),
        row("9110-15.6.6", "HTTP/0.0", b"GET / HTTP/0.0\r\n\r\n").rejected(505),
        row("9113-3.4", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").rejected(505),
        row("9112-2.3", "a request of HTTP/0.9", b"GET /\r\n").rejected(400),
        row("9112-2.3", "a request of HTTP/0.9 with a space", b"GET / \r\n").rejected(400),
        row("9112-2.3", "a head without a version", b"GET / \r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "no minor version", b"GET / HTTP/1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "no digit behind the dot", b"GET / HTTP/1.\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "no digit before the dot", b"GET / HTTP/.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "no digits", b"GET / HTTP/\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "the name alone", b"GET / HTTP\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a comma for the dot", b"GET / HTTP/1,1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a leading zero", b"GET / HTTP/01.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "two leading zeros", b"GET / HTTP/01.01\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a minor version of two digits", b"GET / HTTP/1.10\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a minor version that starts as a known one", b"GET / HTTP/1.32\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-2.3", "numbers that overflow", b"GET / HTTP/4294967297.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a sign", b"GET / HTTP/+1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a third number", b"GET / HTTP/1.1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "letters behind it", b"GET / HTTP/1.1a\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a letter for a digit", b"GET / HTTP/x.y\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a space within", b"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a space before the dot", b"GET / HTTP/1 .1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a tab within", b"GET / HTTP/\t1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a backslash for the slash", b"GET / HTTP\\1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "lower case", b"GET / http/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "mixed case", b"GET / Http/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "another protocol", b"GET / RTSP/1.0\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a secure protocol that is none", b"GET / HTTPS/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "a NUL behind it", b"GET / HTTP/1.1\0\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.3", "digits of another script", "GET / HTTP/\u{661}.1\r\nHost: a\r\n\r\n").rejected(400),
    ]
}

fn line_ends() -> Vec<Row> {
    vec![
        row("9112-2.2", "a bare LF behind the request line", b"GET / HTTP/1.1\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "bare LFs everywhere", b"GET / HTTP/1.1\nHost: a\n\n").rejected(400),
        row("9112-2.2", "a bare CR behind the request line", b"GET / HTTP/1.1\rHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "bare CRs everywhere", b"GET / HTTP/1.1\rHost: a\r\r").rejected(400),
        row("9112-2.2", "CR CR LF behind the request line", b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "LF CR behind the request line", b"GET / HTTP/1.1\n\rHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "a bare LF for the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\n").rejected(400),
        row("9112-2.2", "a bare CR for the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\rX").rejected(400),
        row("9112-2.2", "CR CR LF for the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n").rejected(400),
        row("9112-2.2", "a CR before a field line", b"GET / HTTP/1.1\r\nHost: a\r\n\rA: b\r\n\r\n").rejected(400),
        row("9112-2.2", "two empty lines before the request", b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-2.2", "a bare LF before the request", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "a bare CR before the request", b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "CR CR LF before the request", b"\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "a line of white space before the first field", b"GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-2.2", "white space before the first field", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n").rejected(400),
        row("9112-2.2", "a tab before the first field", b"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n").rejected(400),
    ]
}

fn what_is_no_request() -> Vec<Row> {
    vec![
        row("9112-2.2", "a greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").rejected(400),
        row("9112-2.2", "bytes of no meaning", b"\x80\x81\xfe\xff\x00\x01\x02\x03\r\n\r\n").rejected(400),
        row("9112-2.2", "NUL bytes", b"\0\0\0\0\r\n\r\n").rejected(400),
        row("9112-2.2", "a byte order mark", b"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-2.2", "a response", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").rejected(400),
        row("9112-2.2", "a greeting of SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n").rejected(400),
        row("9112-2.2", "mail", b"EHLO example.org\r\n\r\n").rejected(400),
        row("9112-2.2", "a field line first", b"Host: a\r\n\r\n").rejected(400),
        row(
            "9112-2.2",
            "a byte too many behind content",
            b"POST /files/surplus HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxy\r\n\r\n",
        )
        .stores("surplus", b"x")
        .rejected(400),
        row("9112-2.2", "a byte behind a request without content", b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n\x80 \r\n")
            .echoes(b"a")
            .rejected(400),
    ]
}

/// RFC 9112 section 8: a client that ends the stream within a request.
fn what_is_cut_short() -> Vec<Row> {
    vec![
        row("9112-8", "a part of the method", b"GE").cut_short(),
        row("9112-8", "a method", b"GET").cut_short(),
        row("9112-8", "a method and its space", b"GET ").cut_short(),
        row("9112-8", "a part of the target", b"GET /hel").cut_short(),
        row("9112-8", "a target and its space", b"GET /hello ").cut_short(),
        row("9112-8", "a part of the version", b"GET / HTTP").cut_short(),
        row("9112-8", "a request line without its end", b"GET / HTTP/1.1").cut_short(),
        row("9112-8", "a request line with half its end", b"GET / HTTP/1.1\r").cut_short(),
        row("9112-8", "a request line", b"GET / HTTP/1.1\r\n").cut_short(),
        row("9112-8", "a part of a field name", b"GET / HTTP/1.1\r\nHos").cut_short(),
        row("9112-8", "a field name", b"GET / HTTP/1.1\r\nHost:").cut_short(),
        row("9112-8", "a part of a field value", b"GET / HTTP/1.1\r\nHost: loc").cut_short(),
        row("9112-8", "half the end of a field line", b"GET / HTTP/1.1\r\nHost: a\r").cut_short(),
        row("9112-8", "all but the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n").cut_short(),
        row("9112-8", "all but the last byte", b"GET / HTTP/1.1\r\nHost: a\r\n\r").cut_short(),
        row("9112-8", "half of an empty line", b"\r").cut_short(),
        row("9112-8", "a request, then a part of one", b"GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\nGET /")
            .echoes(b"a")
            .cut_short(),
    ]
}
