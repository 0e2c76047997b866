//! The semantics of HTTP: rules over the kind of a difference and what was sent.

use super::{
    evidence::{Circumstances, Evidence},
    rules::Rule,
    values,
};
use crate::{
    http::{
        fault::HttpFault,
        sent::{Request, Sent},
    },
    judge::{
        difference::{Difference, FieldFault, FileFault, GzipFault, Mismatch},
        sides::Received,
    },
};

/// Fields whose names a program may look for in one spelling alone.
const USUAL: [&str; 6] = ["User-Agent", "Content-Length", "Content-Type", "Accept-Encoding", "Connection", "Host"];

/// Checks whether a program has taken the first piece of a head for all of it. What then differs depends on where the
/// head was cut, and on when the pieces came; the cause must not.
pub(super) fn in_pieces(evidence: &Evidence) -> Option<Rule> {
    let Evidence { difference, response, sent, circumstances } = evidence;
    let pieces = circumstances.pieces && spelling(sent).is_none();
    let taken_for_whole = match &difference.what {
        Mismatch::Status { got, .. } => pieces && matches!(got, 400 | 404),
        Mismatch::Unanswered { head_begun: false, .. } => circumstances.pieces && !circumstances.answered_before,
        Mismatch::Surplus { requested: true, .. } => {
            let begun = sent.requests().last().is_some_and(|request| !request.head_is_whole());
            difference.received.starts_with(b"HTTP/") && (begun || circumstances.pieces)
        }
        // A field that the first piece did not hold is missing in the response, or cut.
        what if *what == Mismatch::Body || what.is_field("Content-Length", FieldFault::Value) => {
            let cut = circumstances.content_ends_with_piece;
            pieces && response.is_some_and(|(_, received)| cut || received.content.is_empty())
        }
        _ => false,
    };
    taken_for_whole.then_some(Rule::HeadInPieces)
}

/// The cause that HTTP knows.
pub(super) fn of(evidence: &Evidence) -> Option<Rule> {
    let Evidence { difference, response, sent, circumstances } = evidence;
    let received = response.map(|(_, received)| received);
    match &difference.what {
        Mismatch::Status { wanted, got } => of_status(wanted, *got, sent),
        Mismatch::StatusLine => Some(Rule::StatusLineBytes),
        Mismatch::Field { fault: FieldFault::Value, .. } => values::of(difference),
        Mismatch::Field { name, fault } => of_field(name, *fault, received?, sent),
        Mismatch::CloseOnPersistent => Some(Rule::CloseUnasked),
        Mismatch::BodyUnlisted => Some(Rule::NoBodyShown),
        Mismatch::Body | Mismatch::Gzip(GzipFault::Content) => {
            difference.received.is_empty().then(|| spelling(sent).unwrap_or(Rule::BodyEmpty))
        }
        Mismatch::BodyShort { .. } => Some(Rule::LengthOrBodyShort),
        Mismatch::BodyUndelimited => Some(Rule::NoLength),
        // A fault of the framing is told by its own sentence.
        Mismatch::Malformed(fault) if received.is_none() => of_malformed(*fault, difference),
        Mismatch::Silence { head_begun: true, .. } | Mismatch::Unanswered { head_begun: true, .. } => {
            let whole = memchr::memmem::find(&difference.received, b"\r\n\r\n").is_some();
            (!whole).then_some(Rule::HeadUnfinished)
        }
        Mismatch::Silence { head_begun: false, .. } => Some(of_silence(sent, *circumstances)),
        Mismatch::Unanswered { head_begun: false, .. } => {
            Some(if circumstances.answered_before { Rule::ClosedAfterResponse } else { Rule::GaveUp })
        }
        Mismatch::Surplus { requested, .. } => Some(of_surplus(&difference.received, *requested, sent)),
        Mismatch::Interim(_) => {
            let old = sent.version() == Some(b"HTTP/1.0");
            Some(if old { Rule::InterimTo10 } else { Rule::InterimUnasked })
        }
        Mismatch::Reset => Some(Rule::ClosedUnread),
        Mismatch::ClosedEarly(_) => Some(Rule::ClosedUnasked),
        Mismatch::StillOpen(_) => Some(if circumstances.refused {
            Rule::RefusedNotClosed
        } else if circumstances.finished {
            Rule::EndNotSeen
        } else {
            Rule::CloseNotDone
        }),
        Mismatch::File { fault, .. } => match fault {
            FileFault::Missing => Some(Rule::FileNotWritten),
            FileFault::Unexpected => Some(Rule::FileOutside),
            FileFault::Contents if difference.received.is_empty() => Some(spelling(sent).unwrap_or(Rule::FileEmpty)),
            FileFault::Contents | FileFault::Unreadable(_) => None,
        },
        Mismatch::Gzip(_)
        | Mismatch::Lacks(_)
        | Mismatch::Holds(_)
        | Mismatch::Malformed(_)
        | Mismatch::StoppedReading(_) => None,
    }
}

fn of_status(wanted: &[u16], got: u16, sent: &Sent) -> Option<Rule> {
    let wants = |status| wanted.contains(&status);
    Some(match got {
        404 if wants(200) || wants(201) => spelling(sent).unwrap_or(Rule::NotRecognised),
        200..=299 if wants(400) => Rule::NotARequest,
        200 if wants(404) => Rule::UnknownPathTaken,
        400 => Rule::TakenForMalformed,
        405 | 501 => Rule::MethodNotRecognised,
        200 if wants(201) => Rule::CreatedIs201,
        500..=599 => Rule::OwnError,
        _ => return None,
    })
}

fn of_field(name: &str, fault: FieldFault, received: &Received, sent: &Sent) -> Option<Rule> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    match fault {
        FieldFault::Missing => {
            let line = format!("{name}:");
            Some(if memchr::memmem::find(&received.content, line.as_bytes()).is_some() {
                Rule::FieldInBody
            } else if is("Content-Length") && received.head.all("Transfer-Encoding").next().is_some() {
                Rule::ChunkedNotLength
            } else if is("Content-Encoding") {
                spelling(sent).unwrap_or(Rule::GzipOfferNotFound)
            } else if is("Connection") {
                spelling(sent).unwrap_or(Rule::CloseNotSaid)
            } else if received.head.fields.is_empty() {
                Rule::HeadWithoutFields
            } else {
                Rule::FieldNotWritten
            })
        }
        FieldFault::Case => Some(Rule::ValueCase),
        FieldFault::Unlisted => Some(Rule::FieldNotShown),
        FieldFault::Forbidden { .. } if is("Content-Encoding") => Some(Rule::CodingUnasked),
        FieldFault::Forbidden { .. } | FieldFault::Repeated(_) | FieldFault::Value => None,
    }
}

fn of_malformed(fault: HttpFault, difference: &Difference) -> Option<Rule> {
    match fault {
        HttpFault::LoneLf => Some(Rule::LineEndsNotCrLf),
        _ if difference.at == 0 && !difference.received.starts_with(b"HTTP") => Some(Rule::BytesLeftOver),
        HttpFault::NoColon => Some(Rule::NoEmptyLine),
        _ => None,
    }
}

fn of_silence(sent: &Sent, circumstances: Circumstances) -> Rule {
    match spelling(sent) {
        Some(rule) if sent.field("Content-Length").is_some() => rule,
        _ if circumstances.finished => Rule::EndNotSeen,
        _ => Rule::WaitsOrBusy,
    }
}

/// Checks whether a request asks for something only if it has changed.
fn is_conditional(sent: &Sent) -> bool {
    sent.field("If-None-Match").or(sent.field("If-Modified-Since")).is_some()
}

fn of_surplus(bytes: &[u8], requested: bool, sent: &Sent) -> Rule {
    let response = bytes.starts_with(b"HTTP/");
    if !requested {
        Rule::SpokeFirst
    } else if response {
        Rule::SecondResponse
    } else if sent.method() == b"HEAD" {
        Rule::ContentToHead
    } else if is_conditional(sent) {
        Rule::ContentIn304
    } else if matches!(bytes, b"\n" | b"\r\n" | b"\r\n\r\n") {
        Rule::LineEndAfterBody
    } else {
        Rule::BodyBeyondLength
    }
}

/// Finds what is unusual in the spelling of a request's target or fields.
fn spelling(sent: &Sent) -> Option<Rule> {
    let request = sent.first()?;
    if request.line().contains(&b'%') {
        return Some(Rule::PercentEncoded);
    }
    let unusual =
        |name: &[u8]| USUAL.iter().any(|usual| usual.as_bytes() != name && usual.as_bytes().eq_ignore_ascii_case(name));
    Request::fields(request).any(|(name, _)| unusual(name)).then_some(Rule::FieldNameCase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::response,
        judge::{
            difference::{Ended, samples},
            sides::{End, Expected},
        },
        transcript::BodyRule,
    };

    fn evidence<'a>(difference: &'a Difference, sent: &'a Sent<'a>, circumstances: Circumstances) -> Evidence<'a> {
        Evidence { difference, response: None, sent, circumstances }
    }

    #[test]
    fn a_status_is_explained_whatever_the_order_of_those_expected() {
        let plain = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
        let odd = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
        for (request, wanted, got, rule) in [
            (&plain[..], &[200][..], 404, Some(Rule::NotRecognised)),
            (plain, &[201, 200], 404, Some(Rule::NotRecognised)),
            (odd, &[200], 404, Some(Rule::FieldNameCase)),
            (b"GET /%61 HTTP/1.1\r\n\r\n", &[200], 404, Some(Rule::PercentEncoded)),
            (plain, &[501, 400], 200, Some(Rule::NotARequest)),
            (plain, &[404], 200, Some(Rule::UnknownPathTaken)),
            (plain, &[200], 400, Some(Rule::TakenForMalformed)),
            (plain, &[200], 501, Some(Rule::MethodNotRecognised)),
            (plain, &[201], 200, Some(Rule::CreatedIs201)),
            (plain, &[200], 500, Some(Rule::OwnError)),
            (plain, &[200], 302, None),
        ] {
            let sent = Sent::new(request);
            assert_eq!(of_status(wanted, got, &sent), rule, "{wanted:?} {got}");
        }
    }

    #[test]
    fn a_head_in_pieces_is_the_cause_whatever_differs() {
        let whole = Sent::new(b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: abc\r\n\r\n");
        let begun = Sent::new(b"GET / HTTP/1.1\r\n\r\nGET");
        let odd = Sent::new(b"GET /%61 HTTP/1.1\r\nHost: x\r\n\r\n");
        let pieces = Circumstances { pieces: true, ..Circumstances::default() };
        let cut = Circumstances { content_ends_with_piece: true, ..pieces };
        let head = response::head(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").unwrap().unwrap();
        let received = Received { head, content: b"ab".to_vec(), end: End::Framed };
        let expected = Expected { statuses: vec![200], reason: None, fields: Vec::new(), body: BodyRule::Any };
        let status = |got| Difference::bare(Mismatch::Status { wanted: vec![200], got });
        let length = Mismatch::Field { name: "Content-Length".to_owned(), fault: FieldFault::Value };
        let surplus = Mismatch::Surplus { count: 9, requested: true };
        let second = Difference::new(surplus, b"", b"HTTP/1.1 ");
        let closed = Difference::bare(Mismatch::Unanswered { how: Ended::Reset, head_begun: false });
        for (difference, sent, circumstances, found) in [
            (status(400), &whole, pieces, true),
            (status(404), &whole, pieces, true),
            (status(404), &odd, pieces, false),
            (status(404), &whole, Circumstances::default(), false),
            (status(500), &whole, pieces, false),
            (Difference::bare(Mismatch::Body), &whole, cut, true),
            (Difference::bare(length), &whole, cut, true),
            (Difference::bare(Mismatch::Body), &whole, pieces, false),
            (closed.clone(), &whole, pieces, true),
            (closed, &whole, Circumstances { answered_before: true, ..pieces }, false),
            (second.clone(), &whole, pieces, true),
            (second.clone(), &begun, Circumstances::default(), true),
            (second, &whole, Circumstances::default(), false),
        ] {
            let response = Some((&expected, &received));
            let evidence = Evidence { difference: &difference, response, sent, circumstances };
            assert_eq!(in_pieces(&evidence).is_some(), found, "{evidence:?}");
        }
    }

    #[test]
    fn the_end_of_a_connection_is_explained_by_what_came_before() {
        let sent = Sent::new(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let rule = |what: Mismatch, circumstances| of(&evidence(&Difference::bare(what), &sent, circumstances));
        let none = Circumstances::default();
        let closed = || Mismatch::Unanswered { how: Ended::Closed, head_begun: false };
        assert_eq!(rule(closed(), none), Some(Rule::GaveUp));
        let before = Circumstances { answered_before: true, pieces: true, ..none };
        assert_eq!(rule(closed(), before), Some(Rule::ClosedAfterResponse));
        let open = || Mismatch::StillOpen(std::time::Duration::from_secs(1));
        assert_eq!(rule(open(), none), Some(Rule::CloseNotDone));
        assert_eq!(rule(open(), Circumstances { finished: true, ..none }), Some(Rule::EndNotSeen));
        assert_eq!(rule(open(), Circumstances { finished: true, refused: true, ..none }), Some(Rule::RefusedNotClosed));
    }

    #[test]
    fn what_follows_a_response_is_explained() {
        for (request, bytes, rule) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n", Rule::LineEndAfterBody),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", Rule::SecondResponse),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "abc", Rule::BodyBeyondLength),
            ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "abc", Rule::ContentToHead),
            ("GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n", "abc", Rule::ContentIn304),
        ] {
            let sent = Sent::new(request.as_bytes());
            assert_eq!(of_surplus(bytes.as_bytes(), true, &sent), rule, "{request:?} {bytes:?}");
        }
        assert_eq!(of_surplus(b"HTTP/1.1 200 OK\r\n", false, &Sent::new(b"")), Rule::SpokeFirst);
    }

    #[test]
    fn no_difference_is_explained_by_a_rule_that_needs_more_than_is_known() {
        let sent = Sent::new(b"");
        for (what, ..) in samples::all() {
            let difference = Difference::bare(what);
            // It must not panic, and of a field nothing can be said without a head.
            let rule = of(&evidence(&difference, &sent, Circumstances::default()));
            assert!(rule.is_none() || !matches!(difference.what, Mismatch::Field { .. }), "{rule:?}");
        }
    }
}
