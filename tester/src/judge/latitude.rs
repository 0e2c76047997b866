//! The latitudes of a response: where it may differ from the page, each with the section that grants it.
//!
//! Further latitudes are built into the parser and the comparison: the order of fields (RFC 9110 section 5.3), the case of
//! their names (RFC 9110 section 5.1), white space around values (RFC 9110 section 5.5), and the encoder's choice of gzip
//! bytes (RFC 1952 section 2.3).

use crate::{
    http::{response::Head, sent::Sent},
    judge::sides::{Expected, Received, Situation},
    transcript::BodyRule,
};

/// Fields that a response may carry without being listed, and the section that defines each.
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

/// Checks whether a response may carry a field that is not listed.
pub(super) fn allows_field(
    name: &str,
    value: &[u8],
    expected: &Expected,
    received: &Received,
    situation: Situation,
) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let empty = received.content.is_empty();
    let may_have_body = !matches!(expected.body, BodyRule::None);
    // A body where the page shows none is a difference of its own; its framing fields are no second one.
    let frames_freely = !expected.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
    HARMLESS.iter().any(|(harmless, _)| is(harmless))
        // The default of HTTP/1.1, said aloud (RFC 9112 section 9.3).
        || (is("Connection") && value.eq_ignore_ascii_case(b"keep-alive"))
        // A server may close whenever it says so (RFC 9112 section 9.6), unless the stage is about persistence.
        || (is("Connection") && value.eq_ignore_ascii_case(b"close") && !situation.persistent)
        // The length of nothing (RFC 9110 section 8.6), or what the length would be (sections 9.3.2 and 15.4.5).
        || (is("Content-Length") && (value == b"0" || situation.to_head || received.head.status == 304))
        // Content may say what it is, and the type of nothing is harmless (RFC 9110 section 8.3).
        || (is("Content-Type") && (empty || may_have_body))
        // Framing of a body whose framing the transcript leaves open (RFC 9112 section 6).
        || ((is("Content-Length") || is("Transfer-Encoding")) && !empty && frames_freely)
}

/// Checks whether two values of a field are the same list, in whatever order.
pub(super) fn is_same_list(name: &str, expected: &[u8], received: &[u8]) -> bool {
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

/// Checks whether an interim response may come that is not listed. To a client of HTTP/1.1 that has offered to wait for
/// `100 Continue`, that may be said even if it has not waited (RFC 9110 section 10.1.1).
pub(super) fn allows_interim(head: &Head, sent: &Sent) -> bool {
    let waits =
        |request: &crate::http::sent::Request| request.version() != Some(b"HTTP/1.0") && request.expects_continue();
    head.status == 100 && sent.requests().iter().any(waits)
}
