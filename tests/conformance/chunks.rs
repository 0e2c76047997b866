//! Chunked coding (RFC 9112 section 7.1).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [valid(), sizes(), line_ends(), extensions(), trailers(), for_nobody(), cut_short()].concat()
}

/// A row about an upload to the file named: the chunks stand behind the head that announces them.
fn upload(section: &'static str, name: &'static str, file: &str, chunks: impl AsRef<[u8]>) -> Row {
    let head = format!("POST /files/{file} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    row(section, name, [head.as_bytes(), chunks.as_ref()].concat())
}

/// As `upload`, for chunks that break a rule and leave nothing behind.
fn bad(section: &'static str, name: &'static str, chunks: impl AsRef<[u8]>) -> Row {
    upload(section, name, "bad-chunks", chunks).rejected(400).leaves_no("bad-chunks")
}

fn valid() -> Vec<Row> {
    vec![
        upload("9112-7.1", "one chunk", "ch-1", b"5\r\nhello\r\n0\r\n\r\n").stores("ch-1", b"hello"),
        upload("9112-7.1", "two chunks", "ch-2", b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            .stores("ch-2", b"hello world"),
        upload("9112-7.1", "no chunk but the last", "ch-0", b"0\r\n\r\n").stores("ch-0", b""),
        upload("9112-7.1", "a last chunk of several zeros", "ch-000", b"5\r\nhello\r\n000\r\n\r\n")
            .stores("ch-000", b"hello"),
        upload("9112-7.1", "capitals", "ch-A", b"A\r\n0123456789\r\n0\r\n\r\n").stores("ch-A", b"0123456789"),
        upload("9112-7.1", "small letters", "ch-a", b"a\r\n0123456789\r\n0\r\n\r\n").stores("ch-a", b"0123456789"),
        upload("9112-7.1", "leading zeros", "ch-zeros", b"005\r\nhello\r\n0\r\n\r\n").stores("ch-zeros", b"hello"),
        upload(
            "9112-7.1",
            "more leading zeros than 64 bits have digits",
            "ch-more-zeros",
            b"000000000000000000005\r\nhello\r\n0\r\n\r\n",
        )
        .stores("ch-more-zeros", b"hello"),
        upload("9112-7.1", "line ends as data", "ch-crlf", b"4\r\n\r\n\r\n\r\n0\r\n\r\n")
            .stores("ch-crlf", b"\r\n\r\n"),
        upload("9112-7.1", "a last chunk as data", "ch-last", b"5\r\n0\r\n\r\n\r\n0\r\n\r\n")
            .stores("ch-last", b"0\r\n\r\n"),
        upload("9112-7.1", "any bytes as data", "ch-bytes", b"4\r\n\0\xff\n\r\r\n0\r\n\r\n")
            .stores("ch-bytes", b"\0\xff\n\r"),
        upload("9112-7.1", "many small chunks", "ch-many", [&b"1\r\nx\r\n".repeat(500)[..], b"0\r\n\r\n"].concat())
            .stores("ch-many", [b'x'; 500]),
        upload("9112-7.1", "a chunk of 4 KiB", "ch-4k", [b"1000\r\n", &[b'x'; 4096][..], b"\r\n0\r\n\r\n"].concat())
            .stores("ch-4k", [b'x'; 4096]),
        upload(
            "9112-7.1",
            "a request as data",
            "ch-request",
            b"23\r\nGET /echo/bad HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n",
        )
        .stores("ch-request", b"GET /echo/bad HTTP/1.1\r\nHost: a\r\n\r\n"),
        upload(
            "9112-7.1",
            "what follows is the next request",
            "ch-next",
            b"5\r\nhello\r\n0\r\n\r\nGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .stores("ch-next", b"hello")
        .echoes(b"b"),
        upload("9112-7.1", "two last chunks, the second of which is no request", "ch-two-last", b"0\r\n\r\n0\r\n\r\n")
            .stores("ch-two-last", b"")
            .rejected(400),
        upload("9112-7.1", "a byte behind the end", "ch-surplus", b"0\r\n\r\n\0")
            .stores("ch-surplus", b"")
            .rejected(400),
    ]
}

fn sizes() -> Vec<Row> {
    vec![
        bad("9112-7.1", "no size", b"\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "no size for the last chunk", b"5\r\nhello\r\n\r\n\r\n"),
        bad("9112-7.1", "an empty line between chunks", b"1\r\nZ\r\n\r\n1\r\nZ\r\n0\r\n\r\n"),
        bad("9112-7.1", "a letter that is no digit", b"g\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "letters only", b"Z\r\nZZ\r\nZZZ\r\n\r\n"),
        bad("9112-7.1", "letters behind a digit", b"5xyz\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a prefix", b"0x5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a prefix in capitals", b"0X5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a prefix for the last chunk", b"5\r\nhello\r\n0x0\r\n\r\n"),
        bad("9112-7.1", "a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a minus", b"-5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a minus and 0", b"-0\r\n\r\n"),
        bad("9112-7.1", "a minus and a prefix", b"-0x0\r\n\r\n"),
        bad("9112-7.1", "an underscore", b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"),
        bad("9112-7.1", "an underscore behind 0", b"0_2e\r\n\r\nGET /echo/bad HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n"),
        bad("9112-7.1", "a point", b"5.0\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "quotes", b"\"5\"\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "an h for hexadecimal", b"5h\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a space before it", b" 5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a tab before it", b"\t5\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a space behind it", b"5 \r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a tab behind it", b"5\t\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a space behind the last", b"5\r\nhello\r\n0 \r\n\r\n"),
        bad("9112-7.1", "a space within", b"1 0\r\n0123456789abcdef\r\n0\r\n\r\n"),
        bad("9112-7.1", "a NUL", b"5\0\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a vertical tab", b"5\x0b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "a byte above 127", b"5\xa0\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "17 digits", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1", "17 digits with a small end", b"f0000000000000003\r\nabc\r\n0\r\n\r\n"),
        bad("9112-7.1", "40 digits", b"ffffffffffffffffffffffffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        upload(
            "9112-7.1",
            "a size line of 100 KB",
            "bad-chunks",
            [&[b'0'; 100_000][..], b"5\r\nhello\r\n0\r\n\r\n"].concat(),
        )
        .rejected(431)
        .leaves_no("bad-chunks"),
    ]
}

fn line_ends() -> Vec<Row> {
    vec![
        bad("9112-7.1", "data that is longer", b"5\r\nhello!!\r\n0\r\n\r\n"),
        bad("9112-7.1", "data that is shorter", b"5\r\nhell\r\n0\r\n\r\n"),
        bad("9112-7.1", "no line end behind the data", b"5\r\nhello0\r\n\r\n"),
        bad("9112-7.1", "two bytes for the line end behind the data", b"5\r\nhelloXX0\r\n\r\n"),
        bad("9112-7.1", "a space behind the data", b"5\r\nhello \r\n0\r\n\r\n"),
        bad("9112-7.1", "a bare LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
        bad("9112-7.1", "a bare CR behind the data", b"5\r\nhello\r0\r\n\r\n"),
        bad("9112-7.1", "CR CR LF behind the data", b"5\r\nhello\r\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare LF behind the size", b"5\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare CR behind the size", b"5\rhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "CR CR LF behind the size", b"5\r\r\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "LF CR behind the size", b"5\n\rhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare LF behind the last chunk", b"5\r\nhello\r\n0\n\r\n"),
        bad("9112-2.2", "a bare LF for the empty line", b"5\r\nhello\r\n0\r\n\n"),
        bad("9112-2.2", "a bare CR for the empty line", b"5\r\nhello\r\n0\r\n\rX"),
        bad("9112-2.2", "bare LFs at the end", b"5\r\nhello\r\n0\n\n"),
    ]
}

fn extensions() -> Vec<Row> {
    vec![
        upload("9112-7.1.1", "a name", "ext-1", b"5;a\r\nhello\r\n0\r\n\r\n").stores("ext-1", b"hello"),
        upload("9112-7.1.1", "a name and a value", "ext-2", b"5;a=b\r\nhello\r\n0\r\n\r\n").stores("ext-2", b"hello"),
        upload("9112-7.1.1", "a quoted value", "ext-3", b"5;a=\"b; c\\\"\"\r\nhello\r\n0\r\n\r\n")
            .stores("ext-3", b"hello"),
        upload("9112-7.1.1", "an empty quoted value", "ext-4", b"5;a=\"\"\r\nhello\r\n0\r\n\r\n")
            .stores("ext-4", b"hello"),
        upload("9112-7.1.1", "several", "ext-5", b"5;a=b;c;d=\"e\"\r\nhello\r\n0\r\n\r\n").stores("ext-5", b"hello"),
        upload("9112-7.1.1", "behind the last chunk", "ext-6", b"5\r\nhello\r\n0;a=b\r\n\r\n")
            .stores("ext-6", b"hello"),
        upload("9110-5.6.3", "bad white space around the semicolon", "ext-7", b"5 ;\ta\r\nhello\r\n0\r\n\r\n")
            .stores("ext-7", b"hello"),
        upload("9110-5.6.3", "bad white space around the equals sign", "ext-8", b"5;a = b\r\nhello\r\n0\r\n\r\n")
            .stores("ext-8", b"hello"),
        upload("9112-7.1.1", "one of 2 KB", "ext-9", [b"5;a=", &[b'b'; 2000][..], b"\r\nhello\r\n0\r\n\r\n"].concat())
            .stores("ext-9", b"hello"),
        bad("9112-7.1.1", "a semicolon alone", b"5;\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "two semicolons", b"5;;a\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a semicolon at the end", b"5;a;\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "no name", b"5;=b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "no value", b"5;a=\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a name that is no token", b"5;a[=b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a value that is no token", b"5;a=b@\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "two words", b"5;a b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a space at the end", b"5;a \r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a quote that is not closed", b"5;a=\"b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "something behind the quote", b"5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a line end in quotes", b"5;a=\"\r\nhello\r\n0\r\n\r\n\"\r\n"),
        bad("9112-7.1.1", "a NUL", b"5;a\0\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a NUL in quotes", b"5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a control", b"5;a=\x01\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a byte above 127", b"5;a\x80=b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-7.1.1", "a comma for the semicolon", b"5,a=b\r\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare CR", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare CR before the semicolon", b"5\r;a\r\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "CR CR before the semicolon", b"5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n"),
        bad("9112-2.2", "a line end before the semicolon", b"1\r\n\r;a\r\nZ\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare LF", b"5;a\nhello\r\n0\r\n\r\n"),
        bad("9112-2.2", "a bare LF within", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
        upload(
            "9112-7.1.1",
            "one of 64 KB",
            "bad-chunks",
            [b"5;a=", &[b'b'; 65_536][..], b"\r\nhello\r\n0\r\n\r\n"].concat(),
        )
        .rejected(431)
        .leaves_no("bad-chunks"),
        upload(
            "9112-7.1.1",
            "many that outweigh the content",
            "bad-chunks",
            [b"1;a=", &[b'b'; 3000][..], b"\r\nx\r\n"].concat().repeat(30),
        )
        .rejected(431)
        .leaves_no("bad-chunks"),
    ]
}

fn trailers() -> Vec<Row> {
    vec![
        upload("9112-7.1.2", "one", "tr-1", b"5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n").stores("tr-1", b"hello"),
        upload("9112-7.1.2", "several", "tr-2", b"5\r\nhello\r\n0\r\nA: b\r\nC:d\r\nE:\r\n\r\n")
            .stores("tr-2", b"hello"),
        upload(
            "9110-6.5.1",
            "Content-Length frames nothing",
            "tr-3",
            b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\nGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .stores("tr-3", b"hello")
        .echoes(b"b"),
        upload(
            "9110-6.5.1",
            "Transfer-Encoding frames nothing",
            "tr-4",
            b"5\r\nhello\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n",
        )
        .stores("tr-4", b"hello"),
        upload("9110-6.5.1", "Host routes nothing", "tr-5", b"5\r\nhello\r\n0\r\nHost: evil\r\nHost: b\r\n\r\n")
            .stores("tr-5", b"hello"),
        upload("9110-6.5.1", "Connection closes nothing", "tr-6", b"5\r\nhello\r\n0\r\nConnection: close\r\n\r\n")
            .stores("tr-6", b"hello"),
        upload(
            "9110-6.5.1",
            "Authorization and Content-Type change nothing",
            "tr-7",
            b"5\r\nhello\r\n0\r\nAuthorization: x\r\nContent-Type: text/html\r\n\r\n",
        )
        .stores("tr-7", b"hello"),
        upload("9112-7.1.2", "a request line is no trailer", "tr-line", b"0\r\nX:POST / HTTP/1.1\r\n\r\n")
            .stores("tr-line", b""),
        bad("9112-5.1", "a space before the colon", b"5\r\nhello\r\n0\r\nA : b\r\n\r\n"),
        bad("9112-5.2", "a folded one", b"5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"),
        bad("9112-5.2", "white space before the first", b"5\r\nhello\r\n0\r\n A: b\r\n\r\n"),
        bad("9112-5", "no colon", b"5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
        bad("9112-5", "an empty name", b"5\r\nhello\r\n0\r\n: b\r\n\r\n"),
        bad("9112-5", "two bytes for the empty line", b"5\r\nhello\r\n0\r\nXX\r\n\r\n"),
        bad("9110-5.5", "a NUL", b"5\r\nhello\r\n0\r\nA: b\0\r\n\r\n"),
        bad("9112-2.2", "a bare LF in a trailer", b"5\r\nhello\r\n0\r\nA: b\n\r\n"),
        bad("9112-2.2", "a bare CR in a trailer", b"5\r\nhello\r\n0\r\nA: b\rC: d\r\n\r\n"),
        upload(
            "6585-5",
            "one of 100 KB",
            "bad-chunks",
            [b"5\r\nhello\r\n0\r\nA: ", &[b'b'; 100_000][..], b"\r\n\r\n"].concat(),
        )
        .rejected(431)
        .leaves_no("bad-chunks"),
        upload(
            "6585-5",
            "a thousand",
            "bad-chunks",
            [b"5\r\nhello\r\n0\r\n", &b"A: b\r\n".repeat(1000)[..], b"\r\n"].concat(),
        )
        .rejected(431)
        .leaves_no("bad-chunks"),
    ]
}

/// The rules are the same where nobody wants the content.
fn for_nobody() -> Vec<Row> {
    vec![
        row(
            "9112-7.1",
            "a bad size in GET",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0x5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "an underscore in GET",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              0_2e\r\n\r\n\
              GET /echo/bad HTTP/1.1\r\n\
              Host: a\r\n\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "no size in GET",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "a bad line end in HEAD",
            b"HEAD /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              helloXX0\r\n\r\n",
        )
        .rejected(400)
        .for_head(),
        row(
            "9112-7.1",
            "a bad size where there is nothing",
            b"POST /nothing HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              -5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "a bad size for a method that is not allowed",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n 5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-7.1",
            "good chunks where there is nothing",
            b"POST /nothing HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .answered(404),
        row(
            "9112-7.1",
            "good chunks for a method that is not allowed",
            b"POST / HTTP/1.1\r\n\
              Host: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n\
              5\r\n\
              hello\r\n\
              0\r\n\r\n",
        )
        .answered(405),
    ]
}

/// RFC 9112 section 8: without its last chunk a message is not complete.
fn cut_short() -> Vec<Row> {
    let cut = |name, chunks: &[u8]| upload("9112-8", name, "cut-chunks", chunks).cut_short().leaves_no("cut-chunks");
    vec![
        cut("no chunk at all", b""),
        cut("a size without its line end", b"5"),
        cut("a size with half its line end", b"5\r"),
        cut("a size line", b"5\r\n"),
        cut("a part of the data", b"5\r\nhel"),
        cut("data without its line end", b"5\r\nhello"),
        cut("no last chunk", b"5\r\nhello\r\n"),
        cut("a last chunk without its line end", b"5\r\nhello\r\n0"),
        cut("a last chunk without the empty line", b"5\r\nhello\r\n0\r\n"),
        cut("half of the empty line", b"5\r\nhello\r\n0\r\n\r"),
        cut("a trailer without the empty line", b"5\r\nhello\r\n0\r\nA: b\r\n"),
        cut("a size that nobody can send", b"ffffffffffffffff\r\nhello"),
        row(
            "9112-8",
            "no last chunk in GET",
            b"GET /echo/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        )
        .cut_short(),
    ]
}
