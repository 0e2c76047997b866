//! Responses with their content, and the selection of what a client gets of it.

pub mod gzip;
pub mod response;
pub mod select;
