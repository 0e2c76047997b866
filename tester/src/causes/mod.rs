//! The likely cause of a difference, in one sentence: what a reviewer would say who has seen it before.
//!
//! [`of`] is the one place that decides which cause is given, and in which order they are looked for.

mod bodies;
mod bytes;
mod caching;
mod hostile;
mod methods;
mod mirror;
mod pages;
mod pipelining;
mod rules;
mod semantics;

use std::borrow::Cow;

pub use rules::Rule;

use crate::{
    http::sent::Sent,
    judge::{
        compare::{Expected, Received},
        difference::{Difference, Mismatch},
    },
};

/// A likely cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its name for machines: that of a [`Rule`], or the file and the line that list it.
    pub id: Cow<'static, str>,
    /// What it says: a clause without its full stop, or a question.
    pub text: Cow<'static, str>,
}

impl From<Rule> for Cause {
    fn from(rule: Rule) -> Cause {
        Cause { id: rule.id().into(), text: rule.text().into() }
    }
}

/// What is known when something differs.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What differs.
    pub difference: &'a Difference,
    /// What was expected and what was received, where that is a response with a head that is one.
    pub response: Option<(&'a Expected, &'a Received)>,
    /// What was sent last.
    pub sent: &'a Sent<'a>,
    /// What else happened.
    pub circumstances: Circumstances,
}

/// What is to be known beside the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    /// The program was given a web site (`--root`).
    pub site: bool,
    /// The head of the request came in more than one piece.
    pub pieces: bool,
    /// The content of the response ends like one of the pieces, so the program may not have seen the next.
    pub content_ends_with_piece: bool,
    /// A response came before the head of its request was whole.
    pub half_a_head: bool,
    /// A response came before the content of its request was whole.
    pub half_the_content: bool,
    /// The client has said that it sends no more.
    pub finished: bool,
    /// An earlier request on the connection was answered.
    pub answered_before: bool,
    /// The connection's last request had to be refused.
    pub refused: bool,
}

impl<'a> Evidence<'a> {
    /// The mismatch.
    fn what(&self) -> &'a Mismatch {
        &self.difference.what
    }
}

/// The likely cause of a difference. The first of these that has one decides:
///
/// 1. a response that came before its request was whole: it answers something else than what is expected. Whether it
///    does is certain, and does not change with what the packet after it brings;
/// 2. what the transcript lists below the expectation, and then what is listed for its track;
/// 3. what is known of a stage's subject;
/// 4. a head that came in pieces, where the difference looks like it;
/// 5. the bytes: what was done to them on their way;
/// 6. HTTP: what it says of such a request and such a response.
pub fn of(evidence: &Evidence) -> Option<Cause> {
    if let Some(rule) = premature(evidence) {
        return Some(rule.into());
    }
    if let Some(cause) = listed(evidence) {
        return Some(cause);
    }
    let rule = subject(evidence).or_else(|| semantics::in_pieces(evidence));
    let rule = rule.or_else(|| bytes::of(evidence.difference, evidence.response));
    rule.or_else(|| semantics::of(evidence)).map(Cause::from)
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

/// What a transcript lists for its expectation, or for the whole track.
fn listed(_: &Evidence) -> Option<Cause> {
    None
}

/// What is known of a stage's subject.
fn subject(evidence: &Evidence) -> Option<Rule> {
    let sent = evidence.sent;
    let difference = evidence.difference;
    match evidence.what() {
        Mismatch::Surplus { requested: true, .. } => {
            let bytes = difference.received.as_slice();
            return hostile::of_surplus(bytes, sent)
                .or_else(|| pipelining::of_surplus(bytes, sent))
                .or_else(|| bodies::of_surplus(bytes, sent));
        }
        Mismatch::Silence { head_begun: false, .. } => {
            return pipelining::of_silence(sent)
                .filter(|_| evidence.circumstances.answered_before)
                .or_else(|| bodies::of_silence(sent))
                .or_else(|| hostile::of_silence(sent));
        }
        Mismatch::File { fault, .. } => return bodies::of_file(fault, difference, sent),
        _ => {}
    }
    let (expected, received) = evidence.response?;
    mirror::of(difference)
        .or_else(|| {
            let page = || pages::of(difference, expected, received, sent, evidence.circumstances.site);
            if sent.is_pipeline() { None } else { page() }
        })
        .or_else(|| hostile::of(evidence.what(), sent))
        .or_else(|| methods::of(evidence.what(), received, sent))
        .or_else(|| pipelining::of(expected, received, sent))
        .or_else(|| caching::of(difference, expected, received, sent))
        .or_else(|| bodies::of(evidence.what(), sent))
}
