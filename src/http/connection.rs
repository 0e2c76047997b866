//! One HTTP/1.1 connection as a state machine without I/O: bytes in, events out; a response in, its
//! head and framing out.
//!
//! | state       | waits for                       | then                                               |
//! |-------------|---------------------------------|----------------------------------------------------|
//! | `Head`      | the empty line that ends a head | `Data` or `ChunkLine` if there is content; `End`   |
//! | `Data`      | bytes of content or of a chunk  | `End`; `ChunkEnd` in a chunk                       |
//! | `ChunkLine` | a chunk's size line             | `Data`; `Trailers` after size 0                    |
//! | `ChunkEnd`  | CR LF                           | `ChunkLine`                                        |
//! | `Trailers`  | the empty line that ends them   | `End`                                              |
//! | `End`       | nothing                         | `Complete`                                         |
//! | `Complete`  | the response, if it is owed     | `Head` if the connection persists, else `Closed`   |
//! | `Closed`    | nothing: further bytes are void |                                                    |
//!
//! A rejection leads to `Closed` from anywhere, and so does a response that comes before `Complete`.
//!
//! The caller keeps the bytes: it passes what has arrived and not been consumed, and is told how much of
//! it to drop. How the bytes were cut into packets makes no difference to the events (a property test
//! holds it to that), and no length that a client names sizes a buffer.

use memchr::memchr;

use super::{
    fields::Fields,
    grammar::{self, RequestLine},
    limits::{CHUNK_LINE_LIMIT, EXTENSIONS_LIMIT, Limits, TRAILERS_LIMIT},
    list::members,
    method::Method,
    rejection::Rejection,
    request::{Request, Target, Version},
    response_head::{ResponseHead, content_length, field_line},
    scan::{bad_byte, is_section_complete},
};

/// The meaning of the bytes received.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Nothing yet: read more, or respond to the request that is complete.
    NeedMore,
    /// The head of a request. Its content, if any, follows as `Body`, then `End`.
    Head(Request<'a>),
    /// A piece of the request's content, framing removed; never empty.
    Body(&'a [u8]),
    /// The request is complete.
    End,
    /// The request is refused: respond with the rejection's status. Nothing more will be read.
    Reject(Rejection),
    /// The connection is over.
    Closed,
}

/// An event and how many bytes of the input it used up.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Bytes to drop from the front of the input before the next call.
    pub consumed: usize,
    pub event: Event<'a>,
}

/// The way in which the content of a response is delimited (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No content is sent: HEAD, 204, 304.
    None,
    /// Exactly this many bytes.
    Length(u64),
    /// As chunks, ended by a last chunk.
    Chunked,
    /// Up to the end of the stream: content of unknown length to a client of HTTP/1.0.
    UntilClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// `scanned` bytes of the input are known to hold neither the end of the head nor a bad byte.
    Head {
        scanned: usize,
        blank_line_skipped: bool,
    },
    Data {
        remaining: u64,
        chunked: bool,
    },
    ChunkLine {
        scanned: usize,
    },
    ChunkEnd,
    Trailers {
        scanned: usize,
    },
    End,
    Complete,
    Closed,
}

/// The server's side of one connection.
#[derive(Debug)]
pub struct Connection {
    limits: Limits,
    state: State,
    /// True if the request at hand has got its response.
    responded: bool,
    /// True if the connection outlives the request at hand, as far as is known.
    persistent: bool,
    /// True if the client waits for `100 Continue` before it sends the content.
    awaits_continue: bool,
    /// True if the response goes without content because the request is HEAD.
    head_only: bool,
    version: Version,
    /// Bytes of content received, and of chunk extensions.
    content: u64,
    extensions: u64,
}

impl Connection {
    /// A connection on which nothing has happened yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Connection {
            limits,
            state: State::Head { scanned: 0, blank_line_skipped: false },
            responded: false,
            persistent: true,
            awaits_continue: false,
            head_only: false,
            version: Version::HTTP_1_1,
            content: 0,
            extensions: 0,
        }
    }

    /// Looks at the bytes that have arrived and are not consumed yet. Call it again, with the rest of the
    /// input, until it says `NeedMore`, `Reject` or `Closed`.
    pub fn receive<'a>(&mut self, input: &'a [u8]) -> Step<'a> {
        let result = loop {
            match self.state {
                State::Complete if self.responded && self.persistent => *self = Connection::new(self.limits),
                State::Complete if self.responded => self.state = State::Closed,
                State::Closed => break Ok(Step { consumed: input.len(), event: Event::Closed }),
                // The rest of a request that the response did not wait for.
                _ if self.responded => self.state = State::Closed,
                State::Complete => break need_more(),
                State::Head { scanned, blank_line_skipped } => break self.head(input, scanned, blank_line_skipped),
                State::Data { remaining, chunked } => break self.data(input, remaining, chunked),
                State::ChunkLine { scanned } => break self.chunk_line(input, scanned),
                State::ChunkEnd => break self.chunk_end(input),
                State::Trailers { scanned } => break self.trailers(input, scanned),
                State::End => {
                    self.state = State::Complete;
                    break Ok(Step { consumed: 0, event: Event::End });
                }
            }
        };
        result.unwrap_or_else(|rejection| {
            self.persistent = false;
            self.state = State::Closed;
            Step { consumed: input.len(), event: Event::Reject(rejection) }
        })
    }

    /// Draws the conclusion when the rest of a request will not come, with `input` left over: between two requests
    /// nothing, within one a rejection for the reason given (RFC 9112 section 8), unless it has got its response.
    /// A complete request still gets its response.
    pub fn interrupt(&mut self, input: &[u8], reason: Rejection) -> Event<'static> {
        let owed = self.is_within_request(input) && !self.responded;
        self.persistent = false;
        self.state = State::Closed;
        if owed { Event::Reject(reason) } else { Event::Closed }
    }

    /// True if a request has begun to arrive and is not complete: silence is then a request that takes too
    /// long, not a client that has nothing to ask.
    pub(crate) fn is_within_request(&self, input: &[u8]) -> bool {
        match self.state {
            State::Head { .. } => !input.is_empty(),
            State::End | State::Complete | State::Closed => false,
            State::Data { .. } | State::ChunkLine { .. } | State::ChunkEnd | State::Trailers { .. } => true,
        }
    }

    /// Kept out of its callers' frames, which are on the stack while the response is made: stack pages, once
    /// touched, are what an idle client costs.
    #[inline(never)]
    fn head<'a>(&mut self, input: &'a [u8], scanned: usize, blank_line_skipped: bool) -> Result<Step<'a>, Rejection> {
        // RFC 9112 section 2.2: an empty line before the request line is skipped. Some clients send one too
        // many after the content of the request before.
        if !blank_line_skipped && input.starts_with(b"\r\n") {
            self.state = State::Head { scanned: 0, blank_line_skipped: true };
            let step = self.head(&input[2..], 0, true)?;
            return Ok(Step { consumed: step.consumed + 2, ..step });
        }
        let window = &input[..input.len().min(self.limits.head)];
        // Known before the rest is judged: RFC 9110 section 9.3.2 allows no content in a refusal either.
        self.head_only = window.starts_with(b"HEAD ");
        if !is_section_complete(window, scanned) {
            if let Some(bad) = bad_byte(window, scanned) {
                return Err(grammar::request_head(&window[..=bad], self.limits.fields)
                    .err()
                    .unwrap_or(Rejection::LineEnd));
            }
            let line_end = memchr(b'\n', window);
            if let Some(end) = line_end.filter(|&end| end >= scanned) {
                // A malformed request line cannot be mended by what follows.
                grammar::request_line_only(&window[..=end])?;
            }
            if input.len() >= self.limits.head {
                return Err(match line_end {
                    None => grammar::overlong_request_line(window),
                    Some(_) => Rejection::FieldsTooLarge,
                });
            }
            self.state = State::Head { scanned: window.len(), blank_line_skipped };
            return need_more();
        }
        let (line, fields, length) = grammar::request_head(window, self.limits.fields)?;
        let request = self.judge(line, fields, &window[..length])?;
        Ok(Step { consumed: length, event: Event::Head(request) })
    }

    /// Judges what a head means for the connection: which request it is, how its content is delimited, and
    /// whether the connection persists.
    fn judge<'a>(
        &mut self,
        line: RequestLine<'a>,
        fields: Fields<'a>,
        head: &'a [u8],
    ) -> Result<Request<'a>, Rejection> {
        if line.version.major != 1 {
            return Err(Rejection::MajorVersion);
        }
        if line.target.len() > self.limits.target {
            return Err(Rejection::TargetTooLong);
        }
        let target = grammar::request_target(line.target)?;

        let mut host = None;
        let mut length = None;
        let mut coding = None;
        let mut close = false;
        let mut keep_alive = false;
        let mut expectation = None;
        for field in fields.iter() {
            let is = |name: &[u8]| field.name.eq_ignore_ascii_case(name);
            if is(b"host") {
                grammar::host(field.value)?;
                once(&mut host, field.value, Rejection::Host)?;
            } else if is(b"expect") {
                for member in members(field.value) {
                    let known = member.eq_ignore_ascii_case(b"100-continue");
                    expectation = Some(known && expectation.unwrap_or(true));
                }
            } else if is(b"connection") {
                for option in members(field.value) {
                    close |= option.eq_ignore_ascii_case(b"close");
                    keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            } else if is(b"content-length") {
                once(&mut length, grammar::content_length(field.value)?, Rejection::ContentLength)?;
            } else if is(b"transfer-encoding") {
                // A repeated field line is a list (RFC 9110 section 5.3), and no list is `chunked` alone.
                once(&mut coding, field.value, Rejection::TransferEncoding)?;
            }
        }

        // RFC 9112 section 3.2: "any HTTP/1.1 request message that lacks a Host header field".
        if host.is_none() && line.version >= Version::HTTP_1_1 {
            return Err(Rejection::Host);
        }
        // RFC 9112 sections 6.1 and 6.3: a length in two forms, or chunked from a client of 1.0, is how
        // requests are smuggled.
        if let Some(coding) = coding {
            if length.is_some() || line.version < Version::HTTP_1_1 {
                return Err(Rejection::TransferEncoding);
            }
            grammar::transfer_coding(coding)?;
        }
        if let Some((length, limit)) = length.zip(self.limits.content)
            && length > limit
        {
            return Err(Rejection::ContentTooLarge);
        }
        let method = Method::from_token(line.method).filter(|&method| method != Method::Connect);
        let method = method.ok_or(Rejection::Method)?;
        match target {
            Target::Asterisk if method != Method::Options => return Err(Rejection::TargetForm),
            Target::Authority(_) => return Err(Rejection::TargetForm),
            _ => {}
        }
        // RFC 9110 section 10.1.1: an expectation of 100-continue in HTTP/1.0 is ignored.
        if expectation == Some(false) {
            return Err(Rejection::Expectation);
        }

        self.state = match (coding, length.unwrap_or(0)) {
            (Some(_), _) => State::ChunkLine { scanned: 0 },
            (None, 0) => State::End,
            (None, remaining) => State::Data { remaining, chunked: false },
        };
        self.version = line.version;
        self.awaits_continue = expectation.is_some() && line.version >= Version::HTTP_1_1 && self.state != State::End;
        // RFC 9112 section 9.3.
        self.persistent = !close && (line.version >= Version::HTTP_1_1 || keep_alive);
        Ok(Request { method, target, raw_target: line.target, version: line.version, fields, head })
    }

    /// Content, of a message or of one chunk.
    fn data<'a>(&mut self, input: &'a [u8], remaining: u64, chunked: bool) -> Result<Step<'a>, Rejection> {
        if input.is_empty() {
            return need_more();
        }
        let length = usize::try_from(remaining).unwrap_or(usize::MAX).min(input.len());
        self.state = match remaining - length as u64 {
            0 if chunked => State::ChunkEnd,
            0 => State::End,
            remaining => State::Data { remaining, chunked },
        };
        self.awaits_continue = false;
        self.content += length as u64;
        if self.limits.content.is_some_and(|limit| self.content > limit) {
            return Err(Rejection::ContentTooLarge);
        }
        Ok(Step { consumed: length, event: Event::Body(&input[..length]) })
    }

    fn chunk_line<'a>(&mut self, input: &'a [u8], scanned: usize) -> Result<Step<'a>, Rejection> {
        let window = &input[..input.len().min(CHUNK_LINE_LIMIT)];
        let Some(end) = memchr(b'\n', &window[scanned..]) else {
            if let Some(bad) = bad_byte(window, scanned) {
                return Err(grammar::chunk_line(&window[..=bad]).err().unwrap_or(Rejection::LineEnd));
            }
            if input.len() >= CHUNK_LINE_LIMIT {
                return Err(Rejection::ChunkTooLarge);
            }
            self.state = State::ChunkLine { scanned: window.len() };
            return need_more();
        };
        let length = scanned + end + 1;
        let (size, extensions) = grammar::chunk_line(&window[..length])?;
        self.awaits_continue = false;
        self.extensions += extensions as u64;
        if self.extensions > EXTENSIONS_LIMIT + self.content {
            return Err(Rejection::ChunkTooLarge);
        }
        self.state =
            if size == 0 { State::Trailers { scanned: 0 } } else { State::Data { remaining: size, chunked: true } };
        self.then(input, length)
    }

    fn chunk_end<'a>(&mut self, input: &'a [u8]) -> Result<Step<'a>, Rejection> {
        match input {
            [b'\r', b'\n', ..] => {
                self.state = State::ChunkLine { scanned: 0 };
                self.then(input, 2)
            }
            [] | [b'\r'] => need_more(),
            _ => Err(Rejection::Chunk),
        }
    }

    /// Goes on behind framing that is no event of its own.
    fn then<'a>(&mut self, input: &'a [u8], consumed: usize) -> Result<Step<'a>, Rejection> {
        let step = self.receive(&input[consumed..]);
        Ok(Step { consumed: step.consumed + consumed, ..step })
    }

    fn trailers<'a>(&mut self, input: &'a [u8], scanned: usize) -> Result<Step<'a>, Rejection> {
        let window = &input[..input.len().min(TRAILERS_LIMIT)];
        if !window.starts_with(b"\r\n") && !is_section_complete(window, scanned) {
            if let Some(bad) = bad_byte(window, scanned) {
                let result = grammar::field_section(&window[..=bad], self.limits.fields);
                return Err(result.err().unwrap_or(Rejection::LineEnd));
            }
            if input.len() >= TRAILERS_LIMIT {
                return Err(Rejection::ChunkTooLarge);
            }
            self.state = State::Trailers { scanned: window.len() };
            return need_more();
        }
        // Checked, then dropped: a trailer field may only be used if its definition allows that
        // (RFC 9110 section 6.5.1), and no handler knows one that does.
        let (_, length) = grammar::field_section(window, self.limits.fields)?;
        self.state = State::Complete;
        Ok(Step { consumed: length, event: Event::End })
    }

    /// True if the client has said that it waits for `100 Continue`, and has sent nothing of its content
    /// since. Who is about to read the content sends [`CONTINUE`] first (RFC 9110 section 10.1.1).
    pub(crate) fn take_continue(&mut self) -> bool {
        std::mem::take(&mut self.awaits_continue)
    }

    /// True if the rest of the content is on its way, without being asked for, and is at most `limit` bytes
    /// as far as is known.
    pub(crate) fn sends_at_most(&self, limit: u64) -> bool {
        !self.awaits_continue && !matches!(self.state, State::Data { remaining, .. } if remaining > limit)
    }

    /// True if the content of the request is known to be longer than this many bytes, before all of it has come.
    pub(crate) fn content_exceeds(&self, limit: u64) -> bool {
        let announced = if let State::Data { remaining, chunked: false } = self.state { remaining } else { 0 };
        self.content.saturating_add(announced) > limit
    }

    /// Announces that the connection ends with the next response.
    pub fn close(&mut self) {
        self.persistent = false;
    }

    /// Appends the head of the response to the request at hand, and says how its content is to be sent. `length` is that
    /// of the content in bytes, if it is known; `date` is the value of the `Date` field, if there is to be one.
    pub fn respond(
        &mut self,
        head: &ResponseHead<'_>,
        length: Option<u64>,
        date: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Framing {
        let framing = match length {
            _ if head.status.is_bodyless() => Framing::None,
            Some(length) => Framing::Length(length),
            None if self.version >= Version::HTTP_1_1 => Framing::Chunked,
            None => Framing::UntilClose,
        };
        // RFC 9112 section 9.6: say so if the connection will not be used again. A response before the end of
        // the request is such a case: where the next would begin is not known yet.
        if self.state != State::Complete || (framing == Framing::UntilClose && !self.head_only) {
            self.persistent = false;
        }

        out.extend_from_slice(head.status.line().as_bytes());
        for (name, value) in &head.fields {
            field_line(name, value, out);
        }
        match framing {
            Framing::Length(length) => content_length(length, out),
            Framing::Chunked => field_line("Transfer-Encoding", b"chunked", out),
            Framing::None | Framing::UntilClose => {}
        }
        if let Some(date) = date {
            field_line("Date", date.as_bytes(), out);
        }
        if !self.persistent {
            field_line("Connection", b"close", out);
        } else if self.version < Version::HTTP_1_1 {
            field_line("Connection", b"keep-alive", out);
        }
        out.extend_from_slice(b"\r\n");

        self.responded = true;
        if self.head_only { Framing::None } else { framing }
    }
}

/// The interim response for a client that waits before it sends content.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn need_more<'a>() -> Result<Step<'a>, Rejection> {
    Ok(Step { consumed: 0, event: Event::NeedMore })
}

/// Takes the value of a field that may stand only once.
fn once<T>(slot: &mut Option<T>, value: T, otherwise: Rejection) -> Result<(), Rejection> {
    if slot.replace(value).is_some() { Err(otherwise) } else { Ok(()) }
}
