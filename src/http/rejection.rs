//! The reasons for refusing a request before any handler sees it: a closed list, each with its status.

use super::status::Status;

/// A request that cannot be answered as asked. After it the connection is closed, because where the
/// next request would begin is no longer known (RFC 9112 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Not `method SP request-target SP HTTP-version CRLF` (RFC 9112 section 3).
    RequestLine,
    /// A request target that is none of the four forms, or has a bad byte or percent escape (section 3.2).
    Target,
    /// A target form that does not go with the method, as `*` with GET (section 3.2).
    TargetForm,
    /// An HTTP version that is not `HTTP/d.d` (section 2.3).
    Version,
    /// A line that ends with a lone CR or LF (section 2.2).
    LineEnd,
    /// A field line that starts with white space: obsolete line folding (section 5.2).
    Folding,
    /// A field name that is no token, or white space before the colon (section 5.1).
    FieldName,
    /// A control byte in a field value (RFC 9110 section 5.5).
    FieldValue,
    /// No `Host` in HTTP/1.1, more than one, or not `uri-host [ ":" port ]` (RFC 9112 section 3.2).
    Host,
    /// A `Content-Length` that is not one decimal number (RFC 9110 section 8.6).
    ContentLength,
    /// A `Transfer-Encoding` that leaves the length of the content in doubt (RFC 9112 section 6.3).
    TransferEncoding,
    /// Bytes that are not chunked coding (RFC 9112 section 7.1).
    Chunk,
    /// A chunk line or a trailer section over its limit.
    ChunkTooLarge,
    /// The client ended the stream within a request (section 8).
    Incomplete,
    /// The request did not arrive in time.
    Timeout,
    /// The content is over the configured limit.
    ContentTooLarge,
    /// The request target is over the limit (section 3).
    TargetTooLong,
    /// The header section is over a limit (RFC 6585 section 5).
    FieldsTooLarge,
    /// An expectation other than `100-continue` (RFC 9110 section 10.1.1).
    Expectation,
    /// A method that this server does not know (RFC 9110 section 9.1), or CONNECT.
    Method,
    /// A transfer coding other than chunked (RFC 9112 section 6.1).
    TransferCoding,
    /// A major version other than 1 (RFC 9110 section 15.6.6).
    MajorVersion,
}

impl Rejection {
    /// The status that tells the client.
    #[must_use]
    pub const fn status(self) -> Status {
        self.row().0
    }

    /// One line for a person: what was wrong with the request.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.row().1
    }

    const fn row(self) -> (Status, &'static str) {
        use Rejection as R;
        match self {
            R::RequestLine => (Status::BAD_REQUEST, "the request line is not `method target HTTP/1.1`"),
            R::Target => {
                (Status::BAD_REQUEST, "the request target has a character or an escape that is not allowed there")
            }
            R::TargetForm => (Status::BAD_REQUEST, "this form of request target is not allowed with this method"),
            R::Version => (Status::BAD_REQUEST, "the HTTP version is not `HTTP/1.1`"),
            R::LineEnd => (Status::BAD_REQUEST, "a line does not end with CR LF"),
            R::Folding => (Status::BAD_REQUEST, "a field line starts with white space"),
            R::FieldName => (Status::BAD_REQUEST, "a field line is not `name: value`"),
            R::FieldValue => (Status::BAD_REQUEST, "a field value has a control character"),
            R::Host => (Status::BAD_REQUEST, "there must be one Host field, and it must be a host and optional port"),
            R::ContentLength => (Status::BAD_REQUEST, "Content-Length is not one decimal number"),
            R::TransferEncoding => {
                (Status::BAD_REQUEST, "Transfer-Encoding is not `chunked` alone, or is not allowed there")
            }
            R::Chunk => (Status::BAD_REQUEST, "the content is not in the chunked coding"),
            R::ChunkTooLarge => (Status::FIELDS_TOO_LARGE, "chunk extensions or trailer fields are too large"),
            R::Incomplete => (Status::BAD_REQUEST, "the stream ended in the middle of the request"),
            R::Timeout => (Status::REQUEST_TIMEOUT, "the request took too long to arrive"),
            R::ContentTooLarge => (Status::CONTENT_TOO_LARGE, "the content is larger than this server accepts"),
            R::TargetTooLong => (Status::URI_TOO_LONG, "the request target is longer than this server accepts"),
            R::FieldsTooLarge => (Status::FIELDS_TOO_LARGE, "the header section is larger than this server accepts"),
            R::Expectation => (Status::EXPECTATION_FAILED, "the only expectation supported is 100-continue"),
            R::Method => (Status::NOT_IMPLEMENTED, "this server does not implement the method"),
            R::TransferCoding => (Status::NOT_IMPLEMENTED, "the only transfer coding supported is chunked"),
            R::MajorVersion => (Status::VERSION_NOT_SUPPORTED, "this server speaks HTTP/1.1"),
        }
    }
}
