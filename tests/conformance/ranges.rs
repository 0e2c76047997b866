//! Range requests (RFC 9110 section 14), for `/files/ten`, which holds `0123456789`.

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [single(), several(), ignored(), unsatisfiable(), if_range(), with_codings()].concat()
}

/// A GET of the file with these field lines.
fn get(section: &'static str, name: &'static str, fields: &str) -> Row {
    row(section, name, format!("GET /files/ten HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"))
}

fn part(section: &'static str, name: &'static str, fields: &str, range: &'static str, content: &str) -> Row {
    get(section, name, fields)
        .answered(206)
        .content(content)
        .has("Content-Range", range)
        .has("Content-Type", "application/octet-stream")
        .has("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
        .has_some("ETag")
}

fn whole(section: &'static str, name: &'static str, fields: &str) -> Row {
    get(section, name, fields).echoes(b"0123456789").lacks("Content-Range").has("Accept-Ranges", "bytes")
}

fn none(section: &'static str, name: &'static str, fields: &str) -> Row {
    get(section, name, fields).answered(416).has("Content-Range", "bytes */10")
}

fn single() -> Vec<Row> {
    vec![
        part("9110-14.1.2", "from, to", "Range: bytes=2-4", "bytes 2-4/10", "234"),
        part("9110-14.1.2", "the first byte", "Range: bytes=0-0", "bytes 0-0/10", "0"),
        part("9110-14.1.2", "the last byte", "Range: bytes=9-9", "bytes 9-9/10", "9"),
        part("9110-14.1.2", "from", "Range: bytes=7-", "bytes 7-9/10", "789"),
        part("9110-14.1.2", "all of it", "Range: bytes=0-", "bytes 0-9/10", "0123456789"),
        part("9110-14.1.2", "beyond the end", "Range: bytes=7-99", "bytes 7-9/10", "789"),
        part("9110-14.1.2", "far beyond the end", "Range: bytes=7-99999999999999999999999999", "bytes 7-9/10", "789"),
        part("9110-14.1.2", "the last ones", "Range: bytes=-3", "bytes 7-9/10", "789"),
        part("9110-14.1.2", "more last ones than there are", "Range: bytes=-99", "bytes 0-9/10", "0123456789"),
        part("9110-14.1", "the unit in capitals", "Range: BYTES=0-1", "bytes 0-1/10", "01"),
        part("9110-14.1.2", "leading zeros", "Range: bytes=002-0004", "bytes 2-4/10", "234"),
        part("9110-14.2", "one of two is there", "Range: bytes=0-1,10-", "bytes 0-1/10", "01"),
        part("9110-5.6.1", "empty members", "Range: bytes=,0-1, ,", "bytes 0-1/10", "01"),
        row(
            "9112-9.3",
            "the connection goes on",
            b"GET /files/ten HTTP/1.1\r\n\
              Host: a\r\n\
              Range: bytes=0-1\r\n\r\n\
              GET /files/ten HTTP/1.1\r\n\
              Host: a\r\n\
              Range: bytes=8-\r\n\r\n",
        )
        .answered(206)
        .content(b"01")
        .answered(206)
        .content(b"89"),
        row("9110-14.2", "in HTTP/1.0", b"GET /files/ten HTTP/1.0\r\nRange: bytes=0-1\r\n\r\n")
            .answered(206)
            .content(b"01")
            .closed(),
    ]
}

fn several() -> Vec<Row> {
    vec![
        get("9110-14.6", "two", "Range: bytes=0-1,8-9")
            .answered(206)
            .lacks("Content-Range")
            .parts(&[("bytes 0-1/10", b"01"), ("bytes 8-9/10", b"89")]),
        get("9110-14.6", "three of each kind", "Range: bytes=0-0, 4-, -1").answered(206).parts(&[
            ("bytes 0-0/10", b"0"),
            ("bytes 4-9/10", b"456789"),
            ("bytes 9-9/10", b"9"),
        ]),
        get("9110-14.2", "in the order asked for", "Range: bytes=8-9,0-1")
            .answered(206)
            .parts(&[("bytes 8-9/10", b"89"), ("bytes 0-1/10", b"01")]),
        get("9110-14.2", "those that are there", "Range: bytes=0-1,20-30,8-9")
            .answered(206)
            .parts(&[("bytes 0-1/10", b"01"), ("bytes 8-9/10", b"89")]),
        whole("9110-14.2", "more than the whole", "Range: bytes=0-,0-,0-"),
        whole("9110-17.15", "too many", &format!("Range: bytes={}", ["0-0"; 100].join(","))),
    ]
}

fn ignored() -> Vec<Row> {
    vec![
        whole("9110-14.2", "no field", "A: b"),
        whole("9110-14.2", "another unit", "Range: lines=0-1"),
        whole("9110-14.1.2", "to before from", "Range: bytes=4-2"),
        whole("9110-14.1.2", "to before from in a list", "Range: bytes=0-1,4-2"),
        whole("9110-14.1.2", "neither from nor to", "Range: bytes=-"),
        whole("9110-14.1.2", "nothing", "Range: bytes="),
        whole("9110-14.1.2", "no unit", "Range: 0-1"),
        whole("9110-14.1.2", "no equals sign", "Range: bytes 0-1"),
        whole("9110-14.1.2", "letters", "Range: bytes=a-b"),
        whole("9110-14.1.2", "a sign", "Range: bytes=+0-1"),
        whole("9110-14.1.2", "two hyphens", "Range: bytes=0--1"),
        whole("9110-14.1.2", "a space within", "Range: bytes=0 - 1"),
        whole("9110-14.1.2", "a third number", "Range: bytes=0-1-2"),
        whole("9110-14.2", "empty", "Range:"),
        whole("9110-5.3", "two fields", "Range: bytes=0-1\r\nRange: bytes=8-9"),
        row("9110-14.2", "HEAD", b"HEAD /files/ten HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n")
            .answered(200)
            .for_head()
            .has("Content-Length", "10")
            .lacks("Content-Range"),
        row("9110-14.2", "HEAD beyond the end", b"HEAD /files/ten HTTP/1.1\r\nHost: a\r\nRange: bytes=20-\r\n\r\n")
            .answered(200)
            .for_head(),
        row(
            "9110-14.2",
            "POST",
            b"POST /files/range HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nContent-Length: 5\r\n\r\nhello",
        )
        .stores("range", b"hello"),
        row("9110-14.2", "where there are no ranges", b"GET /echo/abc HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n")
            .echoes(b"abc"),
        row("9110-14.2", "of what is not there", b"GET /files/nothing HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n")
            .answered(404),
    ]
}

fn unsatisfiable() -> Vec<Row> {
    vec![
        none("9110-15.5.17", "behind the end", "Range: bytes=10-"),
        none("9110-15.5.17", "behind the end, from and to", "Range: bytes=10-20"),
        none("9110-15.5.17", "far behind the end", "Range: bytes=99999999999999999999999999-"),
        none("9110-14.1.2", "no last bytes", "Range: bytes=-0"),
        none("9110-15.5.17", "several behind the end", "Range: bytes=10-11,20-21"),
        row("9110-15.5.17", "of an empty file", b"GET /files/empty HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\n\r\n")
            .answered(416)
            .has("Content-Range", "bytes */0"),
        row(
            "9110-15.5.17",
            "the end of an empty file",
            b"GET /files/empty HTTP/1.1\r\nHost: a\r\nRange: bytes=-1\r\n\r\n",
        )
        .answered(416)
        .has("Content-Range", "bytes */0"),
    ]
}

fn if_range() -> Vec<Row> {
    vec![
        part("9110-13.1.5", "the tag", "If-Range: {etag}\r\nRange: bytes=0-1", "bytes 0-1/10", "01"),
        part(
            "9110-13.1.5",
            "the very date",
            "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=0-1",
            "bytes 0-1/10",
            "01",
        ),
        part(
            "9110-13.2.2",
            "with If-Match",
            "If-Match: {etag}\r\nIf-Range: {etag}\r\nRange: bytes=0-1",
            "bytes 0-1/10",
            "01",
        ),
        none("9110-13.1.5", "the tag, behind the end", "If-Range: {etag}\r\nRange: bytes=20-"),
        whole("9110-13.1.5", "another tag", "If-Range: \"x\"\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "another tag, behind the end", "If-Range: \"x\"\r\nRange: bytes=20-"),
        whole("9110-13.1.5", "the tag as a weak one", "If-Range: W/{etag}\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "an earlier date", "If-Range: Sun, 06 Nov 1994 08:49:36 GMT\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "a later date", "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "neither tag nor date", "If-Range: x\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "a list of tags", "If-Range: {etag}, \"x\"\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "two fields", "If-Range: {etag}\r\nIf-Range: {etag}\r\nRange: bytes=0-1"),
        whole("9110-13.1.5", "without Range", "If-Range: {etag}"),
    ]
}

/// Parts are parts of what is stored: never of what is compressed.
fn with_codings() -> Vec<Row> {
    vec![
        row(
            "9110-14.2",
            "a part is not compressed",
            b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nRange: bytes=0-1\r\n\r\n",
        )
        .answered(206)
        .content(b"01")
        .lacks("Content-Encoding")
        .has("Content-Range", "bytes 0-1/10")
        .has("Vary", "Accept-Encoding"),
        row(
            "9110-14.2",
            "nor are several",
            b"GET /files/ten.txt HTTP/1.1\r\n\
              Host: a\r\n\
              Accept-Encoding: gzip\r\n\
              Range: bytes=0-1,8-9\r\n\r\n",
        )
        .answered(206)
        .lacks("Content-Encoding")
        .parts(&[("bytes 0-1/10", b"01"), ("bytes 8-9/10", b"89")]),
        row(
            "9110-15.5.17",
            "of text, behind the end",
            b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nRange: bytes=20-\r\n\r\n",
        )
        .answered(416)
        .has("Content-Range", "bytes */10"),
    ]
}
