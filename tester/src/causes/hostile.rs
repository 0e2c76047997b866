//! What goes wrong with requests that must be refused, or that never end.

use memchr::memmem::find;

use super::Rule;
use crate::{
    http::sent::{Flaw, Request, Sent},
    judge::difference::Mismatch,
};

/// A head longer than this is not expected to be served, in bytes.
const LONG: usize = 64 << 10;

/// Why the response to such a request differs.
pub(super) fn of(what: &Mismatch, sent: &Sent) -> Option<Rule> {
    let Mismatch::Status { wanted, got } = what else { return None };
    let request = sent.first()?;
    let wants = |status: u16| wanted.contains(&status);
    let holds = |text: &[u8]| find(request.line(), text).is_some();
    Some(match got {
        400 if wants(200) && request.is_after_empty_line() => Rule::EmptyLineFirst,
        400 if wants(200) && sent.version() == Some(b"HTTP/1.0") => Rule::HostOf10,
        400 | 403 | 404 if wants(200) && holds(b"..") => Rule::DotsInName,
        200 | 201 if wants(403) && holds(b"%00") => Rule::NulInName,
        200 | 201 if wants(403) => Rule::OutOfDirectory,
        413 | 414 | 431 if wants(200) => Rule::HeadNotTooLong,
        200..=299 if wants(400) && !sent.head_is_whole() => Rule::HeadIncomplete,
        // A list of statuses is for a request that must be refused in one way or another.
        ..=499 if wants(400) => return of_flaw(sent),
        _ => return None,
    })
}

/// What is wrong with a request, so that it must be refused.
fn of_flaw(sent: &Sent) -> Option<Rule> {
    sent.flaws().first().map(|flaw| match flaw {
        Flaw::SpaceBeforeColon => Rule::FlawSpaceBeforeColon,
        Flaw::NoName => Rule::FlawNoName,
        Flaw::LengthAndCoding => Rule::FlawLengthAndCoding,
        Flaw::TwoLengths => Rule::FlawTwoLengths,
        Flaw::LengthNotDigits => Rule::FlawLengthNotDigits,
        Flaw::LengthTooLarge => Rule::FlawLengthTooLarge,
        Flaw::UnknownCoding => Rule::FlawUnknownCoding,
        Flaw::MethodNotUpperCase => Rule::FlawMethodCase,
        Flaw::ControlInTarget => Rule::FlawControlInTarget,
        Flaw::BadPercent => Rule::FlawBadPercent,
        Flaw::HostCount => Rule::FlawHostCount,
        Flaw::RequestLine => Rule::FlawRequestLine,
    })
}

/// Why bytes follow the response to such a request.
pub(super) fn of_surplus(bytes: &[u8], sent: &Sent) -> Option<Rule> {
    (bytes.starts_with(b"HTTP/") && !sent.flaws().is_empty()).then_some(Rule::Smuggled)
}

/// Why nothing came in response to such a request.
pub(super) fn of_silence(sent: &Sent) -> Option<Rule> {
    if sent.bytes().len() > LONG && !sent.head_is_whole() {
        return Some(Rule::HeadWithoutEnd);
    }
    let alike = |request: &Request| {
        // The name stands in a target, a value, or a longer name.
        let named = find(&request.head().to_ascii_lowercase(), b"content-length:").is_some();
        let real = request.field("Content-Length").is_some();
        request.head_is_whole() && request.content().is_empty() && named && !real
    };
    sent.first().is_some_and(alike).then_some(Rule::LengthOnlyAlike)
}
