//! A response: status, fields and content, and how its head is written (RFC 9112 section 4).

use std::borrow::Cow;

use super::gzip::Compressed;
use crate::{
    fs::directory::FileSlice,
    http::{conditions::Validators, ranges::Multipart, status::Status},
};

/// What a handler answers. Framing is not its business: `Connection::reply` adds `Content-Length` or
/// `Transfer-Encoding`, and `Connection`.
#[derive(Debug)]
pub struct Response<'a> {
    /// The status code.
    pub status: Status,
    /// Field lines in the order they are sent.
    pub fields: Vec<(&'static str, Cow<'a, [u8]>)>,
    /// The content.
    pub content: Content<'a>,
    /// Whether the content may be sent compressed, if the client asked for it.
    pub negotiable: bool,
    /// What identifies the state of the resource, if it can be asked for conditionally and in parts.
    pub validators: Option<Box<Validators>>,
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
    pub const EMPTY: Content<'static> = Content::Bytes(Cow::Borrowed(b""));

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
        Response { status, fields: Vec::new(), content: Content::EMPTY, negotiable: false, validators: None }
    }

    /// `200 OK` with this content.
    #[must_use]
    pub fn ok(content_type: &'static str, content: Content<'a>) -> Self {
        // Room for all that a file's answer has, so that it grows once.
        let fields = Vec::with_capacity(8);
        Response { content, fields, ..Response::new(Status::OK) }.with("Content-Type", content_type)
    }

    /// An error with one line of plain text for the person who reads it.
    #[must_use]
    pub fn error(status: Status, reason: &str) -> Self {
        let line = format!("{} {}: {reason}\n", status.code(), status.reason());
        let content = Content::Bytes(line.into_bytes().into());
        Response { content, ..Response::new(status) }.with("Content-Type", "text/plain; charset=utf-8")
    }

    /// Adds a field line. The value must hold no control byte: everything that comes from a client has
    /// been checked by `parse`, everything else is ours.
    #[must_use]
    pub fn with<V: AsRef<[u8]> + ?Sized>(mut self, name: &'static str, value: &'a V) -> Self {
        self.fields.push((name, Cow::Borrowed(value.as_ref())));
        self
    }

    /// Adds a field line with a value made for it.
    #[must_use]
    pub fn with_owned(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name, Cow::Owned(value.into())));
        self
    }

    /// Lets the content be sent compressed to a client that asks for it.
    #[must_use]
    pub fn negotiable(mut self) -> Self {
        self.negotiable = true;
        self
    }
}

/// `field-line CRLF`
pub fn field_line(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// `Content-Length: N CRLF`
pub fn content_length(length: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    decimal(length, out);
    out.extend_from_slice(b"\r\n");
}

/// Writes a number in decimal. Every response has one, and std's formatting would show in what that costs.
fn decimal(number: u64, out: &mut Vec<u8>) {
    digits::<10>(number, out);
}

/// Writes a number in hexadecimal, in lower case.
pub(crate) fn hexadecimal(number: u64, out: &mut Vec<u8>) {
    digits::<16>(number, out);
}

fn digits<const BASE: u64>(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number % BASE) as usize];
        number /= BASE;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `chunk-size CRLF`, which stands before the data of a chunk (RFC 9112 section 7.1). The data is
/// followed by CRLF. Never call it with 0, which would end the content.
pub fn chunk_size(length: usize, out: &mut Vec<u8>) {
    hexadecimal(length as u64, out);
    out.extend_from_slice(b"\r\n");
}

/// The last chunk and an empty trailer section.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_every_digit() {
        for number in [0, 9, 10, 15, 16, 199, 65_536, u64::MAX] {
            let mut out = Vec::new();
            decimal(number, &mut out);
            out.push(b' ');
            hexadecimal(number, &mut out);
            assert_eq!(out, format!("{number} {number:x}").as_bytes());
        }
    }

    #[test]
    fn lines_are_exact() {
        assert_eq!(Status::NOT_FOUND.line(), "HTTP/1.1 404 Not Found\r\n");
        let mut out = Vec::new();
        field_line("Vary", b"Accept-Encoding", &mut out);
        content_length(0, &mut out);
        chunk_size(255, &mut out);
        assert_eq!(out, b"Vary: Accept-Encoding\r\nContent-Length: 0\r\nff\r\n");
    }
}
