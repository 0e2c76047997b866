//! The log: a line for each request, and an output that nobody has to read.

pub(crate) mod access;
pub mod output;
