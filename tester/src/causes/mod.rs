//! The likely cause of a difference, in one sentence: what a reviewer would say who has seen it before.

use crate::{
    http::response::Malformed,
    judge::compare::{Body, Difference, Expected, Received},
};

mod bodies;
mod caching;
mod hostile;
mod methods;
mod mirror;
mod pages;
mod pipelining;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What is to be known beside the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    /// The program was given a web site (`--root`).
    pub site: bool,
    /// The head of the request came in more than one piece.
    pub pieces: bool,
    /// The client has said that it sends no more.
    pub finished: bool,
}

/// Why a response differs.
pub fn of(
    difference: &Difference,
    expected: &Expected,
    received: &Received,
    sent: &[u8],
    circumstances: Circumstances,
) -> Option<String> {
    let what = difference.what.as_str();
    let status = received.head.status;
    let own = [
        mirror::of(difference),
        pages::of(difference, expected, received, sent, circumstances.site).filter(|_| !pipelining::several(sent)),
        hostile::of(difference, expected, status, sent),
        methods::of(difference, expected, status, sent),
        pipelining::of(expected, received, sent),
        caching::of(difference, expected, received, sent),
    ];
    if let Some(cause) = own.into_iter().flatten().next() {
        return some(cause);
    }
    if what.starts_with("The status is") {
        if let Some(cause) = bodies::of_status(&expected.statuses, status, sent) {
            return some(cause);
        }
        let wanted = expected.statuses.first().copied().unwrap_or_default();
        return match (wanted, status) {
            (200 | 201, 404) => some(spelling(sent).unwrap_or(match sent.starts_with(b"GET /files/") {
                true => "the file is there: is it looked for in the directory of `--directory`, and read as bytes, not as text?",
                false if circumstances.pieces => {
                    "the path or the method of this request is not recognised; it came in pieces: is it read to its empty line?"
                }
                false => "the path or the method of this request is not recognised",
            })),
            (400, 200..=299) => some("this was no request, and is answered like one"),
            (404, 200) if sent.starts_with(b"GET /files/") => {
                some("there is no such file, and the answer must say so with its status")
            }
            (404, 200) => {
                some("an unknown path is treated like a known one: compare the whole path, not a part of the request")
            }
            (_, 400) => some(
                "the request is taken for malformed: if it came in pieces, read on until its empty line; else look at how its lines are read",
            ),
            (_, 405 | 501) => some("the method is not recognised for this path"),
            (201, 200) => some("a file that was created is answered with 201, not 200"),
            (_, 500..=599) => some("the program reported an error of its own; look at its output"),
            _ => pipelining::of_status(sent).map(str::to_owned),
        };
    }
    if what.starts_with("The status line differs") {
        return some("version, status and reason phrase are compared byte by byte, with one space between them");
    }
    if what.contains("differs in upper and lower case") {
        return some("the page shows another spelling");
    }
    if let Some(name) = what.strip_prefix("The field ").and_then(|rest| rest.strip_suffix(" is missing")) {
        return match name {
            _ if String::from_utf8_lossy(&received.content).contains(&format!("{name}:")) => some(
                "the head ended before this field: an empty line too early, so the field became a part of the body",
            ),
            "Content-Length" if !received.head.all("Transfer-Encoding").collect::<Vec<_>>().is_empty() => {
                some("the body is chunked; the page asks for Content-Length")
            }
            "Content-Encoding" => {
                some(spelling(sent).unwrap_or("gzip was offered in Accept-Encoding, and not found there"))
            }
            "Connection" => some(spelling(sent).unwrap_or(
                "the request says `Connection: close`, and the answer must say so as well (RFC 9112 section 9.6)",
            )),
            _ if received.head.fields.is_empty() => {
                some("the head ended before this field: an empty line too early, or the field is not written")
            }
            _ => some("the field is not written, or its name is spelt differently"),
        };
    }
    if what.contains("Content-Length has another value") {
        return length(expected, received);
    }
    if what.contains("is not gzip") {
        return match &expected.body {
            Body::Gzip(want) if *want == received.content => {
                some("the body is not compressed, although Content-Encoding says so")
            }
            Body::Gzip(want) if want.len() == received.content.len() && received.content.starts_with(GZIP) => {
                some("the body was cut off at Content-Length, which seems to be the length before compression")
            }
            _ if received.content.starts_with(&[0x78]) => {
                some("this looks like zlib (RFC 1950); gzip is another format around the same compression")
            }
            _ if received.content.is_empty() => some("the body is empty"),
            _ if received.content.windows(3).any(|w| w == [0xEF, 0xBF, 0xBD]) => some(LOSSY),
            _ => some(
                "the compressed bytes were changed or cut on their way; was the encoder finished before its output was taken?",
            ),
        };
    }
    if what.starts_with("The body is not whole") {
        return some("Content-Length counts more bytes than the body has, or not all of the body was written");
    }
    if what.starts_with("The body, decompressed") && difference.received.starts_with(GZIP) {
        return some("the body is compressed twice");
    }
    if what.starts_with("The body") {
        return body(&difference.expected, &difference.received, sent);
    }
    if what.starts_with("There is a body where") {
        return some("the page shows an answer without a body");
    }
    if what.contains("is to stay open") {
        return some(
            "`Connection: close` is for the answer to a request that says so, and for a server that then closes",
        );
    }
    if what.contains("is not on the page") {
        return some("the page does not show this field; `--compat` tolerates it");
    }
    if what.contains("neither Content-Length nor chunked") {
        return some("send `Content-Length`, also with an empty body: `Content-Length: 0` (RFC 9112 section 6.3)");
    }
    if what.contains("must not be there") && what.contains("Content-Encoding") {
        return some("the answer claims a coding that the client did not ask for");
    }
    None
}

/// What a request that spells its fields unusually may have run into.
fn spelling(sent: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(sent);
    let mut lines = head.split("\r\n");
    if lines.next().is_some_and(|line| line.contains('%')) {
        return Some("the path is percent-encoded: decode %XX before using it (RFC 3986 section 2.1)");
    }
    let known = ["user-agent", "content-length", "content-type", "accept-encoding", "connection", "host"];
    lines
        .map_while(|line| line.split_once(':'))
        .any(|(name, _)| {
            let usual = name.split('-').all(|part| {
                let (first, rest) = part.split_at(part.len().min(1));
                first.chars().all(|c| c.is_ascii_uppercase()) && !rest.chars().any(|c| c.is_ascii_uppercase())
            });
            !usual && known.contains(&name.to_ascii_lowercase().as_str())
        })
        .then_some(
            "the request spells a field's name in unusual case: names are compared without case (RFC 9110 section 5.1)",
        )
}

/// How gzip begins (RFC 1952 section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

const LOSSY: &str = "bytes that are not UTF-8 became U+FFFD: the data passed through a string";

fn length(expected: &Expected, received: &Received) -> Option<String> {
    let value = received.head.all("Content-Length").next()?;
    let number: usize = std::str::from_utf8(&value.value).ok()?.parse().ok()?;
    match &expected.body {
        Body::Bytes(want) if std::str::from_utf8(want).is_ok_and(|text| text.chars().count() == number) => {
            some("Content-Length counts bytes, not characters")
        }
        Body::Bytes(want) if number == want.len() + 1 => {
            some("one byte too many: is a line end counted with the body?")
        }
        Body::Bytes(want) if number == want.len() + 2 => some("two bytes too many: is a CR LF counted with the body?"),
        Body::Bytes(want) if number < want.len() && number > 0 => {
            some("the length is too small: is only a part of the data counted, as one read gives it?")
        }
        Body::Gzip(want) if number == want.len() => {
            some("Content-Length is the length before compression; it must be that of the bytes sent")
        }
        _ => some("Content-Length is not the number of bytes of the body"),
    }
}

fn body(want: &[u8], got: &[u8], sent: &[u8]) -> Option<String> {
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let trimmed = |bytes: &[u8]| {
        let end = bytes.iter().rposition(|byte| !line_end(byte)).map_or(0, |last| last + 1);
        let start = bytes.iter().position(|byte| !line_end(byte)).unwrap_or(end).min(end);
        bytes[start..end].to_vec()
    };
    if got.is_empty() {
        return some(spelling(sent).unwrap_or("the body is empty"));
    }
    if trimmed(got) == trimmed(want) {
        return some(
            "a line end too many or too few: the body is not followed by CR LF, and nothing but the empty line is before it",
        );
    }
    if got.windows(3).any(|w| w == [0xEF, 0xBF, 0xBD]) && !want.windows(3).any(|w| w == [0xEF, 0xBF, 0xBD]) {
        return some(LOSSY);
    }
    if got.eq_ignore_ascii_case(want) {
        return some("the case of letters was changed");
    }
    if got.contains(&b'%') && !want.contains(&b'%') {
        return some("the path is percent-encoded: decode %XX before using it (RFC 3986 section 2.1)");
    }
    if want.starts_with(got) {
        return some("the body is cut short: is only a part of the data read or written?");
    }
    if got.starts_with(want) {
        return some("the body goes on after what was asked for");
    }
    if got.trim_ascii() == want.trim_ascii() {
        return some("white space around the value belongs to the field line, not to the value (RFC 9110 section 5.5)");
    }
    if got.starts_with(GZIP) {
        return some("the body is compressed, although the client did not ask for it");
    }
    None
}

/// Why bytes are no HTTP.
pub fn of_malformed(wrong: &Malformed, received: &[u8]) -> Option<String> {
    if wrong.what.contains("LF alone") {
        return some("end each line of the head with \\r\\n");
    }
    if wrong.at == 0 && !received.starts_with(b"HTTP") {
        return some("a response begins with its status line; were these bytes left over from the answer before?");
    }
    if wrong.what.contains("no colon") {
        return some("is the empty line missing between head and body?");
    }
    None
}

/// Why no answer came. `ended`: the connection has; `before`: an earlier request on it was answered.
pub fn of_silence(
    received: &[u8],
    sent: &[u8],
    ended: bool,
    before: bool,
    circumstances: Circumstances,
) -> Option<String> {
    if received.is_empty() && ended {
        return match before {
            true => some(
                "since HTTP/1.1 a connection stays open for the next request, also after a silence (RFC 9112 section 9.3)",
            ),
            false if circumstances.pieces => some(
                "the program gave up on this request, which came in pieces: is it taken for whole after one read? Read on until the empty line that ends its head",
            ),
            false => some(
                "the program gave up on this request: an error of its own, or too little time for a slow client? Look at its output",
            ),
        };
    }
    if received.is_empty() {
        if let Some(cause) = pipelining::of_silence(sent).filter(|_| before) {
            return some(cause);
        }
        if let Some(cause) = bodies::of_silence(sent).or_else(|| hostile::of_silence(sent)) {
            return some(cause);
        }
        return match spelling(sent) {
            Some(cause) if sent.windows(15).any(|w| w.eq_ignore_ascii_case(b"content-length:")) => some(cause),
            _ if circumstances.finished => some(FINISHED),
            _ => some(
                "the program waits for more of the request, is busy with another connection, or has given up on this one without closing it: look at its output",
            ),
        };
    }
    let whole = received.windows(4).any(|w| w == b"\r\n\r\n");
    (!whole).then(|| "the head must end with an empty line, \\r\\n\\r\\n".to_owned())
}

/// What a program misses that waits for a client which has nothing more to say.
const FINISHED: &str = "the program goes on waiting, although the client has said that it sends no more: a read that returns nothing is the end of what it sends (RFC 9112 section 9.6)";

/// Why a connection is not closed. `refused`: its last request had to be refused; `finished`: the client has said that it
/// sends no more.
pub fn of_staying(refused: bool, finished: bool) -> String {
    match refused {
        false if finished => FINISHED,
        true => "after a request that is refused nobody knows where the next one begins, so the connection ends with the answer (RFC 9112 section 2.2)",
        false => "the program goes on waiting for a request; after an answer with `Connection: close` it must close (RFC 9112 section 9.6)",
    }
    .to_owned()
}

/// Why an interim response came that is not asked for.
pub fn of_interim(sent: &[u8]) -> Option<String> {
    match sent.split(|byte| *byte == b'\r').next() {
        Some(line) if line.ends_with(b"HTTP/1.0") => {
            some("HTTP/1.0 has no interim responses, so this client takes it for the answer (RFC 9110 section 15.2)")
        }
        _ => {
            some("the request does not say `Expect: 100-continue`, so nobody waits for this (RFC 9110 section 10.1.1)")
        }
    }
}

/// Why bytes follow a message, or come before any request.
pub fn of_surplus(bytes: &[u8], asked: bool, sent: &[u8]) -> Option<String> {
    let of_track = hostile::of_surplus(bytes, sent)
        .or_else(|| pipelining::of_surplus(bytes, sent))
        .or_else(|| bodies::of_surplus(bytes, sent));
    if let Some(cause) = of_track {
        return some(cause);
    }
    match bytes {
        _ if !asked => some("in HTTP the client speaks first: write nothing before a request is read"),
        _ if sent.starts_with(b"HEAD ") && !bytes.starts_with(b"HTTP/") => some(
            "content follows the head of an answer to HEAD, which has none, not even an error (RFC 9110 section 9.3.2)",
        ),
        _ if caching::is_conditional(sent) && !bytes.starts_with(b"HTTP/") => {
            some("a 304 ends with the empty line of its head, whatever its fields say (RFC 9110 section 15.4.5)")
        }
        b"\n" | b"\r\n" | b"\r\n\r\n" => some("a line end was written after the body"),
        _ if bytes.starts_with(b"HTTP/") => {
            some("a second response was sent for one request; if that came in pieces, each was taken for a request")
        }
        _ => some("the body has more bytes than Content-Length says, or there is a body without a length"),
    }
}

/// Why a file differs.
pub fn of_file(difference: &Difference, want: &[u8], sent: &[u8]) -> Option<String> {
    let got = difference.received.as_slice();
    if difference.what.contains("other contents")
        && let Some(cause) = bodies::of_file(got, want, sent)
    {
        return some(cause);
    }
    if difference.what.contains("is not there") {
        return some("the body was not written to the directory of `--directory`, or only after the answer");
    }
    if difference.what.contains("nobody asked for") {
        return some("a file was written outside the directory, or a partial or temporary one was left behind");
    }
    if got.is_empty() {
        let read = "the file is empty: is the body read after the head, and written before the answer?";
        return some(spelling(sent).unwrap_or(read));
    }
    if got.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1) <= want.len()
        && got.len() > want.len()
        && got.ends_with(&[0])
    {
        return some("the whole read buffer was written, not only the bytes that came");
    }
    if got.strip_prefix(want).is_some_and(|rest| matches!(rest, b"\n" | b"\r\n")) {
        return some("a line end too many: the body ends where Content-Length says");
    }
    if got.starts_with(want) && got.len() > want.len() {
        return some(
            "what was in the file before is still there: truncate it; or bytes after the body were taken for a part of it",
        );
    }
    body(want, got, b"")
}
