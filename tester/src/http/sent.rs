//! A lenient view of what the tester sent: one request or several, well formed or not.
//!
//! Lines end in CR LF here and nowhere else; a field's name is what stands before the first colon of its line, white space
//! included, so that `Content-Length :` is not `Content-Length`. Where the framing is broken, everything that follows counts
//! as content.

use memchr::{memchr, memmem::find};

use crate::http::token::is_token;

/// The bytes that were sent, as requests.
#[derive(Clone, Debug)]
pub(crate) struct Sent<'a> {
    requests: Vec<Request<'a>>,
}

/// One request, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// True if an empty line comes before it (RFC 9112 section 2.2).
    after_empty_line: bool,
    /// The request line.
    line: &'a [u8],
    /// The head with its empty line, or as far as it goes.
    head: &'a [u8],
    /// True if the head has its empty line.
    whole: bool,
    /// Everything that belongs to the request behind its head, as it was sent.
    content: &'a [u8],
}

/// A flaw of a request that must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// White space between a field's name and its colon (RFC 9112 section 5.1).
    SpaceBeforeColon,
    /// A field without a name (RFC 9112 section 5).
    NoName,
    /// Content-Length and Transfer-Encoding (RFC 9112 section 6.3).
    LengthAndCoding,
    /// More than one Content-Length (RFC 9112 section 6.3).
    TwoLengths,
    /// A Content-Length that is not all digits (RFC 9110 section 8.6).
    LengthNotDigits,
    /// A Content-Length beyond 64 bits (RFC 9110 section 8.6).
    LengthTooLarge,
    /// A transfer coding that is not `chunked` (RFC 9112 section 6.1).
    UnknownCoding,
    /// A method with other bytes than upper-case letters (RFC 9110 section 9.1).
    MethodNotUpperCase,
    /// A control character in the request target (RFC 9112 section 3.2).
    ControlInTarget,
    /// A percent sign without two hexadecimal digits (RFC 3986 section 2.1).
    BadPercent,
    /// No Host, or more than one, in a request of HTTP/1.1 (RFC 9112 section 3.2).
    HostCount,
    /// A request line that is none (RFC 9112 section 3).
    RequestLine,
}

impl<'a> Sent<'a> {
    /// A view of these bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Sent<'a> {
        let mut requests = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (request, next) = Request::take(rest);
            requests.push(request);
            rest = next;
        }
        Sent { requests }
    }

    /// The requests, in order. The last may be cut, or no request at all.
    pub(crate) fn requests(&self) -> &[Request<'a>] {
        &self.requests
    }

    /// The first request; `None` if nothing was sent.
    pub(crate) fn first(&self) -> Option<&Request<'a>> {
        self.requests.first()
    }

    /// Checks whether several requests were sent together.
    pub(crate) fn is_pipeline(&self) -> bool {
        self.requests.iter().filter(|request| request.version() == Some(b"HTTP/1.1")).nth(1).is_some()
    }

    /// The method of the first request; empty if nothing was sent.
    pub(crate) fn method(&self) -> &'a [u8] {
        self.first().map(Request::method).unwrap_or_default()
    }

    /// The version of the first request.
    pub(crate) fn version(&self) -> Option<&'a [u8]> {
        self.first()?.version()
    }

    /// The value of the first field with this name in the first request.
    pub(crate) fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.first()?.values(name).next()
    }

    /// Checks whether the head of the first request has its empty line.
    pub(crate) fn head_is_whole(&self) -> bool {
        self.first().is_some_and(Request::head_is_whole)
    }

    /// The content of the first request, with its framing.
    pub(crate) fn content(&self) -> &'a [u8] {
        self.first().map(Request::content).unwrap_or_default()
    }

    /// Checks whether the content of the first request is chunked.
    pub(crate) fn is_chunked(&self) -> bool {
        self.first().is_some_and(Request::is_chunked)
    }

    /// Number of bytes that the first request's content lacks, by its Content-Length.
    pub(crate) fn missing_content(&self) -> usize {
        self.first().map_or(0, Request::missing_content)
    }

    /// The flaws of the first request.
    pub(crate) fn flaws(&self) -> Vec<Flaw> {
        self.first().map(Request::flaws).unwrap_or_default()
    }
}

impl<'a> Request<'a> {
    /// The request at the start of `bytes`, and what follows it.
    fn take(bytes: &'a [u8]) -> (Request<'a>, &'a [u8]) {
        let start = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
        let after_empty_line = start.len() < bytes.len();
        let line = &start[..find(start, b"\r\n").unwrap_or(start.len())];
        let Some(end) = find(start, b"\r\n\r\n").map(|end| end + 4) else {
            return (Request { after_empty_line, line, head: start, whole: false, content: b"" }, b"");
        };
        let (head, rest) = start.split_at(end);
        let mut request = Request { after_empty_line, line, head, whole: true, content: b"" };
        let length = request.framed(rest).min(rest.len());
        let (content, next) = rest.split_at(length);
        request.content = content;
        (request, next)
    }

    /// Number of these bytes, which follow the head, that are content. More than there are, if the content goes on.
    fn framed(&self, rest: &[u8]) -> usize {
        let lengths: Vec<_> = self.values("Content-Length").collect();
        match (lengths.as_slice(), self.values("Transfer-Encoding").next()) {
            ([], None) => 0,
            ([], Some(_)) if self.is_chunked() => chunks(rest).unwrap_or(rest.len()),
            ([one], None) => number(one).unwrap_or(rest.len()),
            // Nobody can tell.
            _ => rest.len(),
        }
    }

    /// Checks whether an empty line comes before it.
    pub fn is_after_empty_line(&self) -> bool {
        self.after_empty_line
    }

    /// The request line without its CR LF.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// The head with its empty line, or as far as it goes.
    pub fn head(&self) -> &'a [u8] {
        self.head
    }

    /// Checks whether the head has its empty line.
    pub fn head_is_whole(&self) -> bool {
        self.whole
    }

    /// The part before the first space.
    pub fn method(&self) -> &'a [u8] {
        self.words().next().unwrap_or_default()
    }

    /// The part between the first space and the second.
    pub fn target(&self) -> Option<&'a [u8]> {
        self.words().nth(1)
    }

    /// The part behind the second space, up to a third.
    pub fn version(&self) -> Option<&'a [u8]> {
        self.words().nth(2)
    }

    /// The request line, parted at its spaces.
    pub fn words(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.line.split(|byte| *byte == b' ')
    }

    /// The lines of the head behind the request line.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.head.get(self.line.len() + 2..).unwrap_or_default();
        std::iter::from_fn(move || {
            if rest.is_empty() || rest == b"\r\n" {
                return None;
            }
            let end = find(rest, b"\r\n").unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 2..).unwrap_or_default();
            Some(line)
        })
    }

    /// The field lines: what stands before the first colon, and behind it without the white space around.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.lines().filter_map(|line| {
            let colon = memchr(b':', line)?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// The values of the fields with this name, in any case.
    pub fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.fields().filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// The value of the first field with this name.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// The content with its framing, as far as it was sent.
    pub fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Checks whether the content is chunked, and nothing else.
    pub fn is_chunked(&self) -> bool {
        self.values("Transfer-Encoding").any(|value| value.eq_ignore_ascii_case(b"chunked"))
    }

    /// Checks whether it says how long its content is.
    pub fn is_framed(&self) -> bool {
        self.is_chunked() || self.field("Content-Length").is_some()
    }

    /// Checks whether the client waits for `100 Continue` (RFC 9110 section 10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.values("Expect").any(|value| value.eq_ignore_ascii_case(b"100-continue"))
    }

    /// Number of bytes that the content lacks, by its Content-Length. None, while the head is not whole.
    pub fn missing_content(&self) -> usize {
        let length = self.field("Content-Length").and_then(number).filter(|_| self.whole && !self.is_chunked());
        length.unwrap_or(0).saturating_sub(self.content.len())
    }

    /// Checks whether it was sent to its end, as far as one can tell.
    pub fn is_complete(&self) -> bool {
        let chunks_end = !self.is_chunked() || chunks(self.content).is_some();
        self.whole && self.missing_content() == 0 && chunks_end
    }

    /// Its flaws, in the order in which a server looks at a head: the fields, their framing, the request line.
    pub fn flaws(&self) -> Vec<Flaw> {
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        let mut flaws = Vec::new();
        if self.fields().any(|(name, _)| !blank(name.first()) && blank(name.last())) {
            flaws.push(Flaw::SpaceBeforeColon);
        }
        if self.fields().any(|(name, _)| name.is_empty()) {
            flaws.push(Flaw::NoName);
        }
        let (lengths, codings): (Vec<_>, Vec<_>) =
            (self.values("Content-Length").collect(), self.values("Transfer-Encoding").collect());
        match (lengths.as_slice(), codings.as_slice()) {
            ([_, ..], [_, ..]) => flaws.push(Flaw::LengthAndCoding),
            ([_, _, ..], _) => flaws.push(Flaw::TwoLengths),
            ([one], _) if one.is_empty() || !one.iter().all(u8::is_ascii_digit) => flaws.push(Flaw::LengthNotDigits),
            ([one], _) if number(one).is_none() => flaws.push(Flaw::LengthTooLarge),
            (_, [one]) if !one.eq_ignore_ascii_case(b"chunked") => flaws.push(Flaw::UnknownCoding),
            _ => {}
        }
        flaws.extend(self.flaw_of_line());
        flaws
    }

    fn flaw_of_line(&self) -> Option<Flaw> {
        let words: Vec<_> = self.words().collect();
        let [method, target, version @ (b"HTTP/1.1" | b"HTTP/1.0")] = words.as_slice() else {
            return Some(Flaw::RequestLine);
        };
        if method.is_empty() || !target.starts_with(b"/") {
            return Some(Flaw::RequestLine);
        }
        if !method.iter().all(u8::is_ascii_uppercase) {
            return Some(Flaw::MethodNotUpperCase);
        }
        if target.iter().any(u8::is_ascii_control) {
            return Some(Flaw::ControlInTarget);
        }
        let digits = |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
        if !target.split(|byte| *byte == b'%').skip(1).all(digits) {
            return Some(Flaw::BadPercent);
        }
        (*version == b"HTTP/1.1" && self.values("Host").count() != 1).then_some(Flaw::HostCount)
    }

    /// Checks whether each line behind the request line is one field, with a token as its name and no control
    /// characters.
    pub fn fields_are_plain(&self) -> bool {
        self.lines().all(|line| {
            let Some(colon) = memchr(b':', line) else { return false };
            is_token(&line[..colon]) && !line[colon..].iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
        })
    }
}

/// A decimal number of 64 bits.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    usize::try_from(std::str::from_utf8(digits).ok()?.parse::<u64>().ok()?).ok()
}

/// The length of a chunked body with its last chunk and trailer section; `None` if it does not end, or is broken.
fn chunks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = at + find(bytes.get(at..)?, b"\r\n")?;
        let digits = bytes[at..line].split(|byte| !byte.is_ascii_hexdigit()).next()?;
        let size = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        if size == 0 {
            // The trailer section ends like a head.
            return Some(line + find(&bytes[line..], b"\r\n\r\n")? + 4);
        }
        at = (line + 2).checked_add(size)?;
        if bytes.get(at..at + 2)? != b"\r\n" {
            return None;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart() {
        let sent = Sent::new(b"POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:\t3 \r\nX: 1\r\nx: 2\r\n\r\nabc");
        assert_eq!(
            (sent.method(), sent.first().and_then(Request::target), sent.version()),
            (&b"POST"[..], Some(&b"/a?b"[..]), Some(&b"HTTP/1.1"[..]))
        );
        assert_eq!((sent.field("Content-Length"), sent.field("Date")), (Some(&b"3"[..]), None));
        assert_eq!((sent.content(), sent.requests().len(), sent.missing_content()), (&b"abc"[..], 1, 0));
        assert!(sent.head_is_whole() && !sent.is_chunked() && !sent.is_pipeline() && sent.flaws().is_empty());
        let request = sent.first().unwrap();
        assert_eq!(request.values("X").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(request.lines().count(), 4);
        assert!(request.is_framed() && !request.expects_continue() && !request.is_after_empty_line());
    }

    #[test]
    fn nothing_and_a_beginning_are_seen_as_such() {
        let nothing = Sent::new(b"");
        assert_eq!((nothing.method(), nothing.first(), nothing.requests().len()), (&b""[..], None, 0));
        let begun = Sent::new(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue");
        assert!(!begun.head_is_whole() && begun.first().unwrap().expects_continue());
        assert_eq!(begun.field("Host"), Some(&b"x"[..]));
        let short = Sent::new(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
        assert!(!begun.first().unwrap().is_complete() && !short.first().unwrap().is_complete());
        assert_eq!((short.missing_content(), short.content()), (3, &b"ab"[..]));
        assert_eq!(Sent::new(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n").missing_content(), 0);
        let bare = Sent::new(b"GET / HTTP/1.1\n\n");
        assert!(!bare.head_is_whole());
        assert_eq!(bare.flaws(), [Flaw::RequestLine]);
    }

    #[test]
    fn requests_are_parted_by_their_framing() {
        let chunked = b"POST /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        let sent = Sent::new(chunked);
        let targets: Vec<_> = sent.requests().iter().map(|request| request.target().unwrap()).collect();
        assert_eq!(targets, [b"/a", b"/b"]);
        assert!(sent.is_chunked() && sent.is_pipeline());
        assert_eq!(sent.content(), b"3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n");
        assert!(sent.requests().iter().all(Request::is_complete));
        let begun = Sent::new(&chunked[..chunked.len() - 30]);
        assert!(!begun.first().unwrap().is_complete() && begun.is_chunked());
        // A request in the content of another is not one.
        let inner = b"GET /b HTTP/1.1\r\n\r\n";
        let text = format!("POST /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n", inner.len());
        let bytes = [text.as_bytes(), inner, inner].concat();
        let sent = Sent::new(&bytes);
        assert_eq!((sent.requests().len(), sent.content()), (2, &inner[..]));
        // If nobody can tell, all is content.
        for fields in [
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Content-Length: 1\r\nContent-Length: 1",
            "Transfer-Encoding: x",
            "Content-Length: +1",
        ] {
            let bytes = format!("POST /a HTTP/1.1\r\n{fields}\r\n\r\n1\r\nGET /b HTTP/1.1\r\n\r\n");
            let sent = Sent::new(bytes.as_bytes());
            assert!(!sent.is_pipeline() && sent.content().ends_with(inner), "{fields}");
        }
        let broken = Sent::new(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n");
        assert_eq!(broken.content(), b"3\r\nabcd\r\n0\r\n\r\n");
        let second = Sent::new(b"GET / HTTP/1.1\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n");
        assert_eq!(second.requests().iter().map(Request::is_after_empty_line).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn flaws_are_found() {
        use Flaw::*;
        for (text, flaws) in [
            ("GET / HTTP/1.1\r\nHost: a", &[][..]),
            ("GET / HTTP/1.0\r\nA: b", &[]),
            ("GET / HTTP/1.1\r\nHost: a\r\n folded: b ", &[]),
            ("GET / HTTP/1.1\r\nHost: a\r\nX : b", &[SpaceBeforeColon]),
            ("GET / HTTP/1.1\r\nHost: a\r\n: b", &[NoName]),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", &[LengthAndCoding]),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1", &[TwoLengths]),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1", &[LengthNotDigits]),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:", &[LengthNotDigits]),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616", &[LengthTooLarge]),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip", &[UnknownCoding]),
            ("Get / HTTP/1.1\r\nHost: a", &[MethodNotUpperCase]),
            ("GET /\0 HTTP/1.1\r\nHost: a", &[ControlInTarget]),
            ("GET /%2 HTTP/1.1\r\nHost: a", &[BadPercent]),
            ("GET /%zz HTTP/1.1\r\nHost: a", &[BadPercent]),
            ("GET / HTTP/1.1\r\nX: a", &[HostCount]),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a", &[HostCount]),
            ("GET  / HTTP/1.1\r\nHost: a", &[RequestLine]),
            ("GET / HTTP/2.0\r\nHost: a", &[RequestLine]),
            (" / HTTP/1.1\r\nHost: a", &[RequestLine]),
            ("GET x HTTP/1.1\r\nHost : a", &[SpaceBeforeColon, RequestLine]),
        ] {
            assert_eq!(Sent::new(format!("{text}\r\n\r\n").as_bytes()).flaws(), flaws, "{text:?}");
        }
    }

    #[test]
    fn plain_fields_are_told_from_others() {
        for (lines, plain) in [
            ("A: b\r\n", true),
            ("", true),
            ("A : b\r\n", false),
            ("A: b\r\n c: d\r\n", false),
            ("A\r\n", false),
            ("A: b\rc\r\n", false),
        ] {
            let bytes = format!("GET / HTTP/1.1\r\n{lines}\r\n");
            assert_eq!(Sent::new(bytes.as_bytes()).first().unwrap().fields_are_plain(), plain, "{lines:?}");
        }
    }
}
