//! HTTP without input or output: grammar, framing, conditions, ranges. Nothing here knows a socket or a file.

pub mod body;
mod chars;
pub(crate) mod conditions;
pub mod connection;
pub mod date;
pub(crate) mod fields;
pub mod grammar;
pub mod limits;
mod list;
pub(crate) mod method;
pub(crate) mod negotiation;
pub(crate) mod percent;
pub mod ranges;
pub mod rejection;
pub mod request;
pub mod response_head;
mod scan;
pub mod status;
