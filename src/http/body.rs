//! The content of a request as handlers read it.

use super::rejection::Rejection;

/// The content of a request, piece by piece, as it arrives. A handler that does not want it need not
/// read it.
pub trait Body {
    /// The next piece, never empty; None at the end of the content.
    ///
    /// # Errors
    /// The content will never be complete: see [`BodyError`]. What has been made of it must be undone.
    fn next(&mut self) -> Result<Option<&[u8]>, BodyError>;

    /// The next piece as it was received: with the lines of chunked coding, extensions and trailer fields
    /// included (RFC 9112 section 7.1). Never empty; None behind the last byte of the request.
    ///
    /// # Errors
    /// As [`Body::next`].
    fn next_raw(&mut self) -> Result<Option<&[u8]>, BodyError>;

    /// True if the content is known to be longer than this many bytes, so that there is no need to read it in
    /// order to refuse it. Content whose length was not announced may still turn out to be.
    fn exceeds(&self, limit: u64) -> bool;
}

/// The reason for which the content of a request ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It broke a rule or a limit; the client is told which.
    Rejected(Rejection),
    /// The client is gone; there is nobody to tell.
    Lost,
}
