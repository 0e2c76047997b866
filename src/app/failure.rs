//! The response to a refusal of the file system.

use crate::{fs::error::FileError, http::status::Status};

/// The status that a refusal of the file system comes to, and a phrase that explains it.
pub(super) fn explain(error: FileError) -> (Status, &'static str) {
    match error {
        FileError::NotFound => (Status::NOT_FOUND, "there is nothing at this address"),
        FileError::Forbidden => (Status::FORBIDDEN, "the server is not allowed to do this with this file"),
        FileError::Full => (Status::INSUFFICIENT_STORAGE, "there is no space left for the file"),
        FileError::Busy => (Status::SERVICE_UNAVAILABLE, "too many files are open; try again"),
        FileError::Fault(error) => {
            log::error!("file system: {error}");
            (Status::INTERNAL_SERVER_ERROR, "the file system failed")
        }
    }
}
