//! The content of a request as handlers read it.

use crate::rejection::Rejection;

/// The content of a request, piece by piece, as it arrives. A handler that does not want it need not
/// read it.
pub trait Body {
    /// The next piece, never empty; None at the end of the content.
    ///
    /// # Errors
    /// The content will never be complete: see [`BodyError`]. What has been made of it must be undone.
    fn next(&mut self) -> Result<Option<&[u8]>, BodyError>;
}

/// Why the content of a request ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It broke a rule or a limit; the client is told which.
    Rejected(Rejection),
    /// The client is gone; there is nobody to tell.
    Lost,
}
