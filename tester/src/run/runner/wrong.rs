//! Makes a failure of a difference: with its likely cause, and the exchange as evidence.

use super::state::Runner;
use crate::{
    causes::{self, Circumstances, Evidence, Listed},
    http::sent::Sent,
    judge::{
        difference::{Class, Difference},
        sides::{Expected, Received},
    },
    run::{
        connection::{Connection, Traffic},
        events::Entry,
        failure::{Failure, Wrong},
    },
    transcript::{Action, Expect, Step, values::Scope},
};

/// The bytes that were sent last, and what came too early.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The requests since the last response to a whole request; a `100 Continue` in between does not count.
    pub(super) sent: Vec<u8>,
    /// A response came before the head of its request was whole.
    half_a_head: bool,
    /// A response came before the content of its request was whole.
    half_the_content: bool,
    /// The first request was begun before the response to the one before it had come.
    begun_before: bool,
}

impl Exchange {
    /// The last exchange of a connection.
    fn last(traffic: &[Traffic]) -> Exchange {
        let mut exchange = Exchange::default();
        // Bytes that have come since the last sending, if any.
        let mut next = None;
        for entry in traffic {
            match entry {
                Traffic::Sent(bytes) => {
                    exchange = next.take().unwrap_or(exchange);
                    exchange.sent.extend_from_slice(bytes);
                }
                Traffic::Received(bytes) if !exchange.sent.is_empty() && !bytes.starts_with(b"HTTP/1.1 100 ") => {
                    next = Some(exchange.next());
                }
                Traffic::Received(_) | Traffic::Finished | Traffic::Ended(_) => {}
            }
        }
        exchange
    }

    /// The beginning that the next sending continues, now that a response has come: half a request, or nothing.
    fn next(&self) -> Exchange {
        let sent = Sent::new(&self.sent);
        match sent.requests() {
            // The response can only be to this half.
            [half] if !half.is_complete() => Exchange {
                half_a_head: self.half_a_head || !half.head_is_whole(),
                half_the_content: self.half_the_content || half.head_is_whole(),
                ..self.clone()
            },
            // The response is to one of those before.
            [_, .., half] if !half.is_complete() => {
                let rest = half.head().len() + half.content().len();
                let sent = self.sent[self.sent.len() - rest..].to_vec();
                Exchange { sent, begun_before: true, ..Exchange::default() }
            }
            _ => Exchange::default(),
        }
    }
}

impl Runner<'_> {
    /// Fails, or notes a deviation where those are tolerated.
    ///
    /// # Errors
    /// The difference is not tolerated.
    pub(super) fn note_or_fail(
        &mut self,
        line: usize,
        name: &str,
        difference: Difference,
        response: Option<(&Expected, &Received)>,
    ) -> Result<(), Failure> {
        if self.options.compat && difference.what.class() == Class::Deviation {
            self.log.add(Entry::Deviation(difference.what.to_string()));
            return Ok(());
        }
        Err(self.wrong(line, name, difference, response))
    }

    /// A failure on the connection `name`. `response`: what was expected and received, where a head was.
    pub(super) fn wrong(
        &self,
        line: usize,
        name: &str,
        difference: Difference,
        response: Option<(&Expected, &Received)>,
    ) -> Failure {
        self.failure(line, Some(name), difference, response)
    }

    /// A failure of a file that was written upon the last request.
    pub(super) fn wrong_on_disk(&self, line: usize, difference: Difference) -> Failure {
        let step =
            self.transcript.steps.iter().rposition(|step| step.line < line && matches!(step.action, Action::Write(_)));
        let conn = step.and_then(|index| self.transcript.steps[index].action.conn());
        self.failure(line, conn, difference, None)
    }

    fn failure(
        &self,
        line: usize,
        conn: Option<&str>,
        difference: Difference,
        response: Option<(&Expected, &Received)>,
    ) -> Failure {
        let exchange = conn.map(|conn| self.exchange(conn)).unwrap_or_default();
        let evidence = Evidence {
            difference: &difference,
            response,
            sent: &Sent::new(&exchange.sent),
            circumstances: self.circumstances(line, conn, &exchange, response),
        };
        let cause = causes::of(&evidence, &self.listed(line, conn));
        let connection = conn.and_then(|conn| self.connections.get(conn));
        let traffic = connection.map(|connection| connection.traffic.clone()).unwrap_or_default();
        Failure::Wrong(Box::new(Wrong { line, conn: conn.map(str::to_owned), difference, cause, traffic }))
    }

    /// The causes that the transcript lists for the expectation of this line, and for the last message on the
    /// connection before it: a byte too many may be noticed later.
    fn listed(&self, line: usize, conn: Option<&str>) -> Listed<'_> {
        let transcript = self.transcript;
        let about = |step: &Step| match (step.action.conn(), conn) {
            (Some(user), Some(conn)) => transcript.stands_for(user, conn),
            (None, _) => true,
            (Some(_), None) => false,
        };
        let index = transcript.steps.iter().position(|step| step.line == line).unwrap_or(transcript.steps.len());
        let (before, rest) = transcript.steps.split_at(index);
        let own = rest.first().filter(|step| about(step));
        let expects = |step: &&Step| matches!(step.action, Action::Expect(_)) && about(step);
        let last = own.filter(expects).or_else(|| before.iter().rev().find(expects));
        let mut causes: Vec<_> = own.iter().flat_map(|step| &step.causes).collect();
        if own.map(|step| step.line) != last.map(|step| step.line) {
            causes.extend(last.iter().flat_map(|step| &step.causes));
        }
        Listed {
            own: causes,
            shared: &transcript.shared,
            statuses: match last.map(|step| &step.action) {
                Some(Action::Expect(Expect { statuses, .. })) => statuses,
                _ => &[],
            },
            request: conn.map_or(0, |conn| transcript.request_of(index, conn)),
            values: self.values.clone(),
            scope: Scope { index: conn.and_then(|conn| transcript.member(conn)), message: None },
        }
    }

    /// The last exchange on a connection.
    pub(super) fn exchange(&self, name: &str) -> Exchange {
        self.connections.get(name).map(|connection| Exchange::last(&connection.traffic)).unwrap_or_default()
    }

    fn circumstances(
        &self,
        line: usize,
        conn: Option<&str>,
        exchange: &Exchange,
        response: Option<(&Expected, &Received)>,
    ) -> Circumstances {
        let connection = conn.and_then(|conn| self.connections.get(conn));
        let index = self.transcript.steps.iter().position(|step| step.line == line);
        let came = |entry: &Traffic| matches!(entry, Traffic::Received(_));
        let cuts = connection.map(|connection| connection.cuts.as_slice()).unwrap_or_default();
        let content = response.map(|(_, received)| received.content.as_slice()).filter(|content| !content.is_empty());
        let ends_with = |cut: &usize| {
            let piece = exchange.sent.get(..*cut).unwrap_or_default();
            content.is_some_and(|content| piece.ends_with(content))
        };
        Circumstances {
            pieces: exchange.begun_before || !cuts.is_empty(),
            content_ends_with_piece: cuts.iter().any(ends_with),
            half_a_head: exchange.half_a_head,
            half_the_content: exchange.half_the_content,
            finished: connection.is_some_and(Connection::finished),
            answered_before: connection.is_some_and(|connection| connection.traffic.iter().any(came)),
            refused: index.zip(conn).is_some_and(|(index, conn)| self.transcript.refused(index, conn)),
        }
    }

    /// Checks whether the head of what was sent last went out in more than one piece.
    pub(super) fn in_pieces(&self, name: &str) -> bool {
        self.connections.get(name).is_some_and(|connection| !connection.cuts.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Traffic {
        Traffic::Sent(text.into())
    }

    fn received(text: &str) -> Traffic {
        Traffic::Received(text.into())
    }

    #[test]
    fn the_last_exchange_is_told_from_those_before() {
        let get = "GET / HTTP/1.1\r\n\r\n";
        let ok = "HTTP/1.1 200 OK\r\n\r\n";
        let last = |traffic: &[Traffic]| Exchange::last(traffic).sent;
        assert_eq!(last(&[]), b"");
        assert_eq!(last(&[received("hello"), sent(get)]), get.as_bytes());
        assert_eq!(last(&[sent("HEAD / HTTP/1.1\r\n\r\n"), received(ok), sent(get), received(ok)]), get.as_bytes());
        let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        let whole = Exchange::last(&[sent(head), received(go_on), sent("hi"), received(ok)]);
        assert_eq!(whole, Exchange { sent: format!("{head}hi").into(), ..Exchange::default() });
    }

    #[test]
    fn a_response_to_half_a_request_is_seen_whenever_it_came() {
        let refusal = "HTTP/1.1 400 Bad Request\r\n\r\n";
        let early = Exchange::last(&[sent("GE"), received(refusal), sent("T / HTTP/1.1\r\n\r\n"), received(refusal)]);
        assert_eq!(
            early,
            Exchange { sent: b"GET / HTTP/1.1\r\n\r\n".to_vec(), half_a_head: true, ..Exchange::default() }
        );
        let post = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
        let early = Exchange::last(&[sent(post), sent("ab"), received(refusal), sent("cd")]);
        assert!(early.half_the_content && !early.half_a_head && early.sent.ends_with(b"abcd"));
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
        let early = Exchange::last(&[sent(chunked), received(refusal), sent("0\r\n\r\n")]);
        assert!(early.half_the_content);
        // The response was to the request before this half.
        let get = "GET / HTTP/1.1\r\n\r\n";
        let whole = Exchange::last(&[sent(&format!("{get}GE")), received(refusal), sent("T / HTTP/1.1\r\n\r\n")]);
        assert_eq!(whole, Exchange { sent: get.into(), begun_before: true, ..Exchange::default() });
        // Nothing more was sent, so the request may have been refused for good reason, or never be whole.
        let refused = Exchange::last(&[sent(post), received(refusal)]);
        assert!(!refused.half_the_content);
        // Faults of the request before are forgotten with it.
        let next = Exchange::last(&[
            sent("GE"),
            received(refusal),
            sent("T / HTTP/1.1\r\n\r\n"),
            received(refusal),
            sent(post),
        ]);
        assert_eq!(next, Exchange { sent: post.into(), ..Exchange::default() });
    }
}
