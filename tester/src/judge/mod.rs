//! The judgement of a response: what a transcript expects against what came.

pub mod compare;
pub mod difference;
pub mod latitude;
pub mod resolve;
pub mod sides;
pub mod ticks;
