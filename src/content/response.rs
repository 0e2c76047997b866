//! A response with its content, as a handler makes it.

use std::borrow::Cow;

use super::{gzip::Compressed, multipart::Multipart};
use crate::{
    fs::file::FileSlice,
    http::{conditions::Validators, response_head::ResponseHead, status::Status},
};

/// The response to a request. Its framing is not a handler's business: `Connection::respond` adds `Content-Length` or
/// `Transfer-Encoding`, and `Connection`.
#[derive(Debug)]
pub struct Response<'a> {
    pub head: ResponseHead<'a>,
    pub content: Content<'a>,
    /// True if the content may be sent compressed, if the client asked for it.
    pub(crate) negotiable: bool,
    /// The state of the resource, if it can be asked for conditionally and in parts.
    pub(crate) validators: Option<Box<Validators>>,
}

/// The content of a response, in the form in which it is cheapest to send.
#[derive(Debug)]
pub enum Content<'a> {
    /// Bytes in memory; often a part of the request.
    Bytes(Cow<'a, [u8]>),
    /// Bytes of a file, which go from the file to the socket without a stop here.
    File(FileSlice),
    /// Several parts of a file.
    Multipart(Box<Multipart>),
    /// Content of a length that is not known beforehand, made while it is sent.
    Compressed(Box<Compressed>),
}

impl Content<'_> {
    /// No content at all.
    pub(crate) const EMPTY: Content<'static> = Content::Bytes(Cow::Borrowed(b""));

    /// The length in bytes, if it is known before the content is made.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Content::Bytes(bytes) => Some(bytes.len() as u64),
            Content::File(file) => Some(file.length()),
            Content::Multipart(multipart) => Some(multipart.length()),
            Content::Compressed(_) => None,
        }
    }
}

impl<'a> Response<'a> {
    /// A response without content.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Response { head: ResponseHead::new(status), content: Content::EMPTY, negotiable: false, validators: None }
    }

    /// `200 OK` with this content.
    #[must_use]
    pub fn ok(content_type: &'static str, content: Content<'a>) -> Self {
        // Room for all that the response for a file has, so that it grows once.
        let head = ResponseHead { status: Status::OK, fields: Vec::with_capacity(8) };
        Response { head, content, negotiable: false, validators: None }.with("Content-Type", content_type)
    }

    /// An error with one line of plain text for the person who reads it.
    #[must_use]
    pub fn error(status: Status, reason: &str) -> Self {
        let line = format!("{} {}: {reason}\n", status.code(), status.reason());
        let content = Content::Bytes(line.into_bytes().into());
        Response { content, ..Response::new(status) }.with("Content-Type", "text/plain; charset=utf-8")
    }

    /// Adds a field line. The value must hold no control byte: everything that comes from a client has
    /// been checked by the grammar, everything else is ours.
    #[must_use]
    pub fn with<V: AsRef<[u8]> + ?Sized>(mut self, name: &'static str, value: &'a V) -> Self {
        self.head.fields.push((name, Cow::Borrowed(value.as_ref())));
        self
    }

    /// Adds a field line with a value made for it.
    #[must_use]
    pub(crate) fn with_owned(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.head.fields.push((name, Cow::Owned(value.into())));
        self
    }

    /// Lets the content be sent compressed to a client that asks for it.
    #[must_use]
    pub(crate) fn negotiable(mut self) -> Self {
        self.negotiable = true;
        self
    }
}
