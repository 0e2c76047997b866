//! What is wrong with bytes that are not HTTP: a closed set, with the section of the RFC that each offends.

use std::fmt;

/// Bytes that are not HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The position, in bytes from the start of what was parsed.
    pub at: usize,
    /// The fault.
    pub fault: HttpFault,
}

/// A fault of bytes that are not HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// A CR that no LF follows.
    LoneCr,
    /// An LF that no CR precedes.
    LoneLf,
    /// A head, or a trailer section, without end.
    HeadTooLong,
    /// The line of a chunk's size without end.
    ChunkLineTooLong,
    /// Something else in place of the version.
    NotHttp,
    /// No space behind the version.
    NoSpaceAfterVersion,
    /// A status code that is not one.
    StatusNotThreeDigits,
    /// No space behind the status code.
    NoSpaceAfterStatus,
    /// A control character in the reason phrase.
    ControlInStatusLine,
    /// A field line that begins with white space.
    FoldedLine,
    /// A line of the head without a colon.
    NoColon,
    /// A space in a name, or behind it.
    SpaceInName,
    /// Another character that a name cannot have.
    NameNotToken,
    /// Nothing before the colon.
    NoName,
    /// A control character in a value.
    ControlInValue,
    /// A Content-Length that is not a number.
    LengthNotNumber,
    /// More than one Content-Length.
    LengthTwice,
    /// Two framings at once.
    LengthAndCoding,
    /// Content-Length with 1xx or 204.
    LengthWithoutContent,
    /// Transfer-Encoding with 1xx or 204.
    CodingWithoutContent,
    /// A transfer coding that nobody asked for.
    UnknownCoding,
    /// A chunk size that is not one.
    ChunkSize,
    /// Something else than CR LF behind the data of a chunk.
    ChunkTooLong,
}

impl HttpFault {
    /// All of them.
    pub const ALL: [HttpFault; 23] = [
        HttpFault::LoneCr,
        HttpFault::LoneLf,
        HttpFault::HeadTooLong,
        HttpFault::ChunkLineTooLong,
        HttpFault::NotHttp,
        HttpFault::NoSpaceAfterVersion,
        HttpFault::StatusNotThreeDigits,
        HttpFault::NoSpaceAfterStatus,
        HttpFault::ControlInStatusLine,
        HttpFault::FoldedLine,
        HttpFault::NoColon,
        HttpFault::SpaceInName,
        HttpFault::NameNotToken,
        HttpFault::NoName,
        HttpFault::ControlInValue,
        HttpFault::LengthNotNumber,
        HttpFault::LengthTwice,
        HttpFault::LengthAndCoding,
        HttpFault::LengthWithoutContent,
        HttpFault::CodingWithoutContent,
        HttpFault::UnknownCoding,
        HttpFault::ChunkSize,
        HttpFault::ChunkTooLong,
    ];

    /// Its name for machines. Names are never changed, nor given to something else.
    pub fn name(self) -> &'static str {
        match self {
            HttpFault::LoneCr => "lone-cr",
            HttpFault::LoneLf => "lone-lf",
            HttpFault::HeadTooLong => "head-too-long",
            HttpFault::ChunkLineTooLong => "chunk-line-too-long",
            HttpFault::NotHttp => "not-http",
            HttpFault::NoSpaceAfterVersion => "no-space-after-version",
            HttpFault::StatusNotThreeDigits => "status-not-three-digits",
            HttpFault::NoSpaceAfterStatus => "no-space-after-status",
            HttpFault::ControlInStatusLine => "control-in-status-line",
            HttpFault::FoldedLine => "folded-line",
            HttpFault::NoColon => "no-colon",
            HttpFault::SpaceInName => "space-in-name",
            HttpFault::NameNotToken => "name-not-token",
            HttpFault::NoName => "no-name",
            HttpFault::ControlInValue => "control-in-value",
            HttpFault::LengthNotNumber => "length-not-number",
            HttpFault::LengthTwice => "length-twice",
            HttpFault::LengthAndCoding => "length-and-coding",
            HttpFault::LengthWithoutContent => "length-without-content",
            HttpFault::CodingWithoutContent => "coding-without-content",
            HttpFault::UnknownCoding => "unknown-coding",
            HttpFault::ChunkSize => "chunk-size",
            HttpFault::ChunkTooLong => "chunk-too-long",
        }
    }

    /// The section that says so.
    pub fn section(self) -> &'static str {
        match self {
            HttpFault::LoneCr | HttpFault::LoneLf => "RFC 9112 section 2.2",
            HttpFault::HeadTooLong => "RFC 9110 section 5.4",
            HttpFault::NotHttp
            | HttpFault::NoSpaceAfterVersion
            | HttpFault::StatusNotThreeDigits
            | HttpFault::NoSpaceAfterStatus
            | HttpFault::ControlInStatusLine => "RFC 9112 section 4",
            HttpFault::FoldedLine => "RFC 9112 section 5.2",
            HttpFault::NoColon => "RFC 9112 section 5",
            HttpFault::SpaceInName | HttpFault::NameNotToken | HttpFault::NoName => "RFC 9112 section 5.1",
            HttpFault::ControlInValue => "RFC 9110 section 5.5",
            HttpFault::LengthNotNumber | HttpFault::LengthTwice | HttpFault::LengthWithoutContent => {
                "RFC 9110 section 8.6"
            }
            HttpFault::LengthAndCoding => "RFC 9112 section 6.2",
            HttpFault::CodingWithoutContent | HttpFault::UnknownCoding => "RFC 9112 section 6.1",
            HttpFault::ChunkLineTooLong | HttpFault::ChunkSize | HttpFault::ChunkTooLong => "RFC 9112 section 7.1",
        }
    }
}

/// A phrase, not a sentence.
impl fmt::Display for HttpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HttpFault::LoneCr => "a CR without LF",
            HttpFault::LoneLf => "a line ends in LF alone, not in CR LF",
            HttpFault::HeadTooLong => "the head is longer than 64 KiB",
            HttpFault::ChunkLineTooLong => "the line with a chunk's size is longer than 4 KiB",
            HttpFault::NotHttp => "the response does not begin with HTTP/1.1",
            HttpFault::NoSpaceAfterVersion => "there is no space after the version",
            HttpFault::StatusNotThreeDigits => "the status code is not three digits",
            HttpFault::NoSpaceAfterStatus => {
                "there is no space after the status code (it is needed even where the reason phrase is empty)"
            }
            HttpFault::ControlInStatusLine => "a control character in the status line",
            HttpFault::FoldedLine => "a line of the head begins with white space",
            HttpFault::NoColon => "a line of the head has no colon, so it is not a field",
            HttpFault::SpaceInName => "white space in a field name, or before its colon",
            HttpFault::NameNotToken => "a character that a field name cannot have",
            HttpFault::NoName => "a field without a name",
            HttpFault::ControlInValue => "a control character in the value of a field",
            HttpFault::LengthNotNumber => "Content-Length is not a decimal number",
            HttpFault::LengthTwice => "Content-Length is sent twice",
            HttpFault::LengthAndCoding => "Content-Length and Transfer-Encoding are both sent",
            HttpFault::LengthWithoutContent => "a response with this status has no Content-Length",
            HttpFault::CodingWithoutContent => "a response with this status has no Transfer-Encoding",
            HttpFault::UnknownCoding => "Transfer-Encoding is something other than chunked",
            HttpFault::ChunkSize => "the size of a chunk is not a hexadecimal number",
            HttpFault::ChunkTooLong => "a chunk is longer than its size says",
        })
    }
}
