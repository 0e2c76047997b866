//! The runner's way with one answer: read it, compare it, say what held.

use std::time::{Duration, Instant};

use super::{DYING, Runner};
use crate::{
    causes::{self, Circumstances},
    http::response::{self, Framing},
    judge::compare::{self, Class, Difference, End, Expected, Received, Situation},
    run::{
        connection::{Client, Ended, Traffic},
        expect,
        failure::{Entry, Failure},
    },
    text,
    transcript::{Action, Expect, template::Piece},
};

/// Silence that ends a response without a length, and the patience with one that is wrong already.
const SILENCE: Duration = Duration::from_millis(100);

impl Runner<'_> {
    pub(super) fn answer(
        &mut self,
        index: usize,
        asked: &Expect,
        name: &str,
        member: Option<usize>,
        line: usize,
        report: bool,
    ) -> Result<(), Failure> {
        let compat = self.options.compat;
        let interim = asked.statuses.iter().all(|status| *status < 200);
        let to_head = match interim {
            true => false,
            false => self.client(name)?.heads.pop_front().unwrap_or(false),
        };
        let mut later = self.transcript.later(index + 1, name, compat);
        let next = later.next();
        let more_wanted = matches!(next, Some(Action::Expect(_)));
        let persistent = !interim
            && next
                .into_iter()
                .chain(later)
                .any(|action| matches!(action, Action::Write(_) | Action::Expect(_) | Action::Open { .. }));
        let situation = Situation { persistent, to_head };
        let deadline = Instant::now() + self.options.timeout;

        let head = loop {
            match response::head(&self.client(name)?.inbox) {
                Ok(Some(head)) if head.status < 200 && !interim && !asked.statuses.contains(&head.status) => {
                    let sent = self.last_sent(name);
                    let difference = compare::interim(&head, &sent);
                    self.client(name)?.inbox.drain(..head.len);
                    if let Some(difference) = difference {
                        let cause = causes::of_interim(&sent);
                        self.note_or_fail(line, name, difference, cause)?;
                    }
                }
                Ok(Some(head)) => break head,
                Ok(None) => {
                    if self.no_answer(asked, name, line, deadline)? {
                        return Ok(());
                    }
                }
                Err(wrong) => {
                    let received = self.client(name)?.inbox.clone();
                    let expected =
                        expect::resolve(&mut self.values, asked, member, &[]).map_err(|why| self.broken(line, why))?;
                    let difference = compare::malformed(&wrong, &received, &expect::shown_head(&expected));
                    let cause = causes::of_malformed(&wrong, &received);
                    return Err(self.wrong(line, name, difference, cause));
                }
            }
        };

        // What is wrong already is not waited for.
        let guess = expect::resolve(&mut self.values.clone(), asked, member, &[]);
        let wrong = guess.ok().and_then(|expected| {
            let mut differences = compare::judge_head(&expected, &head).differences.into_iter();
            let wrong = differences.find(|d| d.class == Class::Error && !d.what.contains("Content-Length"))?;
            Some((expected, wrong))
        });
        let framing = match head.framing(to_head) {
            Ok(framing) => framing,
            Err(malformed) => {
                // A status that is wrong is nearer to the cause than framing that does not suit it.
                if let Some((expected, wrong)) = wrong.filter(|(_, wrong)| wrong.what.starts_with("The status")) {
                    let received = Received { head, content: Vec::new(), end: End::Undelimited };
                    let cause = self.cause(&wrong, &expected, &received, name);
                    return Err(self.wrong(line, name, wrong, cause));
                }
                let difference = compare::malformed(&malformed, &self.client(name)?.inbox.clone(), b"");
                return Err(self.wrong(line, name, difference, None));
            }
        };
        let patience = if wrong.is_some() { deadline.min(Instant::now() + SILENCE) } else { deadline };
        let (received, used) = expect::read_body(self.client(name)?, head, framing, patience, SILENCE);
        let expected = expect::resolve(&mut self.values, asked, member, &received.content)
            .map_err(|why| self.broken(line, why))?;
        if self.log.debug && report {
            for text in text::lines(&self.client(name)?.inbox[..used], 200) {
                self.log.add(Entry::Bytes(format!("{name}< {text}")));
            }
        }
        self.client(name)?.inbox.drain(..used);
        let verdict = compare::judge(&expected, &received, situation);
        let (errors, deviations): (Vec<_>, Vec<_>) =
            verdict.differences.into_iter().partition(|d| d.class == Class::Error);
        if let Some(error) = errors.into_iter().next() {
            let cause = self.cause(&error, &expected, &received, name);
            return Err(self.wrong(line, name, error, cause));
        }
        for deviation in deviations {
            let cause = self.cause(&deviation, &expected, &received, name);
            self.note_or_fail(line, name, deviation, cause)?;
        }
        for (name, value) in verdict.captured {
            self.values.set(&name, value);
        }
        if report {
            for tick in expect::ticks(&expected, &received) {
                self.log.add(Entry::Tick(tick));
            }
        }
        // What follows belongs to the next response, where one is to follow, or may.
        if !more_wanted && framing != Framing::UntilEnd && self.client(name)?.heads.is_empty() {
            self.client(name)?.drain();
            self.surplus(name, line)?;
        }
        Ok(())
    }

    /// Waits for more of an answer. `true`: none will come, and that is allowed.
    fn no_answer(&mut self, asked: &Expect, name: &str, line: usize, deadline: Instant) -> Result<bool, Failure> {
        let client = self.client(name)?;
        let Some(ended) = client.ended else {
            if client.receive(deadline) {
                return Ok(false);
            }
            let begun = !client.inbox.is_empty();
            let seconds = self.options.timeout.as_secs_f32();
            let what = match begun {
                true => format!("The head of the response is not complete after {seconds} s"),
                false => format!("No response within {seconds} s"),
            };
            return Err(self.unanswered(asked, name, line, what));
        };
        if client.inbox.is_empty() && asked.or_closed {
            self.log.add(Entry::Tick("the connection was closed without an answer".to_owned()));
            return Ok(true);
        }
        let empty = client.inbox.is_empty();
        if let Some(how) = self.program.ended_within(DYING) {
            let during = match empty {
                true if self.in_pieces(name) => "waited for a response to a request that comes in pieces",
                true => "waited for a response",
                false => "was reading a response",
            };
            return Err(Failure::Died { how: how.to_string(), during: during.to_owned(), listened: true, line });
        }
        let how = if ended == Ended::Reset { "reset" } else { "closed" };
        let what = match empty {
            true => format!("The connection was {how} without a response"),
            false => format!("The connection was {how} in the middle of the head"),
        };
        Err(self.unanswered(asked, name, line, what))
    }

    /// The likely cause of a difference in the answer to what was sent last.
    fn cause(&self, difference: &Difference, expected: &Expected, received: &Received, name: &str) -> Option<String> {
        causes::of(difference, expected, received, &self.last_sent(name), self.circumstances(name))
    }

    fn circumstances(&self, name: &str) -> Circumstances {
        Circumstances {
            site: self.transcript.args.as_ref().is_some_and(|args| args.has(&Piece::Root)),
            pieces: self.in_pieces(name),
            finished: self.clients.get(name).is_some_and(Client::finished),
        }
    }

    fn unanswered(&mut self, asked: &Expect, name: &str, line: usize, what: String) -> Failure {
        let received = self.clients.get(name).map(|client| client.inbox.clone()).unwrap_or_default();
        let expected = match expect::resolve(&mut self.values, asked, None, &[]) {
            Ok(expected) => expect::shown_head(&expected),
            Err(_) => Vec::new(),
        };
        let sent = self.last_sent(name);
        let client = self.clients.get(name);
        let ended = client.is_some_and(|client| client.ended.is_some());
        let answered = |entry: &Traffic| matches!(entry, Traffic::Received(_));
        let before = client.is_some_and(|client| client.traffic.iter().any(answered));
        let cause = causes::of_silence(&received, &sent, ended, before, self.circumstances(name));
        let mut difference = Difference::new(Class::Error, what, expected, received);
        difference.at = difference.received.len();
        difference.late = !ended;
        self.wrong(line, name, difference, cause)
    }
}
