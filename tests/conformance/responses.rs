//! What responses look like (RFC 9110 sections 8 and 12).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [contents(), codings()].concat()
}

fn contents() -> Vec<Row> {
    vec![
        row("9110-8.6", "Content-Length of content", b"GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"abc")
            .has("Content-Length", "3"),
        row("9110-8.6", "Content-Length of nothing", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"")
            .has("Content-Length", "0"),
        row("9110-8.3", "Content-Type of text", b"GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"abc")
            .has("Content-Type", "text/plain"),
        row("9110-8.3", "Content-Type of a file", b"GET /files/ten HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"0123456789")
            .has("Content-Type", "application/octet-stream"),
        row("9110-15.5.5", "what is not there", b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").answered(404).content(b""),
        row("9110-15.5.5", "what is almost there", b"GET /user-agent/ HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.1", "a refusal says why", b"GET / HTTP/1.1\r\n\r\n").rejected(400).has_some("Content-Type"),
        row(
            "9110-10.1.5",
            "the client's name",
            b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: apple/pear-mango\r\n\r\n",
        )
        .echoes(b"apple/pear-mango")
        .has("Content-Type", "text/plain"),
        row("9110-10.1.5", "a client without a name", b"GET /user-agent HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b""),
    ]
}

fn codings() -> Vec<Row> {
    let gzip = |section, name, accept: &str| {
        row(section, name, format!("GET /echo/abc HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accept}\r\n\r\n"))
            .answered(200)
            .gzip(b"abc")
            .has("Vary", "Accept-Encoding")
    };
    let identity = |section, name, accept: &str| {
        row(section, name, format!("GET /echo/abc HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accept}\r\n\r\n"))
            .echoes(b"abc")
            .lacks("Content-Encoding")
            .has("Vary", "Accept-Encoding")
    };
    vec![
        gzip("9110-12.5.3", "gzip", "gzip"),
        gzip("9110-8.4.1", "gzip in mixed case", "GZip"),
        gzip("9110-8.4.1.3", "x-gzip", "x-gzip"),
        gzip("9110-12.5.3", "gzip in a list", "br, gzip, zstd"),
        gzip("9110-12.5.3", "gzip with a weight", "gzip;q=0.5"),
        gzip("9110-12.5.3", "gzip with the least weight", "gzip ; q=0.001"),
        gzip("9110-12.5.3", "gzip before identity", "identity;q=0.5, gzip;q=0.6"),
        gzip("9110-12.5.3", "anything", "*"),
        gzip("9110-12.5.3", "anything but identity", "identity;q=0, *"),
        identity("9110-12.5.3", "empty", ""),
        identity("9110-12.5.3", "codings that are not served", "br, zstd"),
        identity("9110-12.5.3", "gzip refused", "gzip;q=0"),
        identity("9110-12.5.3", "gzip refused in full", "gzip;q=0.000"),
        identity("9110-12.5.3", "gzip refused, anything else", "gzip;q=0, *"),
        identity("9110-12.5.3", "identity before gzip", "identity, gzip;q=0.5"),
        identity("9110-12.4.2", "a weight that is none", "gzip;q=2"),
        identity("9110-8.4.1", "names that only look like gzip", "gzipped, xgzip"),
        row("9110-12.5.3", "no field", b"GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"abc")
            .has("Vary", "Accept-Encoding"),
        row(
            "9110-5.3",
            "on two lines",
            b"GET /echo/abc HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n",
        )
        .answered(200)
        .gzip(b"abc"),
        row(
            "9110-12.5.3",
            "nothing acceptable",
            b"GET /echo/abc HTTP/1.1\r\nHost: a\r\nAccept-Encoding: *;q=0\r\n\r\n",
        )
        .answered(406),
        row(
            "9110-9.3.2",
            "HEAD of what is compressed",
            b"HEAD /echo/abc HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        )
        .answered(200)
        .for_head()
        .has("Content-Encoding", "gzip"),
        row(
            "9110-8.4",
            "what has no content is not compressed",
            b"GET /nothing HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        )
        .answered(404)
        .lacks("Content-Encoding"),
    ]
}
