//! The two sides of a comparison: what a transcript expects, and what was received.

use crate::{
    http::{fault::Malformed, response::Head},
    transcript::{BodyRule, FieldRule},
};

/// The expectation of a message, with its values filled in.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// One of these statuses.
    pub statuses: Vec<u16>,
    /// The reason phrase; `None` for any.
    pub reason: Option<Vec<u8>>,
    /// The fields listed.
    pub fields: Vec<(String, FieldRule<Pattern>)>,
    /// The body.
    pub body: BodyRule<Vec<u8>>,
}

/// A value, or a value with a part that is remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pattern {
    /// The value, or what stands before the part.
    pub before: Vec<u8>,
    /// The name of the part.
    pub capture: Option<String>,
    /// The value after the part.
    pub after: Vec<u8>,
}

impl Pattern {
    /// Matches a value, and gives what is captured (nothing, where nothing is to be); `None` if it does not match.
    pub(super) fn matches(&self, value: &[u8]) -> Option<Vec<u8>> {
        if self.capture.is_none() {
            return (self.before == value).then(Vec::new);
        }
        let rest = value.strip_prefix(self.before.as_slice())?;
        rest.strip_suffix(self.after.as_slice()).filter(|part| !part.is_empty()).map(<[u8]>::to_vec)
    }

    pub(super) fn shown(&self) -> Vec<u8> {
        let any: &[u8] = if self.capture.is_some() { b"(any value)" } else { b"" };
        [&self.before, any, &self.after].concat()
    }
}

/// A response as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Its head.
    pub head: Head,
    /// Its content: the body without its framing.
    pub content: Vec<u8>,
    /// The end of the body.
    pub end: End,
}

/// The end of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At the end that its framing names.
    Framed,
    /// With the connection, or in silence: nothing says how long it is.
    Undelimited,
    /// Before its framing says.
    Short {
        /// The length that Content-Length names, in bytes; `None` where the last chunk is missing.
        length: Option<u64>,
        /// True if the connection ended, rather than the tester's patience.
        ended: bool,
    },
    /// In bytes that are no HTTP.
    Malformed(Malformed),
}

/// Facts about the connection that a comparison depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Situation {
    /// The connection is used again, or must be open.
    pub persistent: bool,
    /// The request was HEAD.
    pub to_head: bool,
}
