//! Requests that must be refused, and why.

use super::rules::Rule;
use crate::http::sent::{Flaw, Request, Sent};

/// Finds why a request must be refused that got a response of another status.
pub(super) fn of_status(wanted: &[u16], got: u16, sent: &Sent) -> Option<Rule> {
    if wanted.iter().any(|status| *status < 400) && !wanted.contains(&400) {
        return None;
    }
    match got {
        200..=299 if sent.first().is_some_and(climbs) => Some(Rule::OutOfDirectory),
        200..=299 if wanted.contains(&400) && !sent.head_is_whole() => Some(Rule::HeadIncomplete),
        // A list of statuses is for a request that must be refused in one way or another.
        ..=499 if wanted.contains(&400) => of_flaw(sent),
        _ => None,
    }
}

/// Checks whether a part of the target is `..`, however it is spelt (RFC 3986 sections 2.1 and 3.3).
fn climbs(request: &Request) -> bool {
    let target = request.target().unwrap_or_default().to_ascii_lowercase();
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let text = String::from_utf8_lossy(path).replace("%2e", ".").replace("%2f", "/");
    text.split('/').any(|part| part == "..")
}

/// A flaw of a request that must be refused.
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

/// Finds why bytes follow the response to such a request.
pub(super) fn of_surplus(bytes: &[u8], sent: &Sent) -> Option<Rule> {
    (bytes.starts_with(b"HTTP/") && !sent.flaws().is_empty()).then_some(Rule::Smuggled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_must_be_refused_is_explained_by_what_is_wrong_with_it() {
        for (request, wanted, got, rule) in [
            ("GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", &[403, 404][..], 200, Some(Rule::OutOfDirectory)),
            ("GET /%2e.%2Fb HTTP/1.1\r\nHost: x\r\n\r\n", &[400], 201, Some(Rule::OutOfDirectory)),
            ("GET /a..b HTTP/1.1\r\nHost: x\r\n\r\n", &[404], 200, None),
            ("GET /?../ HTTP/1.1\r\nHost: x\r\n\r\n", &[404], 200, None),
            ("GET / HTTP/1.1\r\nHost: x\r\n", &[408, 400], 200, Some(Rule::HeadIncomplete)),
            ("GET / HTTP/1.1\r\n\r\n", &[400], 404, Some(Rule::FlawHostCount)),
            ("GET / HTTP/1.1\r\n\r\n", &[200, 400], 404, Some(Rule::FlawHostCount)),
            ("GET / HTTP/1.1\r\n\r\n", &[400], 500, None),
            ("GET / HTTP/1.1\r\n\r\n", &[404], 200, None),
        ] {
            assert_eq!(of_status(wanted, got, &Sent::new(request.as_bytes())), rule, "{request:?} {wanted:?} {got}");
        }
    }

    #[test]
    fn what_stands_behind_such_a_request_is_no_other() {
        let (bad, good) = (Sent::new(b"GET  / HTTP/1.1\r\n\r\n"), Sent::new(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(of_surplus(b"HTTP/1.1 200 OK\r\n", &bad), Some(Rule::Smuggled));
        assert_eq!(of_surplus(b"HTTP/1.1 200 OK\r\n", &good), None);
        assert_eq!(of_surplus(b"text", &bad), None);
    }
}
