//! Responses with their content, and the selection of what a client gets of it.

pub mod gzip;
pub(crate) mod multipart;
pub mod response;
pub mod select;
mod short_gzip;
