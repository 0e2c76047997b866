//! Conditional requests (RFC 9110 section 13). `{etag}` is the entity tag of `/files/ten`, `{text-etag}` that of
//! `/files/ten.txt`, `{gzip-etag}` that of the same in gzip. Both were last modified on
//! Sun, 06 Nov 1994 08:49:37 GMT.

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [if_none_match(), if_modified_since(), if_match(), if_unmodified_since(), together(), codings(), uploads()].concat()
}

/// A GET of the file with these field lines.
fn get(section: &'static str, name: &'static str, fields: &str) -> Row {
    row(section, name, format!("GET /files/ten HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"))
}

fn not_modified(section: &'static str, name: &'static str, fields: &str) -> Row {
    get(section, name, fields).answered(304).content(b"").has_some("ETag").lacks("Content-Type")
}

fn whole(section: &'static str, name: &'static str, fields: &str) -> Row {
    get(section, name, fields).echoes(b"0123456789").has_some("ETag").has_some("Last-Modified")
}

fn failed(section: &'static str, name: &'static str, fields: &str) -> Row {
    get(section, name, fields).answered(412)
}

fn if_none_match() -> Vec<Row> {
    vec![
        not_modified("9110-13.1.2", "the tag", "If-None-Match: {etag}"),
        not_modified("9110-13.1.2", "the tag as a weak one", "If-None-Match: W/{etag}"),
        not_modified("9110-13.1.2", "the tag in a list", "If-None-Match: \"x\", {etag}"),
        not_modified("9110-13.1.2", "the tag in a list without spaces", "If-None-Match: \"x\",{etag},\"y\""),
        not_modified("9110-5.6.1", "the tag among empty members", "If-None-Match: , ,{etag},"),
        not_modified("9110-5.3", "the tag on a second line", "If-None-Match: \"x\"\r\nIf-None-Match: {etag}"),
        not_modified("9110-8.8.3", "a comma in another tag", "If-None-Match: \"x,y\", {etag}"),
        not_modified("9110-13.1.2", "anything", "If-None-Match: *"),
        not_modified("9110-5.1", "the name in any case", "iF-nONE-mATCH: {etag}"),
        whole("9110-13.1.2", "another tag", "If-None-Match: \"x\""),
        whole("9110-13.1.2", "other tags", "If-None-Match: \"x\", W/\"y\""),
        whole("9110-13.1.2", "an empty tag", "If-None-Match: \"\""),
        whole("9110-13.1.2", "nothing", "If-None-Match:"),
        whole("9110-8.8.3", "a tag without quotes", "If-None-Match: x"),
        whole("9110-8.8.3", "a tag with one quote", "If-None-Match: \"x"),
        whole("9110-8.8.3", "a weak mark in small letters", "If-None-Match: w/{etag}"),
        whole("9110-13.1.2", "an asterisk in quotes", "If-None-Match: \"*\""),
        row(
            "9110-13.1.2",
            "HEAD with the tag",
            b"HEAD /files/ten HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n",
        )
        .answered(304)
        .for_head()
        .has_some("ETag"),
        row(
            "9110-13.2.1",
            "of what is not there",
            b"GET /files/nothing HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
        )
        .answered(404),
        row(
            "9110-13.2.1",
            "where there are no validators",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\"\r\n\r\n",
        )
        .echoes(b"a"),
    ]
}

fn if_modified_since() -> Vec<Row> {
    vec![
        not_modified("9110-13.1.3", "the very date", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
        not_modified("9110-13.1.3", "a later date", "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT"),
        not_modified("9110-5.6.7", "the date of RFC 850", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"),
        not_modified("9110-5.6.7", "the date of asctime", "If-Modified-Since: Sun Nov  6 08:49:37 1994"),
        // 2072, until the year 2122.
        not_modified("9110-5.6.7", "two digits of a year", "If-Modified-Since: Wednesday, 15-Jun-72 12:30:45 GMT"),
        not_modified("9110-5.6.7", "a leap second", "If-Modified-Since: Sat, 31 Dec 2016 23:59:60 GMT"),
        whole("9110-13.1.3", "an earlier date", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT"),
        whole("9110-13.1.3", "a date before 1970", "If-Modified-Since: Wed, 31 Dec 1969 23:59:59 GMT"),
        whole("9110-5.6.7", "another day of the week", "If-Modified-Since: Mon, 06 Nov 1994 08:49:38 GMT"),
        whole("9110-5.6.7", "a second that is not there", "If-Modified-Since: Sat, 31 Dec 2016 23:58:60 GMT"),
        whole("9110-13.1.3", "a date of another form", "If-Modified-Since: 1994-11-06T08:49:38Z"),
        whole("9110-13.1.3", "no date", "If-Modified-Since: yesterday"),
        whole("9110-13.1.3", "nothing", "If-Modified-Since:"),
        whole("9110-13.1.3", "a number", "If-Modified-Since: 9999999999"),
        whole("9110-5.6.7", "a day that does not exist", "If-Modified-Since: Sun, 31 Feb 2010 08:49:37 GMT"),
        whole(
            "9110-13.1.3",
            "two dates",
            "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n\
              If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT",
        ),
        row(
            "9110-13.1.3",
            "HEAD",
            b"HEAD /files/ten HTTP/1.1\r\n\
              Host: a\r\n\
              If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
        )
        .answered(304)
        .for_head(),
        row(
            "9110-13.1.3",
            "nothing but GET and HEAD",
            b"POST /files/ims HTTP/1.1\r\n\
              Host: a\r\n\
              If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n\
              Content-Length: 1\r\n\r\n\
              xPOST /files/ims HTTP/1.1\r\n\
              Host: a\r\n\
              If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n\
              Content-Length: 1\r\n\r\n\
              y",
        )
        .answered(201)
        .stores("ims", b"y"),
    ]
}

fn if_match() -> Vec<Row> {
    vec![
        whole("9110-13.1.1", "the tag", "If-Match: {etag}"),
        whole("9110-13.1.1", "the tag in a list", "If-Match: \"x\", {etag}"),
        whole("9110-13.1.1", "anything", "If-Match: *"),
        failed("9110-13.1.1", "another tag", "If-Match: \"x\""),
        failed("9110-13.1.1", "the tag as a weak one", "If-Match: W/{etag}"),
        failed("9110-13.1.1", "nothing", "If-Match:"),
        failed("9110-8.8.3", "a tag without quotes", "If-Match: x"),
        row("9110-13.1.1", "HEAD with another tag", b"HEAD /files/ten HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n")
            .answered(412)
            .for_head(),
        row(
            "9110-13.2.1",
            "If-Match of what is not there",
            b"GET /files/nothing HTTP/1.1\r\nHost: a\r\nIf-Match: *\r\n\r\n",
        )
        .answered(404),
    ]
}

fn if_unmodified_since() -> Vec<Row> {
    vec![
        whole("9110-13.1.4", "the very date", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
        whole("9110-13.1.4", "a later date", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT"),
        whole("9110-13.1.4", "no date", "If-Unmodified-Since: never"),
        failed("9110-13.1.4", "an earlier date", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"),
        failed("9110-13.1.4", "a date before 1970", "If-Unmodified-Since: Wed, 31 Dec 1969 23:59:59 GMT"),
        failed("9110-5.6.7", "an earlier date of RFC 850", "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT"),
        failed("9110-5.6.7", "an earlier date of asctime", "If-Unmodified-Since: Sun Nov  6 08:49:36 1994"),
    ]
}

/// RFC 9110 section 13.2.2: which condition goes before which.
fn together() -> Vec<Row> {
    vec![
        whole(
            "9110-13.2.2",
            "If-Match before If-Unmodified-Since",
            "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\nIf-Match: {etag}",
        ),
        failed(
            "9110-13.2.2",
            "If-Match fails whatever the date",
            "If-Match: \"x\"\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:38 GMT",
        ),
        whole(
            "9110-13.2.2",
            "If-None-Match before If-Modified-Since",
            "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\nIf-None-Match: \"x\"",
        ),
        not_modified(
            "9110-13.2.2",
            "If-None-Match matches whatever the date",
            "If-None-Match: {etag}\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
        ),
        failed("9110-13.2.2", "If-Match before If-None-Match", "If-None-Match: {etag}\r\nIf-Match: \"x\""),
        not_modified("9110-13.2.2", "If-Match holds, then If-None-Match", "If-Match: {etag}\r\nIf-None-Match: {etag}"),
        failed(
            "9110-13.2.2",
            "If-Unmodified-Since before If-None-Match",
            "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\nIf-None-Match: {etag}",
        ),
        not_modified("9110-13.2.2", "If-None-Match before Range", "If-None-Match: {etag}\r\nRange: bytes=0-1"),
        failed("9110-13.2.2", "If-Match before Range", "If-Match: \"x\"\r\nRange: bytes=0-1"),
    ]
}

/// RFC 9110 section 8.8.3.3: each coding is a representation with a tag of its own.
fn codings() -> Vec<Row> {
    vec![
        row(
            "9110-8.8.3.3",
            "the tag of gzip for gzip",
            b"GET /files/ten.txt HTTP/1.1\r\n\
              Host: a\r\n\
              Accept-Encoding: gzip\r\n\
              If-None-Match: {gzip-etag}\r\n\r\n",
        )
        .answered(304)
        .has("Vary", "Accept-Encoding"),
        row(
            "9110-8.8.3.3",
            "the tag of identity for identity",
            b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: {text-etag}\r\n\r\n",
        )
        .answered(304)
        .has("Vary", "Accept-Encoding"),
        row(
            "9110-8.8.3.3",
            "the tag of identity for gzip",
            b"GET /files/ten.txt HTTP/1.1\r\n\
              Host: a\r\n\
              Accept-Encoding: gzip\r\n\
              If-None-Match: {text-etag}\r\n\r\n",
        )
        .answered(200)
        .gzip(b"0123456789"),
        row(
            "9110-8.8.3.3",
            "the tag of gzip for identity",
            b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: {gzip-etag}\r\n\r\n",
        )
        .echoes(b"0123456789"),
        row(
            "9110-8.8.3.3",
            "If-Match with the tag of the other",
            b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\nIf-Match: {gzip-etag}\r\n\r\n",
        )
        .answered(412),
    ]
}

fn uploads() -> Vec<Row> {
    vec![
        row(
            "9110-13.1.2",
            "store what is not there yet",
            b"POST /files/if-new HTTP/1.1\r\n\
              Host: a\r\n\
              If-None-Match: *\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .stores("if-new", b"x"),
        row(
            "9110-13.1.2",
            "but not over what is",
            b"POST /files/if-there HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              xPOST /files/if-there HTTP/1.1\r\n\
              Host: a\r\n\
              If-None-Match: *\r\n\
              Content-Length: 1\r\n\r\n\
              y",
        )
        .stores("if-there", b"x")
        .answered(412),
        row(
            "9110-13.1.1",
            "store over what is there",
            b"POST /files/if-over HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              xPOST /files/if-over HTTP/1.1\r\n\
              Host: a\r\n\
              If-Match: *\r\n\
              Content-Length: 1\r\n\r\n\
              y",
        )
        .answered(201)
        .stores("if-over", b"y"),
        row(
            "9110-13.1.1",
            "but not what is not",
            b"POST /files/if-absent HTTP/1.1\r\n\
              Host: a\r\n\
              If-Match: *\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .answered(412)
        .leaves_no("if-absent"),
        row(
            "9110-13.1.1",
            "nor what has another tag",
            b"POST /files/if-other HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              xPOST /files/if-other HTTP/1.1\r\n\
              Host: a\r\n\
              If-Match: \"other\"\r\n\
              Content-Length: 1\r\n\r\n\
              y",
        )
        .stores("if-other", b"x")
        .answered(412),
        row(
            "9110-13.1.4",
            "nor what was modified since",
            b"POST /files/if-since HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              xPOST /files/if-since HTTP/1.1\r\n\
              Host: a\r\n\
              If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
              Content-Length: 1\r\n\r\n\
              y",
        )
        .stores("if-since", b"x")
        .answered(412),
        row(
            "9112-9.3.2",
            "content of an upload that failed is skipped",
            b"POST /files/if-skip HTTP/1.1\r\n\
              Host: a\r\n\
              If-Match: *\r\n\
              Content-Length: 35\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              GET /echo/b HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(412)
        .echoes(b"b")
        .leaves_no("if-skip"),
    ]
}
