//! A request as handlers see it: borrowed from the bytes received, nothing copied.

use super::{fields::Fields, method::Method};

/// `HTTP-version` (RFC 9112 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u8,
    pub minor: u8,
}

impl Version {
    pub(crate) const HTTP_1_1: Version = Version { major: 1, minor: 1 };
}

/// The request target in the four forms of RFC 9112 section 3.2. Paths and queries are as they were
/// sent, percent escapes and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `/where?q=now`
    Origin {
        /// From the first slash up to the question mark.
        path: &'a [u8],
        /// From behind the question mark; None if there is none.
        query: Option<&'a [u8]>,
    },
    /// `http://www.example.org/pub`; its authority takes the place of the Host field.
    Absolute {
        /// Host and optional port.
        authority: &'a [u8],
        /// May be empty, which means `/`.
        path: &'a [u8],
        query: Option<&'a [u8]>,
    },
    /// `www.example.com:80`, for CONNECT.
    Authority(&'a [u8]),
    /// `*`, for OPTIONS.
    Asterisk,
}

/// The head of a request that has passed every check of syntax and framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub method: Method,
    pub target: Target<'a>,
    /// The request target as it was sent: visible ASCII.
    pub raw_target: &'a [u8],
    /// The version that the client speaks, at least 1.0 and below 2.0.
    pub version: Version,
    pub fields: Fields<'a>,
    /// The whole head as it was received, from the request line to the empty line.
    pub head: &'a [u8],
}

impl<'a> Request<'a> {
    /// The path, never empty; `*` for the asterisk form.
    #[must_use]
    pub fn path(&self) -> &'a [u8] {
        match self.target {
            Target::Origin { path, .. } => path,
            Target::Absolute { path: b"", .. } if self.method == Method::Options => b"*",
            Target::Absolute { path: b"", .. } => b"/",
            Target::Absolute { path, .. } => path,
            Target::Authority(authority) => authority,
            Target::Asterisk => b"*",
        }
    }

    /// The query, from behind the question mark of the request target, as it was sent.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        match self.target {
            Target::Origin { query, .. } | Target::Absolute { query, .. } => query,
            Target::Authority(_) | Target::Asterisk => None,
        }
    }
}
