//! A parser of responses of the tester's own, strict where a client may be lenient: what a learner's program sends is
//! on trial here.

use super::{
    fault::{HttpFault, Malformed},
    token::is_token_byte,
};

/// Longest head, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Longest line of a chunk's size, in bytes.
const LONGEST_CHUNK_LINE: usize = 4 << 10;

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status line without its CR LF.
    pub line: Vec<u8>,
    /// The status code.
    pub status: u16,
    /// The field lines.
    pub fields: Vec<FieldLine>,
    /// The length of the whole head with the empty line, in bytes.
    pub len: usize,
}

/// A field line of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldLine {
    /// The name as it was spelt.
    pub name: String,
    /// The value without the white space around it.
    pub value: Vec<u8>,
    /// Start of the line, in bytes from the start of the response.
    pub at: usize,
    /// Length of the line without its CR LF, in bytes.
    pub len: usize,
}

/// The way to find the end of a body (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none, whatever the fields say.
    NoBody,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// It ends with the connection.
    UntilEnd,
}

impl Head {
    /// The values of the fields with this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a FieldLine> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// Finds the framing of the body. `to_head`: the request was HEAD.
    ///
    /// # Errors
    /// Framing fields that contradict each other or mean nothing.
    pub(crate) fn framing(&self, to_head: bool) -> Result<Framing, Malformed> {
        let wrong = |at: usize, fault| Err(Malformed { at, fault });
        let coding = self.all("Transfer-Encoding").next();
        let mut length = None;
        for field in self.all("Content-Length") {
            let digits = std::str::from_utf8(&field.value)
                .ok()
                .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
            let Some(number) = digits.and_then(|text| text.parse::<u64>().ok()) else {
                return wrong(field.at, HttpFault::LengthNotNumber);
            };
            if length.is_some() {
                return wrong(field.at, HttpFault::LengthTwice);
            }
            if let Some(coding) = coding {
                return wrong(coding.at.max(field.at), HttpFault::LengthAndCoding);
            }
            length = Some((field.at, number));
        }
        if matches!(self.status, 100..=199 | 204) {
            // A 204 or 1xx with either field is malformed (RFC 9110 section 8.6, RFC 9112 section 6.1).
            return match (length, coding) {
                (Some((at, _)), _) => wrong(at, HttpFault::LengthWithoutContent),
                (_, Some(coding)) => wrong(coding.at, HttpFault::CodingWithoutContent),
                _ => Ok(Framing::NoBody),
            };
        }
        if to_head || self.status == 304 {
            return Ok(Framing::NoBody);
        }
        match (coding, length) {
            (Some(field), _) if field.value.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            (Some(field), _) => wrong(field.at, HttpFault::UnknownCoding),
            (None, Some((_, length))) => Ok(Framing::Length(length)),
            (None, None) => Ok(Framing::UntilEnd),
        }
    }
}

/// Parses the head at the start of `bytes`; `None` while it is not complete.
///
/// # Errors
/// The first byte that cannot be HTTP, even if more is to come.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let Some((first, mut at)) = line(bytes, 0, LONGEST_HEAD, HttpFault::HeadTooLong)? else {
        return Ok(None);
    };
    let status = status_line(first)?;
    let mut fields = Vec::new();
    loop {
        let start = at;
        let Some((text, next)) = line(bytes, start, LONGEST_HEAD, HttpFault::HeadTooLong)? else {
            return Ok(None);
        };
        at = next;
        if text.is_empty() {
            return Ok(Some(Head { line: first.to_vec(), status, fields, len: at }));
        }
        fields.push(field_line(text, start)?);
    }
}

/// The line that starts at `start`, and where the next one starts. `too_long` if it goes on beyond the offset `longest`.
fn line(bytes: &[u8], start: usize, longest: usize, too_long: HttpFault) -> Result<Option<(&[u8], usize)>, Malformed> {
    let rest = &bytes[start..];
    let wrong = |at: usize, fault| Err(Malformed { at: start + at, fault });
    let end = memchr::memchr(b'\n', rest);
    let searched = &rest[..end.unwrap_or(rest.len())];
    if let Some(cr) = memchr::memchr(b'\r', searched).filter(|cr| cr + 1 < searched.len()) {
        return wrong(cr, HttpFault::LoneCr);
    }
    if start + searched.len() > longest {
        return wrong(0, too_long);
    }
    match end {
        None => Ok(None),
        Some(end) if end == 0 || rest[end - 1] != b'\r' => wrong(end, HttpFault::LoneLf),
        Some(end) => Ok(Some((&rest[..end - 1], start + end + 1))),
    }
}

/// `HTTP-version SP status-code SP [ reason-phrase ]`, RFC 9112 section 4.
fn status_line(text: &[u8]) -> Result<u16, Malformed> {
    let wrong = |at: usize, fault| Err(Malformed { at, fault });
    for (at, want) in b"HTTP/#.# ### ".iter().enumerate() {
        let fits = match (want, text.get(at)) {
            (b'#', Some(byte)) => byte.is_ascii_digit(),
            (want, Some(byte)) => want == byte,
            (_, None) => false,
        };
        if !fits {
            return wrong(
                at,
                match at {
                    0..=7 => HttpFault::NotHttp,
                    8 => HttpFault::NoSpaceAfterVersion,
                    12 => HttpFault::NoSpaceAfterStatus,
                    _ => HttpFault::StatusNotThreeDigits,
                },
            );
        }
    }
    if let Some(at) = text.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return wrong(at, HttpFault::ControlInStatusLine);
    }
    Ok(text[9..12].iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// `field-name ":" OWS field-value OWS`, RFC 9112 section 5.
fn field_line(text: &[u8], at: usize) -> Result<FieldLine, Malformed> {
    let wrong = |offset: usize, fault| Err(Malformed { at: at + offset, fault });
    if text[0] == b' ' || text[0] == b'\t' {
        return wrong(0, HttpFault::FoldedLine);
    }
    let Some(colon) = memchr::memchr(b':', text) else {
        return wrong(text.len(), HttpFault::NoColon);
    };
    if let Some(bad) = text[..colon].iter().position(|byte| !is_token_byte(*byte)) {
        let fault = if text[bad] == b' ' { HttpFault::SpaceInName } else { HttpFault::NameNotToken };
        return wrong(bad, fault);
    }
    if colon == 0 {
        return wrong(0, HttpFault::NoName);
    }
    let value = &text[colon + 1..];
    if let Some(bad) = value.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return wrong(colon + 1 + bad, HttpFault::ControlInValue);
    }
    Ok(FieldLine {
        name: String::from_utf8_lossy(&text[..colon]).into_owned(),
        value: value.trim_ascii().to_vec(),
        at,
        len: text.len(),
    })
}

/// Decodes a chunked body at the start of `bytes`: its content, and its length as sent. `None` while it is not
/// complete (RFC 9112 section 7.1).
///
/// # Errors
/// The first byte that cannot be a chunked body.
pub(crate) fn chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
    let mut content = Vec::new();
    let mut at = 0;
    loop {
        let Some((text, data)) = line(bytes, at, at + LONGEST_CHUNK_LINE, HttpFault::ChunkLineTooLong)? else {
            return Ok(None);
        };
        let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = std::str::from_utf8(&text[..digits]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(size) = size.filter(|_| matches!(text.get(digits), None | Some(b';'))) else {
            return Err(Malformed { at: at + digits, fault: HttpFault::ChunkSize });
        };
        if size == 0 {
            at = data;
            break;
        }
        let end = data.saturating_add(size);
        let tail = bytes.get(end..).unwrap_or_default();
        if let Some(bad) = tail.iter().zip(b"\r\n").position(|(byte, want)| byte != want) {
            return Err(Malformed { at: end + bad, fault: HttpFault::ChunkTooLong });
        }
        if tail.len() < 2 {
            return Ok(None);
        }
        content.extend_from_slice(&bytes[data..end]);
        at = end + 2;
    }
    loop {
        let start = at;
        let Some((text, next)) = line(bytes, start, start + LONGEST_HEAD, HttpFault::HeadTooLong)? else {
            return Ok(None);
        };
        at = next;
        if text.is_empty() {
            return Ok(Some((content, at)));
        }
        field_line(text, start)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drives the head parser whole and byte by byte: what it says must not depend on the cuts.
    fn both(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
        let whole = head(bytes);
        let first = (0..=bytes.len()).map(|end| head(&bytes[..end])).find(|result| *result != Ok(None));
        assert_eq!(first.unwrap_or(Ok(None)), whole, "{:?}", String::from_utf8_lossy(bytes));
        whole
    }

    #[test]
    fn a_head_is_parsed() {
        let bytes = b"HTTP/1.1 404 Not Found\r\nA: b\r\nc-D:\t e f \t\r\n\r\n";
        let head = both(bytes).unwrap().unwrap();
        assert_eq!((head.status, head.len), (404, bytes.len()));
        assert_eq!(head.line, b"HTTP/1.1 404 Not Found");
        let fields: Vec<_> = head.fields.iter().map(|f| (f.name.as_str(), f.value.as_slice(), f.at)).collect();
        assert_eq!(fields, [("A", b"b".as_slice(), 24), ("c-D", b"e f", 30)]);
        assert_eq!(head.all("C-d").count(), 1);
    }

    #[test]
    fn a_head_without_its_end_is_waited_for() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        for end in 0..bytes.len() {
            assert_eq!(head(&bytes[..end]), Ok(None));
        }
    }

    #[test]
    fn what_is_no_head_is_located() {
        for (bytes, at, fault) in [
            ("HTTP/1.1 200 OK\n\r\n", 15, HttpFault::LoneLf),
            ("HTTP/1.1 200 OK\r\nA: b\n\r\n", 21, HttpFault::LoneLf),
            ("HTTP/1.1 200 OK\r\n\n", 17, HttpFault::LoneLf),
            ("HTTP/1.1 200 OK\rA: b\r\n\r\n", 15, HttpFault::LoneCr),
            ("HTTP/1.1 200\r\n\r\n", 12, HttpFault::NoSpaceAfterStatus),
            ("HTTP/1.1  200 OK\r\n\r\n", 9, HttpFault::StatusNotThreeDigits),
            ("http/1.1 200 OK\r\n\r\n", 0, HttpFault::NotHttp),
            ("\r\nHTTP/1.1 200 OK\r\n\r\n", 0, HttpFault::NotHttp),
            ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 17, HttpFault::FoldedLine),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 18, HttpFault::SpaceInName),
            ("HTTP/1.1 200 OK\r\nA\r\n\r\n", 18, HttpFault::NoColon),
            ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", 17, HttpFault::NoName),
            ("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", 21, HttpFault::ControlInValue),
        ] {
            assert_eq!(both(bytes.as_bytes()), Err(Malformed { at, fault }), "{bytes:?}");
        }
        let endless = vec![b'A'; LONGEST_HEAD + 1];
        assert_eq!(head(&endless), Err(Malformed { at: 0, fault: HttpFault::HeadTooLong }));
    }

    #[test]
    fn framing_follows_the_rules_in_order() {
        let framing = |text: &str, to_head| {
            head(format!("HTTP/1.1 {text}\r\n\r\n").as_bytes())
                .unwrap()
                .unwrap()
                .framing(to_head)
                .map_err(|wrong| wrong.fault)
        };
        assert_eq!(framing("200 OK", false), Ok(Framing::UntilEnd));
        assert_eq!(framing("200 OK\r\ncontent-length: 5", false), Ok(Framing::Length(5)));
        assert_eq!(framing("200 OK\r\nContent-Length: 5", true), Ok(Framing::NoBody));
        assert_eq!(framing("304 Not Modified\r\nContent-Length: 5", false), Ok(Framing::NoBody));
        assert_eq!(framing("204 No Content", false), Ok(Framing::NoBody));
        assert_eq!(framing("200 OK\r\nTransfer-Encoding: Chunked", false), Ok(Framing::Chunked));
        for (text, fault) in [
            ("200 OK\r\nContent-Length: 5\r\nContent-Length: 5", HttpFault::LengthTwice),
            ("200 OK\r\nContent-Length: +5", HttpFault::LengthNotNumber),
            ("200 OK\r\nContent-Length: ", HttpFault::LengthNotNumber),
            ("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", HttpFault::LengthAndCoding),
            ("200 OK\r\nTransfer-Encoding: gzip", HttpFault::UnknownCoding),
            ("204 No Content\r\nContent-Length: 0", HttpFault::LengthWithoutContent),
            ("100 Continue\r\nTransfer-Encoding: chunked", HttpFault::CodingWithoutContent),
        ] {
            assert_eq!(framing(text, false), Err(fault), "{text}");
        }
    }

    #[test]
    fn chunks_are_joined_whatever_the_cuts() {
        let bytes = b"3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: v\r\n\r\nrest";
        let end = bytes.len() - 4;
        for cut in 0..end {
            assert_eq!(chunked(&bytes[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(chunked(bytes), Ok(Some((b"abc0123456789".to_vec(), end))));
        for (bytes, at) in
            [("x\r\n", 0), ("3\nabc", 1), ("3\r\nabcd", 6), ("2 \r\nab\r\n", 1), ("\r\n", 0), ("0\r\nT\r\n\r\n", 4)]
        {
            assert_eq!(chunked(bytes.as_bytes()).unwrap_err().at, at, "{bytes:?}");
        }
        let endless = [b"3;".as_slice(), &vec![b'x'; LONGEST_CHUNK_LINE]].concat();
        assert_eq!(chunked(&endless), Err(Malformed { at: 0, fault: HttpFault::ChunkLineTooLong }));
    }
}
