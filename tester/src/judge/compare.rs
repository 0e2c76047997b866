//! What "exact" means: the one place that compares a response with what a transcript asks, and where each latitude
//! is written down with the section that grants it.
//!
//! Three classes. An *error* fails always. A *deviation* fails by default and is noted under `--compat`. What is
//! *fine* is not mentioned: the order of fields (RFC 9110 section 5.3), the case of their names (RFC 9110 section
//! 5.1), white space around values (RFC 9110 section 5.5), the encoder's choice of gzip bytes (RFC 1952 section 2.3).

use std::io::Read as _;

use crate::http::response::{Head, Malformed};

/// Fields that a response may carry without being asked, and the section that defines each.
const HARMLESS: [(&str, &str); 9] = [
    ("Date", "RFC 9110 section 6.6.1"),
    ("Server", "RFC 9110 section 10.2.4"),
    ("Keep-Alive", "RFC 9112 appendix C.2.2"),
    ("Vary", "RFC 9110 section 12.5.5"),
    ("ETag", "RFC 9110 section 8.8.3"),
    ("Last-Modified", "RFC 9110 section 8.8.2"),
    ("Accept-Ranges", "RFC 9110 section 14.3"),
    ("Allow", "RFC 9110 section 10.2.1"),
    ("Cache-Control", "RFC 9111 section 5.2"),
];

/// Fields whose value is a list in which the order means nothing, and the section that says what it lists.
const UNORDERED: [(&str, &str); 3] = [
    ("Allow", "RFC 9110 section 10.2.1"),
    ("Connection", "RFC 9110 section 7.6.1"),
    ("Vary", "RFC 9110 section 12.5.5"),
];

/// What a transcript asks of a message, with its values filled in.
#[derive(Clone, Debug)]
pub struct Expected {
    /// One of these statuses.
    pub statuses: Vec<u16>,
    /// The reason phrase; `None` for any.
    pub reason: Option<Vec<u8>>,
    /// The fields listed.
    pub fields: Vec<(String, Asked)>,
    /// The body.
    pub body: Body,
}

/// What is asked of a field.
#[derive(Clone, Debug)]
pub enum Asked {
    /// It must not be there.
    Absent,
    /// Any value.
    Any,
    /// One of these.
    OneOf(Vec<Pattern>),
    /// Nothing, or one of these; any value, where none is named.
    Maybe(Vec<Pattern>),
}

/// A value, or a value with a part that is remembered.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    /// The value, or what stands before the part.
    pub before: Vec<u8>,
    /// The name of the part.
    pub capture: Option<String>,
    /// What stands after it.
    pub after: Vec<u8>,
}

/// What is asked of a body.
#[derive(Clone, Debug)]
pub enum Body {
    /// There is none.
    None,
    /// Any, or none.
    Any,
    /// These bytes.
    Bytes(Vec<u8>),
    /// gzip of these bytes.
    Gzip(Vec<u8>),
    /// Any in which these texts stand, or do not.
    Holds(Vec<Held>),
}

/// A text that is looked for in a body.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whether it must not stand there.
    pub absent: bool,
    /// The texts, one of which is meant.
    pub texts: Vec<Vec<u8>>,
}

/// A response as it was read.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its head.
    pub head: Head,
    /// Its content: the body without its framing.
    pub content: Vec<u8>,
    /// How the body ended.
    pub end: End,
}

/// How a body ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Where its framing says.
    Framed,
    /// With the connection, or in silence: nothing says how long it is.
    Undelimited,
    /// Before its framing says.
    Short {
        /// The length that Content-Length names, in bytes; `None` where the last chunk is missing.
        length: Option<u64>,
        /// Whether the connection ended, rather than the tester's patience.
        ended: bool,
    },
    /// In bytes that are no HTTP.
    Malformed(Malformed),
}

/// What the tester knows about the connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation {
    /// The connection is used again, or must be open.
    pub persistent: bool,
    /// The request was HEAD.
    pub to_head: bool,
}

/// How bad a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Fails always.
    Error,
    /// Fails by default, is noted under `--compat`.
    Deviation,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How bad it is.
    pub class: Class,
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
    /// What should have come: a line, or a body.
    pub expected: Vec<u8>,
    /// What came in its place.
    pub received: Vec<u8>,
    /// The first byte of `received` that differs.
    pub at: usize,
    /// Whether it is that something did not come in time.
    pub late: bool,
}

/// What a comparison finds.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The differences, in the order of the response.
    pub differences: Vec<Difference>,
    /// The parts that were to be remembered.
    pub captured: Vec<(String, Vec<u8>)>,
}

impl Difference {
    /// A difference between two texts.
    pub fn new(
        class: Class,
        what: impl Into<String>,
        expected: impl Into<Vec<u8>>,
        received: impl Into<Vec<u8>>,
    ) -> Difference {
        let (expected, received) = (expected.into(), received.into());
        let at = first_difference(&expected, &received);
        Difference { class, what: what.into(), expected, received, at, late: false }
    }
}

/// The index of the first byte in which the two differ, or the length of the shorter one.
pub fn first_difference(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()))
}

/// Compares a response with what is asked.
pub fn judge(expected: &Expected, received: &Received, situation: Situation) -> Verdict {
    let mut verdict = judge_head(expected, &received.head);
    if length_fits_another_body(expected, received) {
        verdict.differences.retain(|difference| difference.what != WRONG_LENGTH);
    }
    unlisted(expected, received, situation, &mut verdict.differences);
    body(expected, received, situation, &mut verdict.differences);
    verdict
}

/// What is said of a Content-Length that differs.
const WRONG_LENGTH: &str = "The field Content-Length has another value";

/// Whether Content-Length is right for the body that came, and the body is what differs. Not so if the body is the
/// beginning of what is asked: then it may be the length that cut it.
fn length_fits_another_body(expected: &Expected, received: &Received) -> bool {
    let Body::Bytes(want) = &expected.body else { return false };
    let got = &received.content;
    received.end == End::Framed && got != want && (got.is_empty() || !want.starts_with(got))
}

/// Compares status line and listed fields.
pub fn judge_head(expected: &Expected, head: &Head) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.differences.extend(status_line(expected, head));
    for (name, asked) in &expected.fields {
        listed(name, asked, head, &mut verdict);
    }
    verdict
}

/// The status line, byte by byte (RFC 9112 section 4). `HTTP/1.1` is asked for although a recipient may be told any
/// minor version (RFC 9110 section 2.5): it is what the pages show.
fn status_line(expected: &Expected, head: &Head) -> Option<Difference> {
    let rest = head.line.get(13..).unwrap_or_default();
    let status = expected.statuses.iter().find(|status| **status == head.status);
    let reason = expected.reason.as_deref().is_none_or(|reason| reason == rest);
    if head.line.starts_with(b"HTTP/1.1 ") && status.is_some() && reason {
        return None;
    }
    // Where several would do, the expectation that is nearest is shown.
    let shown = status.or(expected.statuses.first()).copied().unwrap_or_default();
    let mut line = format!("HTTP/1.1 {shown} ").into_bytes();
    let any = if status.is_some() { rest } else { b"(any reason)" };
    line.extend_from_slice(expected.reason.as_deref().unwrap_or(any));
    line.extend_from_slice(b"\r\n");
    let what = match (status, expected.statuses.len()) {
        (Some(_), _) => "The status line differs".to_owned(),
        (None, 1) => format!("The status is {}, not {shown}", head.status),
        (None, _) => {
            let all: Vec<_> = expected.statuses.iter().map(u16::to_string).collect();
            format!("The status is {}, not one of {}", head.status, all.join(", "))
        }
    };
    Some(Difference::new(Class::Error, what, line, [&head.line[..], b"\r\n"].concat()))
}

fn listed(name: &str, asked: &Asked, head: &Head, verdict: &mut Verdict) {
    let found: Vec<_> = head.all(name).collect();
    let line = |value: &[u8]| [name.as_bytes(), b": ", value, b"\r\n"].concat();
    let mut error = |class, what: String, expected: Vec<u8>, received: Vec<u8>| {
        verdict.differences.push(Difference::new(class, what, expected, received));
    };
    let (first, patterns) = match (found.as_slice(), asked) {
        ([], Asked::Absent | Asked::Maybe(_)) | ([_], Asked::Any) => return,
        ([_], Asked::Maybe(patterns)) if patterns.is_empty() => return,
        ([], Asked::Any) => {
            return error(Class::Error, format!("The field {name} is missing"), line(b"(any value)"), b"\r\n".to_vec());
        }
        ([], Asked::OneOf(patterns)) => {
            let value = patterns.first().map(Pattern::shown).unwrap_or_default();
            return error(Class::Error, format!("The field {name} is missing"), line(&value), b"\r\n".to_vec());
        }
        ([first, ..], Asked::Absent) => {
            // A list without members says nothing (RFC 9110 section 5.6.1).
            let class = if first.value.is_empty() { Class::Deviation } else { Class::Error };
            return error(class, format!("The field {name} must not be there"), Vec::new(), line(&first.value));
        }
        // A field that is no list is sent once (RFC 9110 section 5.3).
        ([first, _, ..], _) => {
            let all: Vec<u8> = found.iter().flat_map(|field| line(&field.value)).collect();
            return error(
                Class::Error,
                format!("The field {name} is sent {} times", found.len()),
                line(&first.value),
                all,
            );
        }
        ([first], Asked::OneOf(patterns) | Asked::Maybe(patterns)) => (first, patterns),
    };
    for pattern in patterns {
        if let Some(captured) = pattern.matches(&first.value) {
            verdict.captured.extend(pattern.capture.clone().map(|name| (name, captured)));
            return;
        }
    }
    let same =
        patterns.iter().any(|pattern| pattern.capture.is_none() && same_list(name, &pattern.before, &first.value));
    if same {
        return;
    }
    let case =
        patterns.iter().find(|pattern| pattern.capture.is_none() && pattern.before.eq_ignore_ascii_case(&first.value));
    let nearest = case.or(patterns.first()).map(Pattern::shown).unwrap_or_default();
    // Media types, codings and connection options are compared without case (RFC 9110 sections 8.3.1, 8.4.1, 7.6.1),
    // but the pages show one spelling.
    let (class, what) = match case {
        Some(_) => (Class::Deviation, format!("The value of {name} differs in upper and lower case")),
        None => (Class::Error, format!("The field {name} has another value")),
    };
    error(class, what, line(&nearest), line(&first.value));
}

fn same_list(name: &str, expected: &[u8], received: &[u8]) -> bool {
    let members = |value: &[u8]| {
        let mut members: Vec<_> = value
            .split(|byte| *byte == b',')
            .map(|member| member.trim_ascii().to_vec())
            .filter(|member| !member.is_empty())
            .collect();
        members.sort();
        members
    };
    UNORDERED.iter().any(|(unordered, _)| unordered.eq_ignore_ascii_case(name))
        && members(expected) == members(received)
}

impl Pattern {
    /// What is captured (nothing, where nothing is to be); `None` if the value does not match.
    fn matches(&self, value: &[u8]) -> Option<Vec<u8>> {
        if self.capture.is_none() {
            return (self.before == value).then(Vec::new);
        }
        let rest = value.strip_prefix(self.before.as_slice())?;
        rest.strip_suffix(self.after.as_slice()).filter(|part| !part.is_empty()).map(<[u8]>::to_vec)
    }

    fn shown(&self) -> Vec<u8> {
        let any: &[u8] = if self.capture.is_some() { b"(any value)" } else { b"" };
        [&self.before, any, &self.after].concat()
    }
}

/// Fields that the transcript does not list.
fn unlisted(expected: &Expected, received: &Received, situation: Situation, differences: &mut Vec<Difference>) {
    let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
    let empty = received.content.is_empty();
    let may_have_body = !matches!(expected.body, Body::None);
    for field in &received.head.fields {
        let name = field.name.as_str();
        if expected.fields.iter().any(|(listed, _)| is(listed, name)) {
            continue;
        }
        let value = field.value.as_slice();
        let fine = HARMLESS.iter().any(|(harmless, _)| is(harmless, name))
            // The default of HTTP/1.1, said aloud (RFC 9112 section 9.3).
            || (is(name, "Connection") && value.eq_ignore_ascii_case(b"keep-alive"))
            // A server may close whenever it says so (RFC 9112 section 9.6), unless the stage is about persistence.
            || (is(name, "Connection") && value.eq_ignore_ascii_case(b"close") && !situation.persistent)
            // The length of nothing (RFC 9110 section 8.6), or what the length would be (sections 9.3.2 and 15.4.5).
            || (is(name, "Content-Length") && (value == b"0" || situation.to_head || received.head.status == 304))
            // Content may say what it is, and the type of nothing is harmless (RFC 9110 section 8.3).
            || (is(name, "Content-Type") && (empty || may_have_body))
            // Framing of a body whose framing the transcript leaves open (RFC 9112 section 6).
            || ((is(name, "Content-Length") || is(name, "Transfer-Encoding")) && !empty && frames_freely(expected));
        if !fine {
            let line = [name.as_bytes(), b": ", value, b"\r\n"].concat();
            let what = match is(name, "Connection") && value.eq_ignore_ascii_case(b"close") {
                true => "The answer says `Connection: close`, but the connection is to stay open".to_owned(),
                false => format!("The field {name} is not on the page"),
            };
            differences.push(Difference::new(Class::Deviation, what, b"\r\n", line));
        }
    }
}

/// Whether there may be a body, and the transcript says nothing of its length.
fn frames_freely(expected: &Expected) -> bool {
    // A body where the page shows none is a difference of its own; its framing fields are no second one.
    !expected.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Length"))
}

fn body(expected: &Expected, received: &Received, situation: Situation, differences: &mut Vec<Difference>) {
    let content = &received.content;
    let want: &[u8] = match &expected.body {
        Body::Bytes(bytes) => bytes,
        _ => b"",
    };
    match &received.end {
        End::Malformed(wrong) => {
            differences.push(malformed(wrong, &received.content, want));
            return;
        }
        End::Short { length, ended } => {
            let promised = match length {
                Some(length) => format!("Content-Length says {length} bytes"),
                None => "the last chunk is missing".to_owned(),
            };
            let how = if *ended { "the connection ended" } else { "no more came" };
            let what = format!("The body is not whole: {promised}, {how} after {}", content.len());
            let difference = Difference::new(Class::Error, what, want, content.clone());
            differences.push(Difference { late: !ended, ..difference });
            return;
        }
        // Without a length nobody knows where the next response begins (RFC 9112 section 6.3, number 8).
        End::Undelimited if situation.persistent => {
            differences.push(Difference::new(
                Class::Error,
                "The response has neither Content-Length nor chunked framing, so on a connection that stays open its end cannot be found",
                format!("Content-Length: {}\r\n", if want.is_empty() { content.len() } else { want.len() }),
                b"\r\n",
            ));
            return;
        }
        End::Framed | End::Undelimited => {}
    }
    match &expected.body {
        Body::Any => {}
        Body::None if content.is_empty() => {}
        Body::None => differences.push(Difference::new(
            Class::Deviation,
            "There is a body where the page shows none",
            b"",
            content.clone(),
        )),
        Body::Bytes(want) if want == content => {}
        Body::Bytes(want) => {
            differences.push(Difference::new(Class::Error, "The body differs", want.clone(), content.clone()));
        }
        Body::Gzip(want) => differences.extend(gzip(want, content)),
        Body::Holds(all) => differences.extend(all.iter().find_map(|held| held.judge(content))),
    }
}

/// What is said of a body that lacks a text, and of one with a text that must not be there.
pub(crate) const LACKS: &str = "The body lacks the text";
pub(crate) const HOLDS: &str = "The body must not hold the text";

impl Held {
    /// What is wrong with a body, as far as this text goes.
    fn judge(&self, content: &[u8]) -> Option<Difference> {
        let found = self.texts.iter().find_map(|text| Some((text, memchr::memmem::find(content, text)?)));
        let (what, at) = match (self.absent, found) {
            (false, Some(_)) | (true, None) => return None,
            (false, None) => {
                let texts: Vec<_> = self.texts.iter().map(|text| format!("`{}`", text.escape_ascii())).collect();
                (format!("{LACKS} {}", texts.join(" or ")), 0)
            }
            (true, Some((text, at))) => (format!("{HOLDS} `{}`", text.escape_ascii()), at),
        };
        Some(Difference { at, ..Difference::new(Class::Error, what, b"", content) })
    }
}

/// The body must be one gzip member (RFC 1952 section 2.2) with nothing after it, and hold `want`.
fn gzip(want: &[u8], content: &[u8]) -> Option<Difference> {
    let mut decoder = flate2::bufread::GzDecoder::new(content);
    let mut decoded = Vec::new();
    // A bomb is cut off: one byte more than wanted is enough to differ.
    let result = (&mut decoder).take(want.len() as u64 + 1).read_to_end(&mut decoded);
    if let Err(error) = result {
        return Some(Difference::new(Class::Error, format!("The body is not gzip ({error})"), b"\x1f\x8b", content));
    }
    if decoded != want {
        return Some(Difference::new(Class::Error, "The body, decompressed, differs", want, decoded));
    }
    let rest = decoder.into_inner();
    (!rest.is_empty())
        .then(|| Difference::new(Class::Error, "There are bytes after the end of the gzip data", b"", rest))
}

/// Bytes that are no HTTP, as a difference.
pub fn malformed(wrong: &Malformed, received: &[u8], expected: &[u8]) -> Difference {
    Difference {
        class: Class::Error,
        what: format!("This is not HTTP: {} ({})", wrong.what, wrong.section),
        expected: expected.to_vec(),
        received: received.to_vec(),
        at: wrong.at,
        late: false,
    }
}

/// Bytes after the end of a message (RFC 9112 section 6.3: they would begin the next response). The public challenge
/// does not look at them: `noted` under `--compat`.
pub fn surplus(bytes: &[u8], asked: bool) -> Difference {
    let (count, plural) = (bytes.len(), if bytes.len() == 1 { "" } else { "s" });
    let what = match asked {
        true => format!("{count} more byte{plural} after the end of the response"),
        false => format!("{count} byte{plural} before any request"),
    };
    Difference::new(Class::Deviation, what, b"", bytes)
}

/// A connection that ended by a reset where a plain close is asked for: the last bytes may be lost on the way (RFC
/// 9112 section 9.6).
pub fn reset() -> Difference {
    Difference::new(Class::Deviation, "The connection was reset, not closed", b"", b"")
}

/// An interim response that the page does not show. A client can skip it (RFC 9110 section 15.2); and to one that has
/// offered to wait for `100 Continue`, that may be said even if it has not waited (RFC 9110 section 10.1.1). `sent` is what
/// the client has sent.
pub fn interim(head: &Head, sent: &[u8]) -> Option<Difference> {
    let sent = sent.to_ascii_lowercase();
    let has = |text: &[u8]| memchr::memmem::find(&sent, text).is_some();
    if head.status == 100 && has(b"\r\nexpect: 100-continue\r\n") && !has(b" http/1.0\r\n") {
        return None;
    }
    let what = format!("An interim response ({}) that the page does not show", head.status);
    Some(Difference::new(Class::Deviation, what, b"", [&head.line[..], b"\r\n"].concat()))
}

#[cfg(test)]
mod tests;
