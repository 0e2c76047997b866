//! The likely cause of a difference, in one sentence: what a reviewer would say who has seen it before.
//!
//! [`of`] is the one place that decides which cause is given, and in which order they are looked for.

mod bytes;
mod evidence;
mod framing;
mod listed;
mod refusals;
mod rules;
mod semantics;
mod values;

pub(crate) use self::{
    evidence::{Circumstances, Evidence},
    listed::Listed,
    rules::{Cause, Rule},
};

use crate::judge::difference::Mismatch;

/// The likely cause of a difference. The first of these that has one decides:
///
/// 1. a response that came before its request was whole: it answers something else than what is expected. Whether it
///    does is certain, and does not change with what the packet after it brings;
/// 2. what the transcript lists below the expectation, and then what is listed for its track;
/// 3. the request: where it ends, and whether it must be refused;
/// 4. a head that came in pieces, where the difference looks like it;
/// 5. the bytes: what was done to them on their way;
/// 6. HTTP: what it says of such a request and such a response.
pub(crate) fn of(evidence: &Evidence, listed: &Listed) -> Option<Cause> {
    if let Some(rule) = premature(evidence) {
        return Some(rule.into());
    }
    if let Some(cause) = listed::of(evidence, listed) {
        return Some(cause);
    }
    let rule = of_request(evidence).or_else(|| semantics::in_pieces(evidence));
    let rule = rule.or_else(|| bytes::of(evidence.difference, evidence.response));
    rule.or_else(|| semantics::of(evidence)).map(Cause::from)
}

/// Finds what the request itself explains.
fn of_request(evidence: &Evidence) -> Option<Rule> {
    let sent = evidence.sent;
    let received = evidence.difference.received.as_slice();
    match evidence.what() {
        Mismatch::Status { wanted, got } => refusals::of_status(wanted, *got, sent),
        Mismatch::Surplus { requested: true, .. } => {
            refusals::of_surplus(received, sent).or_else(|| framing::of_surplus(received, sent))
        }
        Mismatch::Silence { head_begun: false, .. } => {
            framing::of_silence(sent, evidence.circumstances.answered_before)
        }
        _ => None,
    }
}

/// A response to half a request, where that explains whatever else differs.
fn premature(evidence: &Evidence) -> Option<Rule> {
    let circumstances = evidence.circumstances;
    if matches!(evidence.what(), Mismatch::File { .. } | Mismatch::StoppedReading(_)) {
        return None;
    }
    if circumstances.half_a_head {
        return Some(Rule::HeadInPieces);
    }
    // A request may be refused before its content has come, which is no mistake of this kind.
    let refused = matches!(evidence.response, Some((_, received)) if received.head.status >= 300);
    (circumstances.half_the_content && !refused).then_some(Rule::AnsweredHalfTheContent)
}
