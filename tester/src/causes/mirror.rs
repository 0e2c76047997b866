//! What goes wrong with a request that is sent back.

use super::Rule;
use crate::{
    http::sent::Sent,
    judge::difference::{Difference, Mismatch},
};

/// Why the request that came back is another.
pub(super) fn of(difference: &Difference) -> Option<Rule> {
    let Difference { what, expected: want, received: got, at } = difference;
    // What is expected in the body is a request.
    let sent = Sent::new(want);
    let request =
        sent.first().filter(|request| request.target().is_some_and(|target| target.starts_with(b"/mirror")))?;
    // What a string did to it, and an end that came too early, have causes of their own.
    if *what != Mismatch::Body || got[*at..].starts_with(&[0xEF, 0xBF, 0xBD]) {
        return None;
    }
    let head = request.head().len();
    if *at < request.line().len() {
        Some(Rule::MirrorTarget)
    } else if *at >= head {
        request.is_chunked().then_some(Rule::MirrorFraming)
    } else {
        (*at < got.len()).then_some(Rule::MirrorRebuilt)
    }
}
