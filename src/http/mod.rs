//! HTTP without input or output: grammar, framing, conditions, ranges. Nothing here knows a socket or a file.

pub mod body;
pub mod conditions;
pub mod connection;
pub mod fields;
pub mod grammar;
pub mod limits;
pub mod ranges;
pub mod rejection;
pub mod request;
mod scan;
pub mod status;
