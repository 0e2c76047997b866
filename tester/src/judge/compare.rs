//! The comparison of a response with what a transcript expects: the one place that says what "exact" means.
//!
//! Three classes. An *error* fails always. A *deviation* fails by default and is noted under `--compat`. What is
//! *fine* is not mentioned; [`latitude`] says what is.

use std::io::Read as _;

use crate::{
    http::{response::Head, sent::Sent},
    judge::{
        difference::{Difference, FieldFault, GzipFault, Mismatch},
        latitude,
        sides::{End, Expected, Pattern, Received, Situation},
    },
    transcript::{BodyRule, Contains, FieldRule},
};

/// The result of a comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    /// The differences, in the order of the response.
    pub differences: Vec<Difference>,
    /// The parts that were to be remembered.
    pub captured: Vec<(String, Vec<u8>)>,
}

/// Compares a response with what is expected.
pub(crate) fn judge(expected: &Expected, received: &Received, situation: Situation) -> Comparison {
    let mut verdict = judge_head(expected, &received.head);
    if length_fits_another_body(expected, received) {
        verdict.differences.retain(|difference| !difference.what.is_field("Content-Length", FieldFault::Value));
    }
    unlisted(expected, received, situation, &mut verdict.differences);
    verdict.differences.extend(body(expected, received, situation));
    verdict
}

/// Checks whether Content-Length is right for the body that came, and the body is what differs. Not so if the body is
/// the beginning of what is expected: then it may be the length that cut it.
fn length_fits_another_body(expected: &Expected, received: &Received) -> bool {
    let BodyRule::Is(want) = &expected.body else { return false };
    let got = &received.content;
    received.end == End::Framed && got != want && (got.is_empty() || !want.starts_with(got))
}

/// Compares status line and listed fields.
pub(crate) fn judge_head(expected: &Expected, head: &Head) -> Comparison {
    let mut verdict = Comparison::default();
    verdict.differences.extend(status_line(expected, head));
    for (name, rule) in &expected.fields {
        match field(name, rule, head) {
            Ok(captured) => verdict.captured.extend(captured),
            Err(difference) => verdict.differences.push(difference),
        }
    }
    verdict
}

/// The status line, byte by byte (RFC 9112 section 4). `HTTP/1.1` is expected although a recipient may be told any
/// minor version (RFC 9110 section 2.5): it is what the pages show.
fn status_line(expected: &Expected, head: &Head) -> Option<Difference> {
    let rest = head.line.get(13..).unwrap_or_default();
    let status = expected.statuses.iter().find(|status| **status == head.status);
    let reason = expected.reason.as_deref().is_none_or(|reason| reason == rest);
    if head.line.starts_with(b"HTTP/1.1 ") && status.is_some() && reason {
        return None;
    }
    // If several would do, the first is shown.
    let shown = status.or(expected.statuses.first()).copied().unwrap_or_default();
    let mut line = format!("HTTP/1.1 {shown} ").into_bytes();
    let any = if status.is_some() { rest } else { b"(any reason)" };
    line.extend_from_slice(expected.reason.as_deref().unwrap_or(any));
    line.extend_from_slice(b"\r\n");
    let what = match status {
        Some(_) => Mismatch::StatusLine,
        None => Mismatch::Status { wanted: expected.statuses.clone(), got: head.status },
    };
    Some(Difference::new(what, line, [&head.line[..], b"\r\n"].concat()))
}

/// A listed field. Gives the part of its value that is to be remembered.
fn field(name: &str, rule: &FieldRule<Pattern>, head: &Head) -> Result<Option<(String, Vec<u8>)>, Difference> {
    let found: Vec<_> = head.all(name).map(|field| field.value.as_slice()).collect();
    let line = |value: &[u8]| [name.as_bytes(), b": ", value, b"\r\n"].concat();
    let wrong = |fault, expected: Vec<u8>, received: Vec<u8>| {
        Err(Difference::new(Mismatch::Field { name: name.to_owned(), fault }, expected, received))
    };
    let value = match (found.as_slice(), rule) {
        ([], FieldRule::Absent | FieldRule::Maybe(_)) => return Ok(None),
        ([], FieldRule::Any) => return wrong(FieldFault::Missing, line(b"(any value)"), b"\r\n".to_vec()),
        ([], FieldRule::OneOf(patterns)) => {
            let value = patterns.first().map(Pattern::shown).unwrap_or_default();
            return wrong(FieldFault::Missing, line(&value), b"\r\n".to_vec());
        }
        ([first, ..], FieldRule::Absent) => {
            return wrong(FieldFault::Forbidden { empty: first.is_empty() }, Vec::new(), line(first));
        }
        // A field that is no list is sent once (RFC 9110 section 5.3).
        ([first, _, ..], _) => {
            let all = found.iter().flat_map(|value| line(value)).collect();
            return wrong(FieldFault::Repeated(found.len()), line(first), all);
        }
        ([one], _) => *one,
    };
    let patterns = match rule {
        FieldRule::OneOf(patterns) | FieldRule::Maybe(patterns) if !patterns.is_empty() => patterns,
        _ => return Ok(None),
    };
    for pattern in patterns {
        if let Some(captured) = pattern.matches(value) {
            return Ok(pattern.capture.clone().map(|name| (name, captured)));
        }
    }
    let mut fixed = patterns.iter().filter(|pattern| pattern.capture.is_none());
    if fixed.clone().any(|pattern| latitude::is_same_list(name, &pattern.before, value)) {
        return Ok(None);
    }
    // Media types, codings and connection options are compared without case (RFC 9110 sections 8.3.1, 8.4.1, 7.6.1),
    // but the pages show one spelling.
    let case = fixed.find(|pattern| pattern.before.eq_ignore_ascii_case(value));
    let nearest = case.or(patterns.first()).map(Pattern::shown).unwrap_or_default();
    let fault = if case.is_some() { FieldFault::Case } else { FieldFault::Value };
    wrong(fault, line(&nearest), line(value))
}

/// Fields that the transcript does not list.
fn unlisted(expected: &Expected, received: &Received, situation: Situation, differences: &mut Vec<Difference>) {
    for field in &received.head.fields {
        let (name, value) = (field.name.as_str(), field.value.as_slice());
        if expected.fields.iter().any(|(listed, _)| listed.eq_ignore_ascii_case(name))
            || latitude::allows_field(name, value, expected, received, situation)
        {
            continue;
        }
        let closes = name.eq_ignore_ascii_case("Connection") && value.eq_ignore_ascii_case(b"close");
        let what = if closes {
            Mismatch::CloseOnPersistent
        } else {
            Mismatch::Field { name: name.to_owned(), fault: FieldFault::Unlisted }
        };
        differences.push(Difference::new(what, b"\r\n", [name.as_bytes(), b": ", value, b"\r\n"].concat()));
    }
}

fn body(expected: &Expected, received: &Received, situation: Situation) -> Option<Difference> {
    let content = &received.content;
    let want: &[u8] = match &expected.body {
        BodyRule::Is(bytes) => bytes,
        _ => b"",
    };
    match &received.end {
        End::Malformed(wrong) => return Some(Difference::malformed(wrong.fault, wrong.at, want, content)),
        End::Short { length, ended } => {
            let what = Mismatch::BodyShort { promised: *length, came: content.len(), ended: *ended };
            return Some(Difference::new(what, want, content.clone()));
        }
        // Without a length nobody knows where the next response begins (RFC 9112 section 6.3, number 8).
        End::Undelimited if situation.persistent => {
            let length = if want.is_empty() { content.len() } else { want.len() };
            let line = format!("Content-Length: {length}\r\n");
            return Some(Difference::new(Mismatch::BodyUndelimited, line, b"\r\n"));
        }
        End::Framed | End::Undelimited => {}
    }
    match &expected.body {
        BodyRule::Any => None,
        BodyRule::None if content.is_empty() => None,
        BodyRule::None => Some(Difference::new(Mismatch::BodyUnlisted, b"", content.clone())),
        BodyRule::Is(want) if want == content => None,
        BodyRule::Is(want) => Some(Difference::new(Mismatch::Body, want.clone(), content.clone())),
        BodyRule::Gzip(want) => gzip(want, content),
        BodyRule::Contains(all) => all.iter().find_map(|contains| contains.judge(content)),
    }
}

impl Contains<Vec<u8>> {
    /// Finds what is wrong with a body, as far as this text goes.
    fn judge(&self, content: &[u8]) -> Option<Difference> {
        let found = self.texts.iter().find_map(|text| Some((text, memchr::memmem::find(content, text)?)));
        let (what, at) = match (self.absent, found) {
            (false, Some(_)) | (true, None) => return None,
            (false, None) => (Mismatch::Lacks(self.texts.clone()), 0),
            (true, Some((text, at))) => (Mismatch::Holds(text.clone()), at),
        };
        Some(Difference { what, expected: Vec::new(), received: content.to_vec(), at })
    }
}

/// The body must be one gzip member (RFC 1952 section 2.2) with nothing after it, and hold `want`.
fn gzip(want: &[u8], content: &[u8]) -> Option<Difference> {
    let mut decoder = flate2::bufread::GzDecoder::new(content);
    let mut decoded = Vec::new();
    // A bomb is cut off: one byte more than wanted is enough to differ.
    let result = (&mut decoder).take(want.len() as u64 + 1).read_to_end(&mut decoded);
    if let Err(error) = result {
        return Some(Difference::new(Mismatch::Gzip(GzipFault::Invalid(error.to_string())), b"\x1f\x8b", content));
    }
    if decoded != want {
        return Some(Difference::new(Mismatch::Gzip(GzipFault::Content), want, decoded));
    }
    let rest = decoder.into_inner();
    (!rest.is_empty()).then(|| Difference::new(Mismatch::Gzip(GzipFault::Trailing), b"", rest))
}

/// Bytes after the end of a message (RFC 9112 section 6.3: they would begin the next response). The public challenge
/// does not look at them: noted under `--compat`. `requested`: something had been sent.
pub(crate) fn surplus(bytes: &[u8], requested: bool) -> Difference {
    Difference::new(Mismatch::Surplus { count: bytes.len(), requested }, b"", bytes)
}

/// An interim response that the page does not show, which a client can skip (RFC 9110 section 15.2); `None` where it may
/// come. `sent` is what the client has sent.
pub(crate) fn interim(head: &Head, sent: &Sent) -> Option<Difference> {
    let line = [&head.line[..], b"\r\n"].concat();
    (!latitude::allows_interim(head, sent)).then(|| Difference::new(Mismatch::Interim(head.status), b"", line))
}

#[cfg(test)]
mod tests;
