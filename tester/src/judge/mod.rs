//! The judgement of a response: what a transcript expects against what came.

pub(crate) mod compare;
pub(crate) mod difference;
pub(crate) mod latitude;
pub(crate) mod resolve;
pub(crate) mod sides;
pub(crate) mod ticks;
