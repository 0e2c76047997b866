//! Request targets (RFC 9112 section 3.2, RFC 3986).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [origin_form(), absolute_form(), other_forms(), bad_bytes(), escapes()].concat()
}

fn origin_form() -> Vec<Row> {
    vec![
        row("9112-3.2.1", "a query is not the path", b"GET /echo/a?b=c HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9112-3.2.1", "an empty query", b"GET /? HTTP/1.1\r\nHost: a\r\n\r\n").answered(200),
        row("9112-3.2.1", "a question mark in a query", b"GET /echo/a?b?c HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9112-3.2.1", "slashes in a query", b"GET /echo/a?/../b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9112-3.2.1", "two slashes at the start are a path", b"GET //echo/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row("9112-3.2.1", "a path that looks like an authority", b"GET /a:b@c HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row("9112-3.2.1", "a path that is a URI", b"GET /echo/http://b/ HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"http://b/"),
        row("3986-3.3", "every character of a path", b"GET /echo/-._~!$&'()*+,;=:@/09azAZ HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"-._~!$&'()*+,;=:@/09azAZ"),
        row("3986-3.4", "every character of a query", b"GET /echo/a?-._~!$&'()*+,;=:@/?09 HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"a"),
        row("9110-4.2.3", "paths are case-sensitive", b"GET /ECHO/a HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-4.2.3", "an escaped letter equals the letter", b"GET /%65cho/a HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"a"),
        row("3986-2.2", "an escaped slash is not a slash", b"GET /echo%2Fa HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row(
            "9112-3",
            "a target of 8,000 bytes",
            [b"GET /echo/", &[b'a'; 7994][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
        )
        .echoes([b'a'; 7994]),
        row(
            "9112-3",
            "a target that is too long",
            [b"GET /", &[b'a'; 9000][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
        )
        .rejected(414),
        row("9112-3", "a target of 100 KB", [b"GET /", &[b'a'; 100_000][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat())
            .rejected(414),
        row("9112-3", "a query of 100 KB", [b"GET /?", &[b'a'; 100_000][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat())
            .rejected(414),
    ]
}

fn absolute_form() -> Vec<Row> {
    vec![
        row("9112-3.2.2", "absolute form", b"GET http://a/echo/b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"b"),
        row("9112-3.2.2", "with a port", b"GET http://a:8080/echo/b HTTP/1.1\r\nHost: a:8080\r\n\r\n").echoes(b"b"),
        row("9112-3.2.2", "with an empty port", b"GET http://a:/echo/b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"b"),
        row("9112-3.2.2", "with a query", b"GET http://a/echo/b?c HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"b"),
        row("9112-3.2.2", "with an address", b"GET http://127.0.0.1/echo/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            .echoes(b"b"),
        row("9112-3.2.2", "with an address of IPv6", b"GET http://[::1]:80/echo/b HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")
            .echoes(b"b"),
        row("9112-3.2.2", "an empty path is the root", b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b""),
        row("9112-3.2.2", "an empty path with a query", b"GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b""),
        row("3986-3.1", "schemes know no case", b"GET HtTp://a/echo/b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"b"),
        row("9110-4.2.2", "https behind a gateway", b"GET https://a/echo/b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"b"),
        row("9112-3.2.2", "the authority replaces Host", b"GET http://a/echo/b HTTP/1.1\r\nHost: other\r\n\r\n")
            .echoes(b"b"),
        row("9112-3.2", "but there must be a Host", b"GET http://a/echo/b HTTP/1.1\r\n\r\n").rejected(400),
        row("9112-3.2", "a single one", b"GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "and a valid one", b"GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n").rejected(400),
        row("9110-4.2.1", "an empty host", b"GET http:///echo/b HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-4.2.1", "an empty host with a port", b"GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-4.2.4", "user information", b"GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9110-4.2.4", "a password", b"GET http://user:pass@a/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port that is no number", b"GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port over 65535", b"GET http://a:65536/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "one slash", b"GET http:/a/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "no slash", b"GET http:a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "a scheme that is not served", b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "a scheme of another kind", b"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-3.2.2", "a backslash in the authority", b"GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-3.2.2", "a list of hosts", b"GET http://a,b/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "a fragment", b"GET http://a/#b HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.2", "a bad escape in the host", b"GET http://a%2/ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.4", "OPTIONS of an empty path", b"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(204)
            .has("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH"),
        row("9112-3.2.4", "OPTIONS of the root", b"OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(204)
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("9112-3.2.2", "HTTP/1.0 without a Host", b"GET http://a/echo/b HTTP/1.0\r\n\r\n").echoes(b"b").closed(),
    ]
}

fn other_forms() -> Vec<Row> {
    vec![
        row("9112-3.2.4", "an asterisk with GET", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.4", "an asterisk with HEAD", b"HEAD * HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400).for_head(),
        row("9112-3.2.4", "an asterisk with POST", b"POST * HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            .rejected(400),
        row("9112-3.2.4", "two asterisks", b"OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.4", "an asterisk and a path", b"OPTIONS */a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.4", "an asterisk and a query", b"OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.3", "authority form with GET", b"GET example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2.3", "authority form with OPTIONS", b"OPTIONS example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9112-3.2", "a path without its slash", b"GET echo/a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "a word", b"GET echo HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "an exclamation mark", b"GET ! HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "a query alone", b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "two dots", b"GET ../a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "a drive letter", b"GET C:/a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
    ]
}

fn bad_bytes() -> Vec<Row> {
    vec![
        row("9112-3.2", "a fragment", b"GET /echo/a#b HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "a fragment behind a query", b"GET /echo/a?b#c HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a backslash", b"GET /echo\\a HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a backslash in a query", b"GET /echo/a?\\ HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a NUL", b"GET /echo/a\0b HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a NUL in a query", b"GET /echo/a?\0 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a control", b"GET /echo/\x01 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a DEL", b"GET /echo/\x7f HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a raw byte of UTF-8", b"GET /echo/caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a raw byte of Latin-1", b"GET /echo/caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "overlong UTF-8", b"GET /echo/\xc0\xaf HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "a quote", b"GET /echo/\" HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2", "angle brackets", b"GET /echo/<a> HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
    ]
}

fn escapes() -> Vec<Row> {
    vec![
        row("3986-2.1", "escapes are resolved", b"GET /echo/a%20%7E%41 HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a ~A"),
        row("3986-2.1", "in either case", b"GET /echo/%c3%A9 HTTP/1.1\r\nHost: a\r\n\r\n").echoes("\u{e9}"),
        row("3986-2.4", "once", b"GET /echo/%2541 HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"%41"),
        row("3986-2.1", "a plus is a plus", b"GET /echo/a+b HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"a+b"),
        row("3986-2.1", "one digit", b"GET /echo/%2 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2.1", "no digit", b"GET /echo/% HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2.1", "digits that are none", b"GET /echo/%zz HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2.1", "the digits of another convention", b"GET /echo/%u0041 HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("3986-2.1", "a sign for a digit", b"GET /echo/%+1 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-2.1", "a bad one in a query", b"GET /echo/a?b=% HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-7.3", "a NUL that is escaped", b"GET /echo/a%00 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-7.3", "a NUL in a query", b"GET /echo/a?b=%00 HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-7.3", "a line end", b"GET /echo/a%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-7.3", "a line end in capitals", b"GET /echo/a%0D%0Ab HTTP/1.1\r\nHost: a\r\n\r\n").rejected(400),
        row("3986-7.3", "a line end in a query", b"GET /echo/a?b%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
    ]
}
