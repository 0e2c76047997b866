//! The evidence from which a cause is concluded.

use crate::{
    http::sent::Sent,
    judge::{
        difference::{Difference, Mismatch},
        sides::{Expected, Received},
    },
};

/// Everything known when something differs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// The difference.
    pub difference: &'a Difference,
    /// Both sides, where a response with a well-formed head was received.
    pub response: Option<(&'a Expected, &'a Received)>,
    /// The bytes that were sent last.
    pub sent: &'a Sent<'a>,
    /// Everything else that happened.
    pub circumstances: Circumstances,
}

/// Facts beside the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances {
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
    pub(super) fn what(&self) -> &'a Mismatch {
        &self.difference.what
    }
}
