//! Field lines (RFC 9112 section 5, RFC 9110 section 5).

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    [valid(), names(), values(), folding()].concat()
}

fn valid() -> Vec<Row> {
    vec![
        row("9110-5.1", "names have no case", b"GET /user-agent HTTP/1.1\r\nhost: a\r\nuSER-aGENT: x\r\n\r\n")
            .echoes(b"x"),
        row(
            "9112-5.1",
            "no white space behind the colon",
            b"GET /user-agent HTTP/1.1\r\nHost:a\r\nUser-Agent:x\r\n\r\n",
        )
        .echoes(b"x"),
        row(
            "9112-5.1",
            "white space around a value",
            b"GET /user-agent HTTP/1.1\r\n\
              Host: a\r\n\
              User-Agent: \t x \t \r\n\r\n",
        )
        .echoes(b"x"),
        row(
            "9110-5.5",
            "white space within a value",
            b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: x \t y\r\n\r\n",
        )
        .echoes(b"x \t y"),
        row("9110-5.5", "an empty value", b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent:\r\n\r\n").echoes(b""),
        row("9110-5.5", "a value of white space", b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: \t \r\n\r\n")
            .echoes(b""),
        row(
            "9110-5.5",
            "bytes above 127",
            b"GET /user-agent HTTP/1.1\r\n\
              Host: a\r\n\
              User-Agent: \x80\xff\xa0\r\n\r\n",
        )
        .echoes(b"\x80\xff\xa0"),
        row(
            "9110-5.5",
            "every visible character",
            b"GET /user-agent HTTP/1.1\r\n\
              Host: a\r\n\
              User-Agent: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\r\n\r\n",
        )
        .echoes(b"!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
        row("9110-5.5", "colons in a value", b"GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent:: x: y:\r\n\r\n")
            .echoes(b": x: y:"),
        row(
            "9110-5.6.2",
            "every character of a token",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              !#$%&'*+-.^_`|~09azAZ: b\r\n\r\n",
        )
        .echoes(b"a"),
        row("9110-5.3", "the same name many times", b"GET /echo/a HTTP/1.1\r\nHost: a\r\nA: b\r\nA: c\r\na: d\r\n\r\n")
            .echoes(b"a"),
        row(
            "9110-5.3",
            "content types that differ mean nothing here",
            b"POST /files/two-types HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Type: text/plain\r\n\
              Content-Type: text/html\r\n\
              Content-Length: 1\r\n\r\n\
              x",
        )
        .stores("two-types", b"x"),
        row(
            "9110-5.1",
            "an underscore is no hyphen",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Content_Length: 99\r\n\
              Transfer_Encoding: chunked\r\n\r\n",
        )
        .echoes(b"a"),
        row(
            "9110-5.1",
            "names of ours with something behind",
            b"GET /echo/a HTTP/1.1\r\n\
              Host: a\r\n\
              Content-Length-X: 99\r\n\
              Transfer-Encoding2: x\r\n\r\n",
        )
        .echoes(b"a"),
    ]
}

fn names() -> Vec<Row> {
    vec![
        row("9112-5.1", "a space before the colon", b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n").rejected(400),
        row("9112-5.1", "a tab before the colon", b"GET / HTTP/1.1\r\nHost: a\r\nA\t: b\r\n\r\n").rejected(400),
        row("9112-5.1", "a space before Host's colon", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n").rejected(400),
        row(
            "9112-5.1",
            "a space before Content-Length's colon",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
        )
        .rejected(400),
        row(
            "9112-5.1",
            "a space before Transfer-Encoding's colon",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row("9112-5.1", "a CR before the colon", b"GET / HTTP/1.1\r\nHost: a\r\nA\r: b\r\n\r\n").rejected(400),
        row("9112-5", "no colon", b"GET / HTTP/1.1\r\nHost: a\r\nNothing\r\n\r\n").rejected(400),
        row("9112-5", "no colon but a space", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length 5\r\n\r\n").rejected(400),
        row("9112-5", "no colon in the first line", b"GET / HTTP/1.1\r\nHost\r\n\r\n").rejected(400),
        row(
            "9112-5",
            "a name over two lines",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-\r\nEncoding: chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row("9112-5", "an empty name", b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n").rejected(400),
        row("9112-5", "a colon alone", b"GET / HTTP/1.1\r\nHost: a\r\n:\r\n\r\n").rejected(400),
        row("9112-5", "an empty name first", b"GET / HTTP/1.1\r\n: b\r\nHost: a\r\n\r\n").rejected(400),
        row("9112-5", "a space within", b"GET / HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n").rejected(400),
        row("9112-5", "a tab within", b"GET / HTTP/1.1\r\nHost: a\r\nA\tB: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "brackets", b"GET / HTTP/1.1\r\nHost: a\r\nA[0]: b\r\n\r\n").rejected(400),
        row("9110-5.6.2", "parentheses", b"GET / HTTP/1.1\r\nHost: a\r\nA(b): c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a slash", b"GET / HTTP/1.1\r\nHost: a\r\nA/B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a backslash", b"GET / HTTP/1.1\r\nHost: a\r\nA\\B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a comma", b"GET / HTTP/1.1\r\nHost: a\r\nA,B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a semicolon", b"GET / HTTP/1.1\r\nHost: a\r\nA;B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "an equals sign", b"GET / HTTP/1.1\r\nHost: a\r\nA=B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "an at sign", b"GET / HTTP/1.1\r\nHost: a\r\nA@B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a question mark", b"GET / HTTP/1.1\r\nHost: a\r\nA?: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "angle brackets", b"GET / HTTP/1.1\r\nHost: a\r\n<A>: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "braces", b"GET / HTTP/1.1\r\nHost: a\r\n{A}: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "quotes", b"GET / HTTP/1.1\r\nHost: a\r\n\"A\": c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a NUL", b"GET / HTTP/1.1\r\nHost: a\r\nA\0B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a NUL and no colon", b"GET / HTTP/1.1\r\nHost: a\r\nb\0\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a control", b"GET / HTTP/1.1\r\nHost: a\r\nA\x08B: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a DEL", b"GET / HTTP/1.1\r\nHost: a\r\nA\x7f: c\r\n\r\n").rejected(400),
        row("9110-5.6.2", "a byte above 127", b"GET / HTTP/1.1\r\nHost: a\r\n\xffoo: c\r\n\r\n").rejected(400),
        row(
            "9110-5.6.2",
            "a next line that is no white space",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length\x85: 5\r\n\r\nhello",
        )
        .rejected(400),
        row("9110-5.6.2", "a no-break space", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length\xa0: 5\r\n\r\nhello")
            .rejected(400),
        row("9112-2.2", "a bare LF within", b"GET / HTTP/1.1\r\nHost: a\r\nTe\nst: b\r\n\r\n").rejected(400),
    ]
}

fn values() -> Vec<Row> {
    vec![
        row("9110-5.5", "a NUL", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n").rejected(400),
        row("9110-5.5", "a NUL at the start", b"GET / HTTP/1.1\r\nHost: a\r\nA:\0\r\n\r\n").rejected(400),
        row("9110-5.5", "a NUL at the end", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0\r\n\r\n").rejected(400),
        row("9110-5.5", "a bell", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x07\r\n\r\n").rejected(400),
        row("9110-5.5", "a backspace", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x08c\r\n\r\n").rejected(400),
        row("9110-5.5", "a vertical tab", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x0bc\r\n\r\n").rejected(400),
        row("9110-5.5", "a form feed", b"GET / HTTP/1.1\r\nHost: a\r\nA: \x0cb\r\n\r\n").rejected(400),
        row("9110-5.5", "an escape", b"GET / HTTP/1.1\r\nHost: a\r\nA: \x1b[31m\r\n\r\n").rejected(400),
        row("9110-5.5", "a unit separator", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x1fc\r\n\r\n").rejected(400),
        row("9110-5.5", "a DEL", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x7f\r\n\r\n").rejected(400),
        row("9112-2.2", "a bare CR", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n").rejected(400),
        row(
            "9112-2.2",
            "a bare CR that hides a field",
            b"POST / HTTP/1.1\r\nHost: a\r\nA: b\rContent-Length: 5\r\n\r\nhello",
        )
        .rejected(400),
        row("9112-2.2", "a bare CR at the start", b"GET / HTTP/1.1\r\nHost: a\r\nA:\rb\r\n\r\n").rejected(400),
        row("9112-2.2", "CR CR LF", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\r\n\r\n").rejected(400),
        row("9112-2.2", "a bare LF at the end", b"GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n").rejected(400),
        row(
            "9112-2.2",
            "a bare LF that hides a field",
            b"POST / HTTP/1.1\r\nHost: a\r\nA: b\nContent-Length: 5\r\n\r\nhello",
        )
        .rejected(400),
        row(
            "9112-2.2",
            "two bare LFs that hide a request",
            b"GET / HTTP/1.1\r\nHost: a\r\nA:\n\nGET /echo/b HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        .rejected(400),
        row("9112-2.2", "LF, NUL, CR", b"GET / HTTP/1.1\r\nHost: a\r\nA: v\n\0\ralue\r\n\r\n").rejected(400),
    ]
}

fn folding() -> Vec<Row> {
    vec![
        row("9112-5.2", "a folded value", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n").rejected(400),
        row("9112-5.2", "folded with a tab", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\tc\r\n\r\n").rejected(400),
        row("9112-5.2", "folded before the value", b"GET / HTTP/1.1\r\nHost: a\r\nA:\r\n b\r\n\r\n").rejected(400),
        row("9112-5.2", "a fold with nothing in it", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n \r\n\r\n").rejected(400),
        row("9112-5.2", "a fold that looks like a field", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n C: d\r\n\r\n")
            .rejected(400),
        row("9112-5.2", "a folded Content-Length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 5\r\n\r\nhello")
            .rejected(400),
        row(
            "9112-5.2",
            "a folded Transfer-Encoding",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
        row(
            "9112-5.2",
            "in the middle of a list of codings",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n identity\r\n\r\n0\r\n\r\n",
        )
        .rejected(400),
    ]
}
