//! Files (RFC 9110 sections 9.3.1, 9.3.3 and 17.3).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [reading(), storing(), outside()].concat()
}

fn reading() -> Vec<Row> {
    vec![
        row("9110-9.3.1", "a file", b"GET /files/ten HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"0123456789")
            .has("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
            .has("Accept-Ranges", "bytes")
            .has_some("ETag"),
        row("9110-9.3.2", "its HEAD", b"HEAD /files/ten HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(200)
            .for_head()
            .has("Content-Length", "10")
            .has("Content-Type", "application/octet-stream")
            .has("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
            .has_some("ETag"),
        row("9110-9.3.1", "an empty file", b"GET /files/empty HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"")
            .has("Content-Length", "0"),
        row("9110-9.3.1", "a file in a folder", b"GET /files/folder/inner HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"inner"),
        row("9110-4.2.3", "with a query", b"GET /files/ten?download HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"0123456789"),
        row("9112-3.2.2", "in absolute form", b"GET http://a/files/ten HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"0123456789"),
        row("3986-2.1", "a space in its name", b"GET /files/with%20space HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"space"),
        row("3986-2.1", "a percent sign in its name", b"GET /files/per%25cent HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"percent"),
        row("3986-2.1", "UTF-8 in its name", b"GET /files/caf%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n").echoes(b"utf-8"),
        row(
            "9110-12.5.3",
            "text in gzip",
            b"GET /files/ten.txt HTTP/1.1\r\n\
              Host: a\r\n\
              Accept-Encoding: gzip\r\n\r\n",
        )
        .answered(200)
        .gzip(b"0123456789")
        .has("Vary", "Accept-Encoding"),
        row("9110-12.5.5", "text as it is", b"GET /files/ten.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            .echoes(b"0123456789")
            .has("Vary", "Accept-Encoding"),
        row(
            "9110-12.5.3",
            "what is no text is not compressed",
            b"GET /files/ten HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        )
        .echoes(b"0123456789")
        .lacks("Content-Encoding"),
        row("9110-15.5.5", "a file that is not there", b"GET /files/nothing HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "a folder", b"GET /files/folder HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "a folder with its slash", b"GET /files/folder/ HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "a file as a folder", b"GET /files/ten/ten HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "a file with a slash", b"GET /files/ten/ HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "no name", b"GET /files/ HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-15.5.5", "no name and no slash", b"GET /files HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row(
            "9110-15.5.5",
            "a name too long for any file",
            [b"GET /files/", &[b'a'; 300][..], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
        )
        .answered(404),
    ]
}

fn storing() -> Vec<Row> {
    vec![
        row(
            "9110-9.3.3",
            "a new file, which can then be read",
            b"POST /files/new HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              helloGET /files/new HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .stores("new", b"hello")
        .echoes(b"hello"),
        row(
            "9110-9.3.3",
            "in place of another",
            b"POST /files/twice HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 5\r\n\r\n\
              firstPOST /files/twice HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 3\r\n\r\n\
              2nd",
        )
        .answered(201)
        .stores("twice", b"2nd"),
        row(
            "9110-9.3.3",
            "a name that is escaped",
            b"POST /files/esc%61ped%20name HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .stores("escaped name", b"x"),
        row(
            "9110-9.3.3",
            "a backslash in the name is data",
            b"POST /files/a%5Cb HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .stores("a\\b", b"x"),
        row(
            "9110-15.5.5",
            "in a folder that is not there",
            b"POST /files/nowhere/x HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .answered(404)
        .leaves_no("nowhere/x"),
        row("9110-15.5.5", "no name to store under", b"POST /files/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            .answered(404),
        row(
            "9110-15.5.4",
            "a name that a folder has",
            b"POST /files/folder HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .answered(403),
    ]
}

/// RFC 9110 section 17.3: nothing outside the directory, however it is spelt.
fn outside() -> Vec<Row> {
    vec![
        row("9110-17.3", "dots", b"GET /files/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "dots behind a folder", b"GET /files/folder/../ten HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "one dot", b"GET /files/./ten HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "escaped dots", b"GET /files/%2e%2e/%2E%2E/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row("9110-17.3", "half-escaped dots", b"GET /files/.%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "escaped slashes", b"GET /files/..%2f..%2Fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row(
            "9110-17.3",
            "escaped twice",
            b"GET /files/%252e%252e%252fetc%252fpasswd HTTP/1.1\r\n\
              Host: a\r\n\r\n",
        )
        .answered(404),
        row("9110-17.3", "escaped backslashes", b"GET /files/..%5c..%5cetc%5cpasswd HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row(
            "9110-17.3",
            "overlong dots and slashes",
            b"GET /files/%c0%ae%c0%ae%c0%afetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .answered(404),
        row("9110-17.3", "two slashes", b"GET /files//etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "an escaped slash at the start", b"GET /files/%2fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n")
            .answered(404),
        row("9110-17.3", "a drive letter", b"GET /files/C:%5cwindows HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "a URI", b"GET /files/file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row("9110-17.3", "a NUL that ends the name", b"GET /files/ten%00.png HTTP/1.1\r\nHost: a\r\n\r\n")
            .rejected(400),
        row("9110-17.3", "dots before the route", b"GET /../files/ten HTTP/1.1\r\nHost: a\r\n\r\n").answered(404),
        row(
            "9110-17.3",
            "storing behind dots",
            b"POST /files/../stolen HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        )
        .answered(404)
        .leaves_no("../stolen"),
        row(
            "9110-17.3",
            "storing behind escaped dots",
            b"POST /files/%2e%2e%2fstolen HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        )
        .answered(404)
        .leaves_no("../stolen"),
    ]
}
