//! `Host = uri-host [ ":" port ]` (RFC 9112 section 3.2, RFC 9110 section 7.2).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [valid(), invalid()].concat()
}

fn valid() -> Vec<Row> {
    vec![
        row("9110-7.2", "a name", b"GET /echo/a HTTP/1.1\r\nHost: example.org\r\n\r\n").echoes(b"a"),
        row("9110-7.2", "a name and a port", b"GET /echo/a HTTP/1.1\r\nHost: localhost:4221\r\n\r\n").echoes(b"a"),
        row("9110-7.2", "an address and a port", b"GET /echo/a HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n").echoes(b"a"),
        row("9110-7.2", "any field may come before", b"GET /echo/a HTTP/1.1\r\nA: b\r\nHost: a\r\n\r\n").echoes(b"a"),
        row("9110-7.2", "no white space", b"GET /echo/a HTTP/1.1\r\nHost:a\r\n\r\n").echoes(b"a"),
        row("9110-7.2", "white space on both sides", b"GET /echo/a HTTP/1.1\r\nHost: \t a \t \r\n\r\n").echoes(b"a"),
        row("9110-5.1", "a name in any case", b"GET /echo/a HTTP/1.1\r\nhOST: a\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "an address of IPv6", b"GET /echo/a HTTP/1.1\r\nHost: [::1]\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "one with a port", b"GET /echo/a HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n").echoes(b"a"),
        row(
            "3986-3.2.2",
            "one that holds an address of IPv4",
            b"GET /echo/a HTTP/1.1\r\nHost: [::ffff:1.2.3.4]\r\n\r\n",
        )
        .echoes(b"a"),
        row("3986-3.2.2", "an address of the future", b"GET /echo/a HTTP/1.1\r\nHost: [v1F.a:b!]\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "a trailing dot", b"GET /echo/a HTTP/1.1\r\nHost: example.org.\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "an underscore", b"GET /echo/a HTTP/1.1\r\nHost: my_host\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "a hyphen at the end", b"GET /echo/a HTTP/1.1\r\nHost: a-\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "capitals", b"GET /echo/a HTTP/1.1\r\nHost: EXAMPLE.ORG\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "an escape", b"GET /echo/a HTTP/1.1\r\nHost: caf%C3%A9\r\n\r\n").echoes(b"a"),
        row("3986-3.2.2", "a name that looks like an address", b"GET /echo/a HTTP/1.1\r\nHost: 999.1\r\n\r\n")
            .echoes(b"a"),
        row("3986-3.2.3", "an empty port", b"GET /echo/a HTTP/1.1\r\nHost: a:\r\n\r\n").echoes(b"a"),
        row("3986-3.2.3", "port 0", b"GET /echo/a HTTP/1.1\r\nHost: a:0\r\n\r\n").echoes(b"a"),
        row("3986-3.2.3", "port 65535", b"GET /echo/a HTTP/1.1\r\nHost: a:65535\r\n\r\n").echoes(b"a"),
        row("3986-3.2.3", "a port with leading zeros", b"GET /echo/a HTTP/1.1\r\nHost: a:0000080\r\n\r\n").echoes(b"a"),
    ]
}

fn invalid() -> Vec<Row> {
    vec![
        row("9112-3.2", "none", b"GET / HTTP/1.1\r\n\r\n").rejected(400),
        row("9112-3.2", "none among other fields", b"GET / HTTP/1.1\r\nA: b\r\nContent-Length: 5\r\n\r\n")
            .rejected(400),
        row("9112-3.2", "a name that is only like it", b"GET / HTTP/1.1\r\nHosts: a\r\nX-Host: a\r\n\r\n")
            .rejected(400),
        row("9112-3.2", "two", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").rejected(400),
        row("9112-3.2", "two of the same", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "two in different case", b"GET / HTTP/1.1\r\nHost: a\r\nHOST: a\r\n\r\n").rejected(400),
        row("9112-3.2", "two far apart", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-3.2", "two, the second empty", b"GET / HTTP/1.1\r\nHost: a\r\nHost:\r\n\r\n").rejected(400),
        row("9110-7.2", "empty", b"GET / HTTP/1.1\r\nHost:\r\n\r\n").rejected(400),
        row("9110-7.2", "white space only", b"GET / HTTP/1.1\r\nHost: \t \r\n\r\n").rejected(400),
        row("9110-7.2", "user information", b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n").rejected(400),
        row("9110-7.2", "a path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n").rejected(400),
        row("9110-7.2", "a URI", b"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n").rejected(400),
        row("9110-7.2", "a query", b"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n").rejected(400),
        row("9110-7.2", "a fragment", b"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n").rejected(400),
        row("9110-7.2", "a list", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n").rejected(400),
        row("9110-7.2", "a list without a space", b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n").rejected(400),
        row("9110-7.2", "two words", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n").rejected(400),
        row("9110-7.2", "a tab within", b"GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n").rejected(400),
        row("9110-7.2", "a backslash", b"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n").rejected(400),
        row("9110-7.2", "a quote", b"GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n").rejected(400),
        row("9110-7.2", "angle brackets", b"GET / HTTP/1.1\r\nHost: <a>\r\n\r\n").rejected(400),
        row("9110-7.2", "braces", b"GET / HTTP/1.1\r\nHost: {a}\r\n\r\n").rejected(400),
        row("9110-7.2", "a NUL", b"GET / HTTP/1.1\r\nHost: a\0.example.org\r\n\r\n").rejected(400),
        row("9110-7.2", "a byte above 127", b"GET / HTTP/1.1\r\nHost: caf\xc3\xa9\r\n\r\n").rejected(400),
        row("9110-7.2", "a bad escape", b"GET / HTTP/1.1\r\nHost: a%4\r\n\r\n").rejected(400),
        row("9110-7.2", "a NUL that is escaped", b"GET / HTTP/1.1\r\nHost: a%00\r\n\r\n").rejected(400),
        row("9110-7.2", "folded", b"GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n").rejected(400),
        row("3986-3.2.2", "an address of IPv6 without brackets", b"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n").rejected(400),
        row("3986-3.2.2", "brackets that are not closed", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n").rejected(400),
        row("3986-3.2.2", "brackets that are not opened", b"GET / HTTP/1.1\r\nHost: ::1]\r\n\r\n").rejected(400),
        row("3986-3.2.2", "empty brackets", b"GET / HTTP/1.1\r\nHost: []\r\n\r\n").rejected(400),
        row("3986-3.2.2", "a name in brackets", b"GET / HTTP/1.1\r\nHost: [a.b]\r\n\r\n").rejected(400),
        row("3986-3.2.2", "an address of IPv4 in brackets", b"GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n")
            .rejected(400),
        row("3986-3.2.2", "too many groups", b"GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:7:8:9]\r\n\r\n").rejected(400),
        row("3986-3.2.2", "two gaps", b"GET / HTTP/1.1\r\nHost: [1::2::3]\r\n\r\n").rejected(400),
        row("3986-3.2.2", "a zone", b"GET / HTTP/1.1\r\nHost: [fe80::1%eth0]\r\n\r\n").rejected(400),
        row("3986-3.2.2", "an address of the future without a dot", b"GET / HTTP/1.1\r\nHost: [v1]\r\n\r\n")
            .rejected(400),
        row("3986-3.2.2", "something behind the brackets", b"GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port without a host", b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port that is no number", b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port with a sign", b"GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port with a plus", b"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port in hexadecimal", b"GET / HTTP/1.1\r\nHost: a:0x50\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a space before the port", b"GET / HTTP/1.1\r\nHost: a: 80\r\n\r\n").rejected(400),
        row("3986-3.2.3", "two ports", b"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n").rejected(400),
        row("3986-3.2.3", "port 65536", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n").rejected(400),
        row("3986-3.2.3", "port 99999", b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n").rejected(400),
        row("3986-3.2.3", "a port that overflows", b"GET / HTTP/1.1\r\nHost: a:18446744073709551696\r\n\r\n")
            .rejected(400),
    ]
}
