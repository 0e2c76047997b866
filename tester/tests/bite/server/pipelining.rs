//! Requests that come before the answers to those ahead of them.

#[derive(Clone, Copy)]
pub(crate) struct Pipelining {
    /// Whether more is read although a whole request may be in the buffer.
    pub(crate) reads_first: bool,
    /// Whether answers wait, given what is left in the buffer.
    pub(crate) holds: fn(&[u8]) -> bool,
    /// The order in which the answers are written that have waited.
    pub(crate) order: fn(&mut Vec<Vec<u8>>),
}

impl Pipelining {
    pub(crate) fn right() -> Self {
        Pipelining { reads_first: false, holds: |_| false, order: |_| () }
    }
}
