//! The differences: a closed set, and the only place that puts a difference into words.
//!
//! How bad a difference is, and whether it is one of time, follows from what it is. Whoever wants to know more of it looks
//! at the variant, never at the sentence.

use std::{fmt, time::Duration};

use crate::http::fault::HttpFault;

/// The severity of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Fails always.
    Error,
    /// Fails by default, is noted under `--compat`.
    Deviation,
}

/// The way in which a peer ended its side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// End of stream.
    Closed,
    /// A reset.
    Reset,
}

/// A difference, with the bytes that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The difference.
    pub what: Mismatch,
    /// The expected bytes: a line, or content.
    pub expected: Vec<u8>,
    /// The bytes that came in its place.
    pub received: Vec<u8>,
    /// The first byte of `received` that differs.
    pub at: usize,
}

/// The difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The status code.
    Status {
        /// The statuses, one of which should have come, in the transcript's order.
        wanted: Vec<u16>,
        /// The status that came.
        got: u16,
    },
    /// The status line, though its status is right: the version, the reason phrase, or the spaces.
    StatusLine,
    /// A field.
    Field {
        /// Its name, as the transcript spells it; of a field that is not listed, as the response does.
        name: String,
        /// The fault.
        fault: FieldFault,
    },
    /// `Connection: close` on a connection that is used again.
    CloseOnPersistent,
    /// Content where none is shown.
    BodyUnlisted,
    /// Other content.
    Body,
    /// Less content than the framing promises.
    BodyShort {
        /// The length that Content-Length promises, in bytes; `None` where the last chunk is missing.
        promised: Option<u64>,
        /// The bytes that came.
        came: usize,
        /// True if the connection ended, rather than the tester's patience.
        ended: bool,
    },
    /// Content whose end cannot be found, on a connection that stays open.
    BodyUndelimited,
    /// None of these texts stands in the content.
    Lacks(Vec<Vec<u8>>),
    /// This text stands in the content, and must not.
    Holds(Vec<u8>),
    /// Content that should be gzip.
    Gzip(GzipFault),
    /// Bytes that are not HTTP.
    Malformed(HttpFault),
    /// Nothing, or half a head, came in time.
    Silence {
        /// The time that the tester waited.
        after: Duration,
        /// True if the head had begun.
        head_begun: bool,
    },
    /// The connection ended before there was a whole head.
    Unanswered {
        /// The way in which it ended.
        how: Ended,
        /// True if the head had begun.
        head_begun: bool,
    },
    /// Bytes that nothing asks for.
    Surplus {
        /// Their number.
        count: usize,
        /// True if anything had been sent on the connection.
        requested: bool,
    },
    /// An interim response that is not shown; its status.
    Interim(u16),
    /// A reset where a plain close is asked for.
    Reset,
    /// The end of a connection that should stay open.
    ClosedEarly(Ended),
    /// A connection that should be closed, and is not after this time.
    StillOpen(Duration),
    /// The program took no more of what was sent, for this time.
    StoppedReading(Duration),
    /// A file in the folder of the run.
    File {
        /// Its path, as it is shown.
        path: String,
        /// The fault.
        fault: FileFault,
    },
}

/// A fault of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldFault {
    /// It is missing.
    Missing,
    /// It must not be there.
    Forbidden {
        /// True if it has no value. A list without members says nothing (RFC 9110 section 5.6.1).
        empty: bool,
    },
    /// It is sent so many times.
    Repeated(usize),
    /// Another value.
    Value,
    /// The value in other letters, upper or lower case.
    Case,
    /// It is not listed, and no latitude allows it.
    Unlisted,
}

/// A fault of content that should be gzip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GzipFault {
    /// It cannot be decompressed; what the decoder says.
    Invalid(String),
    /// It is gzip of something else.
    Content,
    /// Bytes follow its end.
    Trailing,
}

/// A fault of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is not there.
    Missing,
    /// It cannot be read; what the system says.
    Unreadable(String),
    /// Other contents.
    Contents,
    /// Nothing asks for it.
    Unexpected,
}

impl Difference {
    /// A difference between two texts, at the first byte in which they differ.
    pub fn new(what: Mismatch, expected: impl Into<Vec<u8>>, received: impl Into<Vec<u8>>) -> Difference {
        let (expected, received) = (expected.into(), received.into());
        let at = first_difference(&expected, &received);
        Difference { what, expected, received, at }
    }

    /// A difference that no bytes show.
    pub fn bare(what: Mismatch) -> Difference {
        Difference::new(what, b"", b"")
    }

    /// Bytes that are not HTTP. `at` is the byte of `received` at which that shows.
    pub fn malformed(fault: HttpFault, at: usize, expected: &[u8], received: &[u8]) -> Difference {
        let what = Mismatch::Malformed(fault);
        Difference { what, expected: expected.to_vec(), received: received.to_vec(), at }
    }
}

/// The index of the first byte in which the two differ, or the length of the shorter one.
pub(crate) fn first_difference(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()))
}

impl Mismatch {
    /// Its severity.
    pub fn class(&self) -> Class {
        match self {
            Mismatch::Field { fault, .. } => match fault {
                FieldFault::Forbidden { empty: true } | FieldFault::Case | FieldFault::Unlisted => Class::Deviation,
                FieldFault::Missing
                | FieldFault::Forbidden { empty: false }
                | FieldFault::Repeated(_)
                | FieldFault::Value => Class::Error,
            },
            Mismatch::CloseOnPersistent
            | Mismatch::BodyUnlisted
            | Mismatch::Surplus { .. }
            | Mismatch::Interim(_)
            | Mismatch::Reset => Class::Deviation,
            Mismatch::Status { .. }
            | Mismatch::StatusLine
            | Mismatch::Body
            | Mismatch::BodyShort { .. }
            | Mismatch::BodyUndelimited
            | Mismatch::Lacks(_)
            | Mismatch::Holds(_)
            | Mismatch::Gzip(_)
            | Mismatch::Malformed(_)
            | Mismatch::Silence { .. }
            | Mismatch::Unanswered { .. }
            | Mismatch::ClosedEarly(_)
            | Mismatch::StillOpen(_)
            | Mismatch::StoppedReading(_)
            | Mismatch::File { .. } => Class::Error,
        }
    }

    /// Checks whether it is that something did not come, or was not taken, in time. Not so of a connection that stays
    /// open: the program may have meant that.
    pub fn is_late(&self) -> bool {
        matches!(
            self,
            Mismatch::BodyShort { ended: false, .. } | Mismatch::Silence { .. } | Mismatch::StoppedReading(_)
        )
    }

    /// Its name for machines. Names are never changed, nor given to something else.
    pub fn kind(&self) -> &'static str {
        match self {
            Mismatch::Status { .. } => "status",
            Mismatch::StatusLine => "status-line",
            Mismatch::Field { fault, .. } => match fault {
                FieldFault::Missing => "field-missing",
                FieldFault::Forbidden { .. } => "field-forbidden",
                FieldFault::Repeated(_) => "field-repeated",
                FieldFault::Value => "field-value",
                FieldFault::Case => "field-case",
                FieldFault::Unlisted => "field-unlisted",
            },
            Mismatch::CloseOnPersistent => "close-on-persistent",
            Mismatch::BodyUnlisted => "body-unlisted",
            Mismatch::Body => "body",
            Mismatch::BodyShort { .. } => "body-short",
            Mismatch::BodyUndelimited => "body-undelimited",
            Mismatch::Lacks(_) => "body-lacks",
            Mismatch::Holds(_) => "body-holds",
            Mismatch::Gzip(fault) => match fault {
                GzipFault::Invalid(_) => "gzip-invalid",
                GzipFault::Content => "gzip-content",
                GzipFault::Trailing => "gzip-trailing",
            },
            Mismatch::Malformed(_) => "malformed",
            Mismatch::Silence { head_begun: false, .. } => "silence",
            Mismatch::Silence { head_begun: true, .. } => "head-late",
            Mismatch::Unanswered { head_begun: false, .. } => "unanswered",
            Mismatch::Unanswered { head_begun: true, .. } => "head-short",
            Mismatch::Surplus { .. } => "surplus",
            Mismatch::Interim(_) => "interim",
            Mismatch::Reset => "reset",
            Mismatch::ClosedEarly(_) => "closed-early",
            Mismatch::StillOpen(_) => "still-open",
            Mismatch::StoppedReading(_) => "stopped-reading",
            Mismatch::File { fault, .. } => match fault {
                FileFault::Missing => "file-missing",
                FileFault::Unreadable(_) => "file-unreadable",
                FileFault::Contents => "file-contents",
                FileFault::Unexpected => "file-unexpected",
            },
        }
    }

    /// The name of the field that it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Mismatch::Field { name, .. } => Some(name),
            Mismatch::CloseOnPersistent => Some("Connection"),
            _ => None,
        }
    }

    /// Checks whether it is this fault of this field.
    pub fn is_field(&self, wanted: &str, wanted_fault: FieldFault) -> bool {
        matches!(self, Mismatch::Field { name, fault } if *fault == wanted_fault && name.eq_ignore_ascii_case(wanted))
    }

    /// Checks whether `expected` and `received` are the whole of some content, rather than a line or a part of it.
    pub fn is_of_content(&self) -> bool {
        matches!(
            self,
            Mismatch::Body
                | Mismatch::BodyShort { .. }
                | Mismatch::Lacks(_)
                | Mismatch::Holds(_)
                | Mismatch::Gzip(_)
                | Mismatch::File { .. }
        )
    }
}

/// A sentence without its full stop, for a learner.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::Status { wanted, got } => match wanted.as_slice() {
                [one] => write!(f, "The status is {got}, not {one}"),
                all => {
                    let all: Vec<_> = all.iter().map(u16::to_string).collect();
                    write!(f, "The status is {got}, not one of {}", all.join(", "))
                }
            },
            Mismatch::StatusLine => f.write_str("The status line differs"),
            Mismatch::Field { name, fault } => match fault {
                FieldFault::Missing => write!(f, "The field {name} is missing"),
                FieldFault::Forbidden { .. } => write!(f, "The field {name} must not be sent"),
                FieldFault::Repeated(count) => write!(f, "The field {name} is sent {count} times"),
                FieldFault::Value => write!(f, "The field {name} has the wrong value"),
                FieldFault::Case => write!(f, "The value of {name} differs only in upper and lower case"),
                FieldFault::Unlisted => write!(f, "The page does not show the field {name}"),
            },
            Mismatch::CloseOnPersistent => {
                f.write_str("The response says `Connection: close`, but the connection should stay open")
            }
            Mismatch::BodyUnlisted => f.write_str("There is a body where the page shows none"),
            Mismatch::Body => f.write_str("The body differs"),
            Mismatch::BodyShort { promised, came, ended } => {
                let how = if *ended { "the connection ended" } else { "nothing more came" };
                match promised {
                    Some(length) => {
                        write!(f, "The body is incomplete: Content-Length says {length} bytes, but {how} after {came}")
                    }
                    None => write!(f, "The body is incomplete: the last chunk is missing, and {how} after {came} bytes"),
                }
            }
            Mismatch::BodyUndelimited => f.write_str(
                "The response has neither Content-Length nor chunked framing, so on a connection that stays open its end cannot be found",
            ),
            Mismatch::Lacks(texts) => {
                let texts: Vec<_> = texts.iter().map(|text| format!("`{}`", text.escape_ascii())).collect();
                write!(f, "The body does not contain the text {}", texts.join(" or "))
            }
            Mismatch::Holds(text) => write!(f, "The body must not contain the text `{}`", text.escape_ascii()),
            Mismatch::Gzip(fault) => match fault {
                GzipFault::Invalid(why) => write!(f, "The body is not gzip ({why})"),
                GzipFault::Content => f.write_str("The body, decompressed, differs"),
                GzipFault::Trailing => f.write_str("There are bytes after the end of the gzip data"),
            },
            Mismatch::Malformed(fault) => write!(f, "This is not HTTP: {fault} ({})", fault.section()),
            Mismatch::Silence { after, head_begun: false } => write!(f, "No response within {} s", after.as_secs_f32()),
            Mismatch::Silence { after, head_begun: true } => {
                write!(f, "The head of the response is not complete after {} s", after.as_secs_f32())
            }
            Mismatch::Unanswered { how, head_begun: false } => write!(f, "The connection was {how} without a response"),
            Mismatch::Unanswered { how, head_begun: true } => {
                write!(f, "The connection was {how} in the middle of the head")
            }
            Mismatch::Surplus { count, requested } => {
                let bytes = if *count == 1 { "byte" } else { "bytes" };
                if *requested {
                    write!(f, "{count} more {bytes} after the end of the response")
                } else {
                    write!(f, "{count} {bytes} before any request")
                }
            }
            Mismatch::Interim(status) => write!(f, "An interim response ({status}) that the page does not show"),
            Mismatch::Reset => f.write_str("The connection was reset, not closed"),
            Mismatch::ClosedEarly(how) => write!(f, "The connection was {how}, but should stay open"),
            Mismatch::StillOpen(after) => {
                write!(f, "The connection is still open after {} s, but should be closed", after.as_secs_f32())
            }
            Mismatch::StoppedReading(after) => {
                write!(
                    f,
                    "The program stopped reading: after {} s it had not read the whole request",
                    after.as_secs_f32()
                )
            }
            Mismatch::File { path, fault } => match fault {
                FileFault::Missing => write!(f, "The file {path} does not exist"),
                FileFault::Unreadable(why) => write!(f, "The file {path} cannot be read ({why})"),
                FileFault::Contents => write!(f, "The file {path} has the wrong contents"),
                FileFault::Unexpected => write!(f, "An unexpected file was written: {path}"),
            },
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ended::Closed => "closed",
            Ended::Reset => "reset",
        })
    }
}

/// One of each kind, for tests of what is said of all of them.
#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// Every mismatch with its kind, its class, and whether it is one of time.
    pub(crate) fn all() -> Vec<(Mismatch, &'static str, Class, bool)> {
        use Class::{Deviation, Error};
        let field = |fault| Mismatch::Field { name: "Age".to_owned(), fault };
        let file = |fault| Mismatch::File { path: "DIR/a".to_owned(), fault };
        let second = Duration::from_secs(1);
        vec![
            (Mismatch::Status { wanted: vec![200], got: 404 }, "status", Error, false),
            (Mismatch::StatusLine, "status-line", Error, false),
            (field(FieldFault::Missing), "field-missing", Error, false),
            (field(FieldFault::Forbidden { empty: false }), "field-forbidden", Error, false),
            (field(FieldFault::Forbidden { empty: true }), "field-forbidden", Deviation, false),
            (field(FieldFault::Repeated(2)), "field-repeated", Error, false),
            (field(FieldFault::Value), "field-value", Error, false),
            (field(FieldFault::Case), "field-case", Deviation, false),
            (field(FieldFault::Unlisted), "field-unlisted", Deviation, false),
            (Mismatch::CloseOnPersistent, "close-on-persistent", Deviation, false),
            (Mismatch::BodyUnlisted, "body-unlisted", Deviation, false),
            (Mismatch::Body, "body", Error, false),
            (Mismatch::BodyShort { promised: Some(9), came: 3, ended: true }, "body-short", Error, false),
            (Mismatch::BodyShort { promised: None, came: 3, ended: false }, "body-short", Error, true),
            (Mismatch::BodyUndelimited, "body-undelimited", Error, false),
            (Mismatch::Lacks(vec![b"a".to_vec(), b"b".to_vec()]), "body-lacks", Error, false),
            (Mismatch::Holds(b"a".to_vec()), "body-holds", Error, false),
            (Mismatch::Gzip(GzipFault::Invalid("why".to_owned())), "gzip-invalid", Error, false),
            (Mismatch::Gzip(GzipFault::Content), "gzip-content", Error, false),
            (Mismatch::Gzip(GzipFault::Trailing), "gzip-trailing", Error, false),
            (Mismatch::Malformed(HttpFault::LoneLf), "malformed", Error, false),
            (Mismatch::Silence { after: second, head_begun: false }, "silence", Error, true),
            (Mismatch::Silence { after: second, head_begun: true }, "head-late", Error, true),
            (Mismatch::Unanswered { how: Ended::Closed, head_begun: false }, "unanswered", Error, false),
            (Mismatch::Unanswered { how: Ended::Reset, head_begun: true }, "head-short", Error, false),
            (Mismatch::Surplus { count: 1, requested: true }, "surplus", Deviation, false),
            (Mismatch::Surplus { count: 2, requested: false }, "surplus", Deviation, false),
            (Mismatch::Interim(103), "interim", Deviation, false),
            (Mismatch::Reset, "reset", Deviation, false),
            (Mismatch::ClosedEarly(Ended::Closed), "closed-early", Error, false),
            (Mismatch::StillOpen(second), "still-open", Error, false),
            (Mismatch::StoppedReading(second), "stopped-reading", Error, true),
            (file(FileFault::Missing), "file-missing", Error, false),
            (file(FileFault::Unreadable("why".to_owned())), "file-unreadable", Error, false),
            (file(FileFault::Contents), "file-contents", Error, false),
            (file(FileFault::Unexpected), "file-unexpected", Error, false),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn class_and_lateness_follow_from_the_kind() {
        for (mismatch, kind, class, late) in samples::all() {
            assert_eq!((mismatch.kind(), mismatch.class(), mismatch.is_late()), (kind, class, late), "{mismatch:?}");
        }
    }

    #[test]
    fn a_mismatch_is_said_in_a_sentence_of_its_own_without_a_full_stop() {
        let mut said = BTreeSet::new();
        for (mismatch, ..) in samples::all() {
            let sentence = mismatch.to_string();
            assert!(!sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
            assert!(sentence.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "{sentence}");
            // Only the class parts these two.
            let same = matches!(mismatch, Mismatch::Field { fault: FieldFault::Forbidden { empty: true }, .. });
            assert!(said.insert(sentence.clone()) != same, "{sentence}");
        }
    }

    #[test]
    fn a_mismatch_knows_its_field() {
        let value = Mismatch::Field { name: "ETag".to_owned(), fault: FieldFault::Value };
        assert_eq!(value.field(), Some("ETag"));
        assert!(value.is_field("etag", FieldFault::Value));
        assert!(!value.is_field("ETag", FieldFault::Missing) && !value.is_field("Age", FieldFault::Value));
        assert_eq!(Mismatch::CloseOnPersistent.field(), Some("Connection"));
        assert_eq!(Mismatch::Body.field(), None);
    }
}
