//! Several parts of a file as one content (RFC 9110 section 14.6).

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

use crate::{fs::file::FileSlice, http::ranges::content_range};

/// `multipart/byteranges` content (RFC 9110 section 14.6): several parts of one file.
#[derive(Debug)]
pub struct Multipart {
    pub(crate) file: FileSlice,
    /// For each part the text before it, its offset and its length.
    pub(crate) parts: Vec<(Vec<u8>, u64, u64)>,
    /// The text behind the last part.
    pub(crate) end: Vec<u8>,
    boundary: String,
}

impl Multipart {
    /// The parts of a file, each with the media type of the whole.
    pub(crate) fn new(file: FileSlice, parts: &[(u64, u64)], content_type: &[u8]) -> Self {
        // Random, so that nobody can prepare a file that has it.
        let random = || RandomState::new().build_hasher().finish();
        let boundary = format!("{:016x}{:016x}", random(), random());
        let whole = file.length();
        let head = |&part: &(u64, u64)| {
            let mut head = format!("\r\n--{boundary}\r\nContent-Type: ").into_bytes();
            head.extend_from_slice(content_type);
            head.extend_from_slice(format!("\r\nContent-Range: {}\r\n\r\n", content_range(part, whole)).as_bytes());
            (head, part.0, part.1)
        };
        Multipart {
            parts: parts.iter().map(head).collect(),
            end: format!("\r\n--{boundary}--\r\n").into_bytes(),
            file,
            boundary,
        }
    }

    /// The value of the `Content-Type` field.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The number of bytes, of all parts and what stands between them.
    pub(crate) fn length(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|(head, _, length)| head.len() as u64 + length).sum();
        parts + self.end.len() as u64
    }
}
