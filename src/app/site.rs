//! The things that a server serves, and what a handler gets to know of a request.

use super::website::Website;
use crate::{
    content::response::Response,
    fs::directory::Directory,
    http::{
        body::{Body, BodyError},
        request::Request,
    },
};

/// The things that are served to all clients.
#[derive(Debug, Default)]
pub struct Site {
    /// The directory in which `/files` reads and writes.
    pub directory: Option<Directory>,
    /// The web site that is served where no other route is.
    pub website: Option<Website>,
}

/// A request on its way to its handler.
pub(super) struct Call<'a> {
    pub(super) site: &'a Site,
    pub(super) request: &'a Request<'a>,
    /// The part of the path that the pattern's parameter stands for, as it was sent.
    pub(super) parameter: &'a [u8],
}

/// Makes the response to a request.
///
/// # Errors
/// The request's content did not arrive: see [`BodyError`].
pub(super) type Handler = for<'a> fn(&Call<'a>, &mut dyn Body) -> Result<Response<'a>, BodyError>;
