//! A line that knows where it stands, and what is wrong with it.

use std::fmt;

use crate::transcript::template::Template;

/// A mistake in a transcript, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The fault.
    pub what: String,
    /// The remedy.
    pub help: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.line, self.column, self.what, self.help)
    }
}

impl std::error::Error for Mistake {}

/// A line, or what is left of one, that knows where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

impl<'a> Line<'a> {
    /// A mistake at `part`, a slice of this line.
    pub(crate) fn mistake(self, part: &str, what: impl Into<String>, help: impl Into<String>) -> Mistake {
        let offset = (part.as_ptr() as usize)
            .checked_sub(self.text.as_ptr() as usize)
            .filter(|offset| *offset <= self.text.len())
            .unwrap_or(0);
        Mistake {
            line: self.number,
            column: self.text[..offset].chars().count() + 1,
            what: what.into(),
            help: help.into(),
        }
    }

    /// Checks whether it says nothing: it is empty, or a comment.
    pub(crate) fn is_skipped(self) -> bool {
        self.text.starts_with('#') || self.text.trim().is_empty()
    }

    /// Refuses white space at its end, which nobody sees.
    pub(crate) fn check_end(self) -> Result<(), Mistake> {
        let end = self.text.trim_end_matches([' ', '\t', '\r']);
        if end.len() == self.text.len() {
            return Ok(());
        }
        Err(self.mistake(
            &self.text[end.len()..],
            "the line ends in white space",
            "remove it; where it is meant, write {' '}",
        ))
    }

    pub(crate) fn template(self, part: &'a str) -> Result<Template, Mistake> {
        Template::parse(part).map_err(|at| {
            self.mistake(
                &part[at..],
                "this substitution cannot be understood",
                "write {NAME}, {NAME[FROM..TO]}, {'text'}, {len X}, {hexlen X}, {gzip X}, {pct X}, {case X}, \
                 {len}, {dir}, {root}, {i} or {*NAME}; a literal brace is {'{'}",
            )
        })
    }
}
