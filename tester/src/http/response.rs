//! A parser of responses of the tester's own, strict where a client may be lenient: what a learner's program sends is
//! on trial here.

/// Longest head, in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Longest line of a chunk's size, in bytes.
const LONGEST_CHUNK_LINE: usize = 4 << 10;

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
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
pub struct FieldLine {
    /// The name as it was spelt.
    pub name: String,
    /// The value without the white space around it.
    pub value: Vec<u8>,
    /// Where the line begins, in bytes from the start of the response.
    pub at: usize,
    /// Length of the line without its CR LF, in bytes.
    pub len: usize,
}

/// Bytes that are no HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where, in bytes from the start of what was parsed.
    pub at: usize,
    /// What is wrong, as a sentence.
    pub what: String,
    /// The section that says so.
    pub section: &'static str,
}

/// How the end of a body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
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
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a FieldLine> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// How the body is framed. `to_head`: the request was HEAD.
    ///
    /// # Errors
    /// Framing fields that contradict each other or mean nothing.
    pub fn framing(&self, to_head: bool) -> Result<Framing, Malformed> {
        let wrong = |at: usize, what: &str, section| Err(Malformed { at, what: what.to_owned(), section });
        let coding = self.all("Transfer-Encoding").next();
        let mut length = None;
        for field in self.all("Content-Length") {
            let digits = std::str::from_utf8(&field.value)
                .ok()
                .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
            let Some(number) = digits.and_then(|text| text.parse::<u64>().ok()) else {
                return wrong(field.at, "Content-Length is not a decimal number", "RFC 9110 section 8.6");
            };
            if length.is_some() {
                return wrong(field.at, "Content-Length is sent twice", "RFC 9110 section 8.6");
            }
            if let Some(coding) = coding {
                return wrong(
                    coding.at.max(field.at),
                    "Content-Length and Transfer-Encoding are both sent",
                    "RFC 9112 section 6.2",
                );
            }
            length = Some((field.at, number));
        }
        if matches!(self.status, 100..=199 | 204) {
            // A 204 or 1xx with either field is malformed (RFC 9110 section 8.6, RFC 9112 section 6.1).
            return match (length, coding) {
                (Some((at, _)), _) => {
                    wrong(at, "a response with this status has no Content-Length", "RFC 9110 section 8.6")
                }
                (_, Some(coding)) => {
                    wrong(coding.at, "a response with this status has no Transfer-Encoding", "RFC 9112 section 6.1")
                }
                _ => Ok(Framing::NoBody),
            };
        }
        if to_head || self.status == 304 {
            return Ok(Framing::NoBody);
        }
        match (coding, length) {
            (Some(field), _) if field.value.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
            (Some(field), _) => {
                wrong(field.at, "Transfer-Encoding is something else than chunked", "RFC 9112 section 6.1")
            }
            (None, Some((_, length))) => Ok(Framing::Length(length)),
            (None, None) => Ok(Framing::UntilEnd),
        }
    }
}

/// Parses the head at the start of `bytes`; `None` while it is not complete.
///
/// # Errors
/// The first byte that cannot be HTTP, even if more is to come.
pub fn head(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let Some((first, mut at)) = line(bytes, 0, LONGEST_HEAD)? else {
        return Ok(None);
    };
    let status = status_line(first)?;
    let mut fields = Vec::new();
    loop {
        let start = at;
        let Some((text, next)) = line(bytes, start, LONGEST_HEAD)? else {
            return Ok(None);
        };
        at = next;
        if text.is_empty() {
            return Ok(Some(Head { line: first.to_vec(), status, fields, len: at }));
        }
        fields.push(field_line(text, start)?);
    }
}

/// The line that starts at `start`, and where the next one starts.
fn line(bytes: &[u8], start: usize, longest: usize) -> Result<Option<(&[u8], usize)>, Malformed> {
    let rest = &bytes[start..];
    let wrong = |at: usize, what: &str, section| Err(Malformed { at: start + at, what: what.to_owned(), section });
    let end = memchr::memchr(b'\n', rest);
    let searched = &rest[..end.unwrap_or(rest.len())];
    if let Some(cr) = memchr::memchr(b'\r', searched).filter(|cr| cr + 1 < searched.len()) {
        return wrong(cr, "a CR stands alone, without LF", "RFC 9112 section 2.2");
    }
    if start + searched.len() > longest {
        return wrong(0, "the head is longer than 64 KiB", "RFC 9110 section 5.4");
    }
    match end {
        None => Ok(None),
        Some(end) if end == 0 || rest[end - 1] != b'\r' => {
            wrong(end, "a line ends in LF alone, not in CR LF", "RFC 9112 section 2.2")
        }
        Some(end) => Ok(Some((&rest[..end - 1], start + end + 1))),
    }
}

/// `HTTP-version SP status-code SP [ reason-phrase ]`, RFC 9112 section 4.
fn status_line(text: &[u8]) -> Result<u16, Malformed> {
    let wrong = |at: usize, what: &str| Err(Malformed { at, what: what.to_owned(), section: "RFC 9112 section 4" });
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
                    0..=7 => "the response does not begin with HTTP/1.1",
                    8 => "there is no space after the version",
                    12 => {
                        "there is no space after the status code (it is needed even where the reason phrase is empty)"
                    }
                    _ => "the status code is not three digits",
                },
            );
        }
    }
    if let Some(at) = text.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return wrong(at, "a control character in the status line");
    }
    Ok(text[9..12].iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// `field-name ":" OWS field-value OWS`, RFC 9112 section 5.
fn field_line(text: &[u8], at: usize) -> Result<FieldLine, Malformed> {
    let wrong = |offset: usize, what: &str, section| Err(Malformed { at: at + offset, what: what.to_owned(), section });
    if text[0] == b' ' || text[0] == b'\t' {
        return wrong(0, "a line of the head begins with white space", "RFC 9112 section 5.2");
    }
    let Some(colon) = memchr::memchr(b':', text) else {
        return wrong(text.len(), "a line of the head has no colon, so it is no field", "RFC 9112 section 5");
    };
    if let Some(bad) = text[..colon].iter().position(|byte| !is_token_byte(*byte)) {
        let what = if text[bad] == b' ' {
            "white space in a field name, or before its colon"
        } else {
            "a character that no field name has"
        };
        return wrong(bad, what, "RFC 9112 section 5.1");
    }
    if colon == 0 {
        return wrong(0, "a field without a name", "RFC 9112 section 5.1");
    }
    let value = &text[colon + 1..];
    if let Some(bad) = value.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return wrong(colon + 1 + bad, "a control character in the value of a field", "RFC 9110 section 5.5");
    }
    Ok(FieldLine {
        name: String::from_utf8_lossy(&text[..colon]).into_owned(),
        value: value.trim_ascii().to_vec(),
        at,
        len: text.len(),
    })
}

/// Whether a token may contain the byte (`tchar`, RFC 9110 section 5.6.2).
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Decodes a chunked body at the start of `bytes`: its content, and its length as sent. `None` while it is not
/// complete (RFC 9112 section 7.1).
///
/// # Errors
/// The first byte that cannot be a chunked body.
pub fn chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
    const SECTION: &str = "RFC 9112 section 7.1";
    let mut content = Vec::new();
    let mut at = 0;
    loop {
        let Some((text, data)) = line(bytes, at, at + LONGEST_CHUNK_LINE)? else {
            return Ok(None);
        };
        let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = std::str::from_utf8(&text[..digits]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(size) = size.filter(|_| matches!(text.get(digits), None | Some(b';'))) else {
            return Err(Malformed {
                at: at + digits,
                what: "the size of a chunk is no hexadecimal number".to_owned(),
                section: SECTION,
            });
        };
        if size == 0 {
            at = data;
            break;
        }
        let end = data.saturating_add(size);
        let tail = bytes.get(end..).unwrap_or_default();
        if let Some(bad) = tail.iter().zip(b"\r\n").position(|(byte, want)| byte != want) {
            return Err(Malformed {
                at: end + bad,
                what: "a chunk is longer than its size says".to_owned(),
                section: SECTION,
            });
        }
        if tail.len() < 2 {
            return Ok(None);
        }
        content.extend_from_slice(&bytes[data..end]);
        at = end + 2;
    }
    loop {
        let start = at;
        let Some((text, next)) = line(bytes, start, start + LONGEST_HEAD)? else {
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
        for (bytes, at, what) in [
            ("HTTP/1.1 200 OK\n\r\n", 15, "LF alone"),
            ("HTTP/1.1 200 OK\r\nA: b\n\r\n", 21, "LF alone"),
            ("HTTP/1.1 200 OK\r\n\n", 17, "LF alone"),
            ("HTTP/1.1 200 OK\rA: b\r\n\r\n", 15, "CR stands alone"),
            ("HTTP/1.1 200\r\n\r\n", 12, "no space after the status code"),
            ("HTTP/1.1  200 OK\r\n\r\n", 9, "not three digits"),
            ("http/1.1 200 OK\r\n\r\n", 0, "does not begin with HTTP"),
            ("\r\nHTTP/1.1 200 OK\r\n\r\n", 0, "does not begin with HTTP"),
            ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 17, "begins with white space"),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 18, "before its colon"),
            ("HTTP/1.1 200 OK\r\nA\r\n\r\n", 18, "no colon"),
            ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", 17, "without a name"),
            ("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", 21, "control character"),
        ] {
            let wrong = both(bytes.as_bytes()).unwrap_err();
            assert_eq!(wrong.at, at, "{bytes:?}: {}", wrong.what);
            assert!(wrong.what.contains(what), "{bytes:?}: {}", wrong.what);
        }
        let endless = vec![b'A'; LONGEST_HEAD + 1];
        assert!(head(&endless).is_err());
    }

    #[test]
    fn framing_follows_the_rules_in_order() {
        let framing = |text: &str, to_head| {
            head(format!("HTTP/1.1 {text}\r\n\r\n").as_bytes())
                .unwrap()
                .unwrap()
                .framing(to_head)
                .map_err(|wrong| wrong.what)
        };
        assert_eq!(framing("200 OK", false), Ok(Framing::UntilEnd));
        assert_eq!(framing("200 OK\r\ncontent-length: 5", false), Ok(Framing::Length(5)));
        assert_eq!(framing("200 OK\r\nContent-Length: 5", true), Ok(Framing::NoBody));
        assert_eq!(framing("304 Not Modified\r\nContent-Length: 5", false), Ok(Framing::NoBody));
        assert_eq!(framing("204 No Content", false), Ok(Framing::NoBody));
        assert_eq!(framing("200 OK\r\nTransfer-Encoding: Chunked", false), Ok(Framing::Chunked));
        for (text, what) in [
            ("200 OK\r\nContent-Length: 5\r\nContent-Length: 5", "twice"),
            ("200 OK\r\nContent-Length: +5", "decimal"),
            ("200 OK\r\nContent-Length: ", "decimal"),
            ("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "both"),
            ("200 OK\r\nTransfer-Encoding: gzip", "else than chunked"),
            ("204 No Content\r\nContent-Length: 0", "no Content-Length"),
            ("100 Continue\r\nTransfer-Encoding: chunked", "no Transfer-Encoding"),
        ] {
            assert!(framing(text, false).unwrap_err().contains(what), "{text}");
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
    }
}
