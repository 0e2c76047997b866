//! The judgement of a response: what a transcript expects against what came.

pub mod compare;
