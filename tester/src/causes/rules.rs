//! The rules by which a likely cause is found: the name of each, and what it says. The one table of both.

use std::borrow::Cow;

/// A likely cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its name for machines: that of a [`Rule`]; or the stage or track that lists it, and the name that it has there.
    pub id: Cow<'static, str>,
    /// Its text: a clause without its full stop, or a question.
    pub text: Cow<'static, str>,
}

impl From<Rule> for Cause {
    fn from(rule: Rule) -> Cause {
        Cause { id: rule.id().into(), text: rule.text().into() }
    }
}

macro_rules! rules {
    ($($rule:ident $id:literal $text:literal)*) => {
        /// A rule. Each is a mistake that programs make, and how to see it in a difference.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule {
            $(#[doc = $text] $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Rule] = &[$(Rule::$rule,)*];

            /// Its name in reports and tests. Names are never changed, nor given to another rule.
            pub fn id(self) -> &'static str {
                match self {
                    $(Rule::$rule => $id,)*
                }
            }

            /// Its text: a clause without its full stop, or a question.
            pub fn text(self) -> &'static str {
                match self {
                    $(Rule::$rule => $text,)*
                }
            }
        }
    };
}

rules! {
    // Time.
    HeadInPieces "head-in-pieces"
        "this request arrived in pieces: is it treated as complete after one read? Keep reading until the empty line that ends its head"
    AnsweredHalfTheContent "answered-half-the-content"
        "the response was sent before the content of the request was complete: read as many bytes as Content-Length says, or up to the last chunk"

    // Bytes: lengths.
    LengthCountsCharacters "length-counts-characters"
        "Content-Length counts bytes, not characters"
    LengthOneTooMany "length-one-too-many"
        "one byte too many: is a line end counted with the body?"
    LengthTwoTooMany "length-two-too-many"
        "two bytes too many: is a CR LF counted with the body?"
    LengthTooSmall "length-too-small"
        "the length is too small: is only a part of the data counted, such as what one read returns?"
    LengthBeforeCompression "length-before-compression"
        "Content-Length is the length before compression; it must be that of the bytes sent"
    LengthWrong "length-wrong"
        "Content-Length is not the number of bytes of the body"

    // Bytes: content.
    LineEndInBody "line-end-in-body"
        "a line end too many or too few: no CR LF follows the body, and only the empty line comes before it"
    NotUtf8 "not-utf-8"
        "bytes that are not UTF-8 became U+FFFD: the data passed through a string"
    LetterCaseChanged "letter-case-changed"
        "the case of letters was changed"
    PercentEncoded "percent-encoded"
        "the path is percent-encoded: decode %XX before using it (RFC 3986 section 2.1)"
    BodyCut "body-cut"
        "the body is cut short: is only a part of the data read or written?"
    BodyGoesOn "body-goes-on"
        "the body continues after what was expected"
    SpaceAroundValue "space-around-value"
        "white space around the value belongs to the field line, not to the value (RFC 9110 section 5.5)"
    CompressedUnasked "compressed-unasked"
        "the body is compressed, although the client did not ask for it"

    // Bytes: compression.
    NotCompressed "not-compressed"
        "the body is not compressed, although Content-Encoding says so"
    CutAtPlainLength "cut-at-plain-length"
        "the body was cut off at Content-Length, which seems to be the length before compression"
    Zlib "zlib"
        "this looks like zlib (RFC 1950); gzip is another format around the same compression"
    GzipDamaged "gzip-damaged"
        "the compressed bytes were changed or cut on their way; was the encoder finished before its output was used?"
    CompressedTwice "compressed-twice"
        "the body is compressed twice"

    // Bytes: files.
    WholeBufferWritten "whole-buffer-written"
        "the whole read buffer was written, not only the bytes that were read"
    LineEndInFile "line-end-in-file"
        "a line end too many: the body ends where Content-Length says"
    OldContentsRemain "old-contents-remain"
        "the old contents are still in the file: truncate it; or bytes after the body were taken for a part of it"

    // Status.
    NotRecognised "not-recognised"
        "the path or the method of this request is not recognised"
    FieldNameCase "field-name-case"
        "the request spells a field name in unusual case: field names are case-insensitive (RFC 9110 section 5.1)"
    NotARequest "not-a-request"
        "this is not a valid request, but it was answered as if it were"
    UnknownPathTaken "unknown-path-taken"
        "an unknown path is treated like a known one: compare the whole path, not a part of the request"
    TakenForMalformed "taken-for-malformed"
        "the request was taken as malformed: check how its lines are read"
    MethodNotRecognised "method-not-recognised"
        "the method is not recognised for this path"
    CreatedIs201 "created-is-201"
        "creating a file gets 201, not 200"
    OwnError "own-error"
        "the program reported an internal error: look at its output"
    StatusLineBytes "status-line-bytes"
        "version, status and reason phrase are compared byte by byte, with one space between them"

    // Fields and framing.
    ValueCase "value-case"
        "the page spells it differently"
    FieldInBody "field-in-body"
        "the head ended before this field: an empty line too early, so the field became a part of the body"
    ChunkedNotLength "chunked-not-length"
        "the body is chunked; the page asks for Content-Length"
    GzipOfferNotFound "gzip-offer-not-found"
        "gzip was offered in Accept-Encoding, but the server did not find it there"
    CloseNotSaid "close-not-said"
        "the request says `Connection: close`, and the response must say so as well (RFC 9112 section 9.6)"
    HeadWithoutFields "head-without-fields"
        "the head ended before this field: an empty line too early, or the field is not written"
    FieldNotWritten "field-not-written"
        "the field is not written, or its name is misspelt"
    CodingUnasked "coding-unasked"
        "the response names a coding that the client did not offer"
    FieldNotShown "field-not-shown"
        "send only fields that the page shows; `--compat` accepts this one, too"
    CloseUnasked "close-unasked"
        "`Connection: close` belongs in the response to a request that says so, or in a response after which the server closes the connection"
    LengthOrBodyShort "length-or-body-short"
        "Content-Length counts more bytes than the body has, or not all of the body was written"
    NoBodyShown "no-body-shown"
        "the page shows a response without a body"
    NoLength "no-length"
        "send `Content-Length`, even with an empty body: `Content-Length: 0` (RFC 9112 section 6.3)"
    BodyEmpty "body-empty"
        "the body is empty"
    LineEndsNotCrLf "line-ends-not-cr-lf"
        "end each line of the head with \\r\\n"
    BytesLeftOver "bytes-left-over"
        "a response begins with its status line; are these bytes left over from the previous response?"
    NoEmptyLine "no-empty-line"
        "is the empty line missing between head and body?"
    HeadUnfinished "head-unfinished"
        "the head must end with an empty line, \\r\\n\\r\\n"
    LineEndAfterBody "line-end-after-body"
        "a line end was written after the body"
    ContentToHead "content-to-head"
        "content follows the head of a response to HEAD; such a response has no content, not even if it is an error (RFC 9110 section 9.3.2)"
    ContentIn304 "content-in-304"
        "a 304 ends with the empty line of its head, whatever its fields say (RFC 9110 section 15.4.5)"
    SecondResponse "second-response"
        "a second response was sent for one request"
    BodyBeyondLength "body-beyond-length"
        "the body has more bytes than Content-Length says, or a body was sent without a length"
    SpokeFirst "spoke-first"
        "in HTTP the client speaks first: write nothing before you have read a request"

    // Connections.
    ListensElsewhere "listens-elsewhere"
        "it listens on another port or address, or had not got that far"
    OneClientAtATime "one-client-at-a-time"
        "it serves one client at a time, or has run out of file descriptors: close connections that have ended"
    ClosedAfterResponse "closed-after-response"
        "the connection must stay open for the next request, even after a pause (since HTTP/1.1; RFC 9112 section 9.3)"
    GaveUp "gave-up"
        "the program gave up on this request: was it an internal error, or too little time for a slow client? Look at its output"
    WaitsOrBusy "waits-or-busy"
        "the program waits for more of the request, is busy with another connection, or has given up on this one without closing it: look at its output"
    EndNotSeen "end-not-seen"
        "the program keeps waiting, although the client has shut down its sending side: a read that returns nothing means that nothing more will come (RFC 9112 section 9.6)"
    RefusedNotClosed "refused-not-closed"
        "after a refused request it is unknown where the next one begins, so close the connection after the response (RFC 9112 section 2.2)"
    CloseNotDone "close-not-done"
        "the program keeps waiting for a request; after a response with `Connection: close` it must close (RFC 9112 section 9.6)"
    ClosedUnasked "closed-unasked"
        "since HTTP/1.1 a connection stays open unless one side says `Connection: close` (RFC 9112 section 9.3)"
    ClosedUnread "closed-unread"
        "the program closed the connection before it had read everything, or requested a reset (SO_LINGER)"
    InterimTo10 "interim-to-1.0"
        "HTTP/1.0 has no interim responses, so this client takes it for the response (RFC 9110 section 15.2)"
    InterimUnasked "interim-unasked"
        "the request does not say `Expect: 100-continue`, so the client does not wait for this (RFC 9110 section 10.1.1)"

    // Files.
    FileNotWritten "file-not-written"
        "the body was not written to the directory of `--directory`, or not until after the response"
    FileOutside "file-outside"
        "a file was written outside the directory, or a partial or temporary one was left behind"
    FileEmpty "file-empty"
        "the file is empty: is the body read after the head, and written before the response?"

    // Content of requests.
    BothWait "both-wait"
        "the program waits for the content, while the client waits for `100 Continue` or an immediate refusal (RFC 9110 section 10.1.1)"
    ChunkLost "chunk-lost"
        "the program waits for more of the request, or has lost a byte of the chunks: they end with the line `0` and an empty line"
    ContentAwaited "content-awaited"
        "the program waits for the rest of the content; when a read returns nothing, no more will come (RFC 9112 section 8)"
    InterimLate "interim-late"
        "an interim response comes before the final one, and only to HTTP/1.1 clients that ask for it (RFC 9110 section 15.2)"
    ContentTakenForRequest "content-taken-for-request"
        "content of the request, or what ends it, was taken for another request: read all of it, even if it arrives in pieces, and whatever the response (RFC 9112 section 6.3)"

    // Conditions and ranges.
    WeakTag "weak-tag"
        "a weak tag does not promise that two representations are identical byte for byte, and parts must fit exactly (RFC 9110 section 8.8.1)"
    TagQuotes "tag-quotes"
        "an entity tag is enclosed in quotation marks, which are a part of it (RFC 9110 section 8.8.3)"
    TagChanged "tag-changed"
        "the file has not changed, so its tag must not change, either (RFC 9110 section 8.8.1)"
    RangeUnit "range-unit"
        "the value begins with `bytes` and a space; the equals sign is for Range (RFC 9110 section 14.4)"
    RangeLastByte "range-last-byte"
        "byte positions count from 0, and the last is included: `bytes 0-9/1000` is ten bytes (RFC 9110 section 14.4)"
    RangeNotCut "range-not-cut"
        "a range that goes beyond the end of the file is cut there, and `Content-Range` says what is actually sent (RFC 9110 section 14.1.2)"
    RangeTotal "range-total"
        "the number after the slash is the length of the whole file, not that of the part (RFC 9110 section 14.4)"
    RangeNumbers "range-numbers"
        "the value is `bytes`, the first and the last position, counted from 0, and the length of the whole file; an unsatisfiable range has a star in place of the positions (RFC 9110 section 14.4)"

    // Requests that must be refused, or that never end.
    OutOfDirectory "out-of-directory"
        "the path leads out of the directory: refuse `..`, however it is spelt, and absolute paths"
    HeadIncomplete "head-incomplete"
        "the head of this request is not complete: it ends only at its empty line (RFC 9112 section 2.1)"
    FlawSpaceBeforeColon "flaw-space-before-colon"
        "there is white space between a field's name and its colon: refuse it, and do not trim it away (RFC 9112 section 5.1)"
    FlawNoName "flaw-no-name"
        "a field line has no name (RFC 9112 section 5)"
    FlawLengthAndCoding "flaw-length-and-coding"
        "there are both a Content-Length and a Transfer-Encoding: refuse the request, or read the chunks and close after the response (RFC 9112 section 6.3)"
    FlawTwoLengths "flaw-two-lengths"
        "there are two Content-Lengths: refuse the request, whichever comes first (RFC 9112 section 6.3)"
    FlawLengthNotDigits "flaw-length-not-digits"
        "Content-Length consists of digits only; functions that read numbers also accept signs, spaces and prefixes (RFC 9110 section 8.6)"
    FlawLengthTooLarge "flaw-length-too-large"
        "Content-Length does not fit the integer type that it is kept in (RFC 9110 section 8.6)"
    FlawUnknownCoding "flaw-unknown-coding"
        "this transfer coding is unknown, so it is impossible to tell where the body ends: respond with 501 or 400, and close (RFC 9112 section 6.1)"
    FlawMethodCase "flaw-method-case"
        "methods are case-sensitive, and this is not one (RFC 9110 section 9.1)"
    FlawControlInTarget "flaw-control-in-target"
        "there is a control character in the request target (RFC 9112 section 3.2)"
    FlawBadPercent "flaw-bad-percent"
        "two hexadecimal digits must follow a percent sign (RFC 3986 section 2.1)"
    FlawHostCount "flaw-host-count"
        "an HTTP/1.1 request has exactly one Host field, and is refused otherwise (RFC 9112 section 3.2)"
    FlawRequestLine "flaw-request-line"
        "the request line is not a method, a space, a path that begins with `/`, a space and `HTTP/1.1` (RFC 9112 section 3)"
    Smuggled "smuggled"
        "what follows a request that must be refused was taken for another request: this is request smuggling; close the connection (RFC 9112 section 11.2)"

    // Requests that come together.
    AnsweredAfterClose "answered-after-close"
        "a second response was sent: what follows a request with `Connection: close` gets no response (RFC 9112 section 9.6)"
    RestOfRead "rest-of-read"
        "several requests arrived together: does each get a response as soon as it is complete, and is what a read brings beyond it kept for the next?"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rules_are_named_once_and_say_a_clause() {
        let mut ids = HashSet::new();
        for rule in Rule::ALL {
            let (id, text) = (rule.id(), rule.text());
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(ids.insert(id) && id.chars().all(plain), "{id}");
            assert_eq!(id.replace(['-', '.'], ""), format!("{rule:?}").to_lowercase(), "{id}");
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains("  "), "{id}: {text}");
        }
    }
}
