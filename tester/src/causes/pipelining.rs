//! What goes wrong with requests that come together.

use memchr::memmem::{find, find_iter};

use crate::judge::compare::{Body, Expected, Received};

/// Whether several requests were sent together.
pub(super) fn several(sent: &[u8]) -> bool {
    find_iter(sent, b" HTTP/1.1\r\n").nth(1).is_some()
}

/// Why the answer to one of several requests differs as a whole.
pub(super) fn of(expected: &Expected, received: &Received, sent: &[u8]) -> Option<&'static str> {
    let Body::Bytes(want) = &expected.body else { return None };
    let got = &received.content;
    if several(sent) && got.is_empty() && received.head.all("Content-Type").next().is_none() {
        return Some(OTHER).filter(|_| expected.statuses.contains(&received.head.status));
    }
    if !several(sent) || got.is_empty() || got.len() == want.len() || got.first() == want.first() {
        return None;
    }
    if sent.starts_with(b"POST ") && expected.statuses.contains(&received.head.status) {
        return Some(
            "this is what was there before the request ahead of it was carried out: POST takes effect before what follows it is answered (RFC 9112 section 9.3.2)",
        );
    }
    Some(OTHER)
}

/// Why the status of the answer to one of several requests differs.
pub(super) fn of_status(sent: &[u8]) -> Option<&'static str> {
    several(sent).then_some(OTHER)
}

const OTHER: &str = "several requests were sent at once, and this looks like the answer to another of them: answers come in the order of the requests (RFC 9112 section 9.3.2)";

/// Why no answer came to one of several requests, after others had been answered.
pub(super) fn of_silence(sent: &[u8]) -> Option<&'static str> {
    several(sent).then_some(
        "several requests came together: is each answered as soon as it is whole, and what a read brings beyond it kept for the next?",
    )
}

/// Why bytes follow the last answer.
pub(super) fn of_surplus(bytes: &[u8], sent: &[u8]) -> Option<&'static str> {
    let ended = find(&sent.to_ascii_lowercase(), b"\r\nconnection: close\r\n").is_some();
    (ended && bytes.starts_with(b"HTTP/")).then_some(
        "a second response was sent: what comes behind a request with `Connection: close` is not answered (RFC 9112 section 9.6)",
    )
}
