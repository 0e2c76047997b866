//! Rows against the state machine alone: how the bytes are cut makes no difference.

use std::{fmt, iter::once};

use http_server::http::{
    connection::{Connection, Event},
    limits::Limits,
    rejection::Rejection,
    request::Request,
    response_head::ResponseHead,
    status::Status,
};

use crate::{
    fixtures::fill_in,
    row::{End, Kind, Row},
};

/// Rows up to this size are also sent one byte at a time, longer ones in a thousand pieces.
const BYTE_BY_BYTE: usize = 16 * 1024;
/// Rows up to this size are cut in two at every byte, longer ones at fewer places the longer they are.
const EVERY_CUT: usize = 2 * 1024;

/// An event, as far as it matters what it says.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Request(Bytes),
    /// All content of a request: where its pieces end is where the bytes were cut.
    Content(Bytes),
    Rejected(u16),
    Open,
    Closed,
}

#[derive(PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl Seen {
    fn request(request: &Request<'_>) -> Self {
        let mut bytes = [request.method.token().as_bytes(), b" ", request.raw_target].concat();
        for field in request.fields.iter() {
            bytes.extend([b" {", field.name, b": ", field.value, b"}"].concat());
        }
        Seen::Request(Bytes(bytes))
    }
}

pub(crate) fn run(row: &Row) {
    let values = ["{etag}", "{text-etag}", "{gzip-etag}"].map(|place| (place, "\"tag\"".to_owned()));
    let sends = [&fill_in(&row.sends, &values), row.sends_then.as_deref().unwrap_or_default()].concat();
    let limits = match row.server {
        Kind::Default | Kind::Website => Limits::default(),
        Kind::Limited => Limits { content: Some(10), ..Limits::default() },
    };

    let whole = feed(limits, row.waits, &sends, []);
    let step = (sends.len() / EVERY_CUT).pow(2) + 1;
    for cut in (1..sends.len()).step_by(step) {
        assert_eq!(feed(limits, row.waits, &sends, [cut]), whole, "cut at byte {cut}");
    }
    let size = if sends.len() <= BYTE_BY_BYTE { 1 } else { sends.len() / 1000 };
    let pieces = (1..sends.len()).step_by(size);
    assert_eq!(feed(limits, row.waits, &sends, pieces), whole, "sent {size} bytes at a time");

    let requests = whole.iter().filter(|seen| matches!(seen, Seen::Request(_))).count();
    let rejection = whole.iter().find(|seen| matches!(seen, Seen::Rejected(_)));
    match row.end {
        End::Rejected | End::CutShort => {
            let last = row.responses.last().expect("a rejection is a response");
            assert_eq!(rejection, Some(&Seen::Rejected(last.status)));
            assert!(requests <= row.responses.len(), "{whole:?}");
        }
        End::Open | End::Closed | End::Ended => {
            assert_eq!(requests, row.responses.len(), "{whole:?}");
            assert_eq!(rejection, None, "{whole:?}");
        }
    }
    if row.end == End::Rejected {
        let smuggled = [&sends[..], NEXT].concat();
        assert_eq!(feed(limits, row.waits, &smuggled, []), whole, "with a request behind it");
    }
    assert_eq!(whole.contains(&Seen::Open), matches!(row.end, End::Open | End::Ended), "{whole:?}");
}

/// What happens on a connection on which each request is answered when it is complete, or when its client
/// `waits` to be asked for the content.
fn feed(limits: Limits, waits: bool, input: &[u8], cuts: impl IntoIterator<Item = usize>) -> Vec<Seen> {
    let mut connection = Connection::new(limits);
    let mut seen = Vec::new();
    let mut content = Vec::new();
    let mut begin = 0;
    for end in cuts.into_iter().chain(once(input.len())) {
        loop {
            let step = connection.receive(&input[begin..end]);
            begin += step.consumed;
            assert!(begin <= end, "more is consumed than there is");
            match step.event {
                Event::NeedMore => break,
                Event::Head(request) => seen.push(Seen::request(&request)),
                Event::Body(piece) => content.extend_from_slice(piece),
                Event::End => {
                    seen.push(Seen::Content(Bytes(std::mem::take(&mut content))));
                    connection.respond(&ResponseHead::new(Status::OK), Some(0), None, &mut Vec::new());
                }
                Event::Reject(rejection) => {
                    seen.push(reject(&mut connection, rejection));
                    return seen;
                }
                Event::Closed => {
                    seen.push(Seen::Closed);
                    return seen;
                }
            }
        }
    }
    if waits {
        connection.respond(&ResponseHead::new(Status::OK), Some(0), None, &mut Vec::new());
        assert_eq!(connection.receive(b"hello").event, Event::Closed, "content that nobody asked for");
        seen.push(Seen::Closed);
        return seen;
    }
    seen.push(match connection.interrupt(&input[begin..], Rejection::Incomplete) {
        Event::Reject(rejection) => reject(&mut connection, rejection),
        _ => Seen::Open,
    });
    seen
}

fn reject(connection: &mut Connection, rejection: Rejection) -> Seen {
    connection.respond(&ResponseHead::new(rejection.status()), Some(0), None, &mut Vec::new());
    assert_eq!(connection.receive(NEXT).event, Event::Closed, "a request behind a rejection");
    Seen::Rejected(rejection.status().code())
}

const NEXT: &[u8] = b"GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
