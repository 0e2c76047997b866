//! What goes wrong with requests that come together.

use super::Rule;
use crate::{
    http::sent::Sent,
    judge::compare::{Expected, Received},
    transcript::BodyRule,
};

/// Why the response to one of several requests differs as a whole.
pub(super) fn of(expected: &Expected, received: &Received, sent: &Sent) -> Option<Rule> {
    let BodyRule::Is(want) = &expected.body else { return None };
    let got = &received.content;
    let status_fits = expected.statuses.contains(&received.head.status);
    if !sent.is_pipeline() {
        return None;
    }
    if got.is_empty() {
        let bare = received.head.all("Content-Type").next().is_none();
        return (bare && status_fits).then_some(Rule::ResponseToAnother);
    }
    if got.len() == want.len() || got.first() == want.first() {
        return None;
    }
    Some(if sent.method() == b"POST" && status_fits { Rule::EffectTooLate } else { Rule::ResponseToAnother })
}

/// Why the status of the response to one of several requests differs.
pub(super) fn of_status(sent: &Sent) -> Option<Rule> {
    sent.is_pipeline().then_some(Rule::ResponseToAnother)
}

/// Why no response came to one of several requests, after others had been answered.
pub(super) fn of_silence(sent: &Sent) -> Option<Rule> {
    sent.is_pipeline().then_some(Rule::RestOfRead)
}

/// Why bytes follow the last response.
pub(super) fn of_surplus(bytes: &[u8], sent: &Sent) -> Option<Rule> {
    let closes = |value: &[u8]| value.eq_ignore_ascii_case(b"close");
    let mut requests = sent.requests().iter();
    let ended = requests.any(|request| request.values("Connection").any(closes));
    (ended && bytes.starts_with(b"HTTP/")).then_some(Rule::AnsweredAfterClose)
}
