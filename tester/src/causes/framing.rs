//! The end of a request: its content, what a client waits for, and several requests at once.

use super::rules::Rule;
use crate::http::sent::{Request, Sent};

/// Finds why no response came to a request that the program may wait for more of. `answered_before`: an earlier request
/// on the connection was answered.
pub(super) fn of_silence(sent: &Sent, answered_before: bool) -> Option<Rule> {
    if sent.is_pipeline() && answered_before {
        Some(Rule::RestOfRead)
    } else if sent.first().is_some_and(Request::expects_continue) {
        Some(Rule::BothWait)
    } else if sent.is_chunked() {
        Some(Rule::ChunkLost)
    } else {
        (sent.missing_content() > 0).then_some(Rule::ContentAwaited)
    }
}

/// Finds why bytes follow the response.
pub(super) fn of_surplus(bytes: &[u8], sent: &Sent) -> Option<Rule> {
    let response = bytes.starts_with(b"HTTP/");
    let closes = |value: &[u8]| value.eq_ignore_ascii_case(b"close");
    let mut requests = sent.requests().iter();
    if response && requests.any(|request| request.values("Connection").any(closes)) {
        Some(Rule::AnsweredAfterClose)
    } else if bytes.starts_with(b"HTTP/1.1 100 ") {
        Some(Rule::InterimLate)
    } else if response && sent.missing_content() > 0 {
        Some(Rule::AnsweredHalfTheContent)
    } else {
        let framed = sent.first().is_some_and(Request::is_framed);
        (response && framed && !sent.content().is_empty()).then_some(Rule::ContentTakenForRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_explained_by_what_the_program_may_wait_for() {
        let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        for (request, before, rule) in [
            (get.to_owned(), true, None),
            (get.repeat(2), true, Some(Rule::RestOfRead)),
            (get.repeat(2), false, None),
            ("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n".to_owned(), false, Some(Rule::BothWait)),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), false, Some(Rule::ChunkLost)),
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc".to_owned(), false, Some(Rule::ContentAwaited)),
        ] {
            assert_eq!(of_silence(&Sent::new(request.as_bytes()), before), rule, "{request:?}");
        }
    }

    #[test]
    fn a_second_response_is_explained_by_the_content() {
        for (request, bytes, rule) in [
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400 ", Some(Rule::ContentTakenForRequest)),
            ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 201 ", Some(Rule::AnsweredHalfTheContent)),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "abc", None),
            ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 100 Continue", Some(Rule::InterimLate)),
            ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK", None),
            (
                "GET / HTTP/1.1\r\nConnection: Close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
                "HTTP/1.1 200 OK",
                Some(Rule::AnsweredAfterClose),
            ),
        ] {
            assert_eq!(of_surplus(bytes.as_bytes(), &Sent::new(request.as_bytes())), rule, "{request:?} {bytes}");
        }
    }
}
