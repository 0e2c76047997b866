//! Reads one response, compares it with what is expected, and says what held.

use std::time::{Duration, Instant};

use super::state::{DYING, Runner};
use crate::{
    http::{
        response::{self, Framing, Head},
        sent::Sent,
    },
    judge::{
        compare,
        difference::{Class, Difference, Mismatch},
        resolve::{self, resolve},
        sides::{End, Expected, Received, Situation},
        ticks::ticks,
    },
    run::{
        events::Entry,
        failure::{Failure, Moment},
        receive,
    },
    text,
    transcript::{Action, Expect},
};

/// Silence that ends a response without a length, and the patience with one that is wrong already.
const SILENCE: Duration = Duration::from_millis(100);

/// An expectation, and on which connection it is checked.
pub(super) struct Awaited<'a> {
    /// Index of the step.
    pub(super) index: usize,
    /// Line of the transcript.
    pub(super) line: usize,
    /// The expectation.
    pub(super) expect: &'a Expect,
    /// The connection.
    pub(super) conn: &'a str,
    /// Its number in a group.
    pub(super) member: Option<usize>,
    /// True if what held is told, rather than only what did not.
    pub(super) report: bool,
}

impl Awaited<'_> {
    /// Checks whether an interim response is expected.
    fn is_interim(&self) -> bool {
        self.expect.statuses.iter().all(|status| *status < 200)
    }
}

impl Runner<'_> {
    /// Reads the response that is awaited, and compares it.
    ///
    /// # Errors
    /// It differs, or does not come.
    pub(super) fn response(&mut self, awaited: &Awaited) -> Result<(), Failure> {
        let name = awaited.conn;
        let interim = awaited.is_interim();
        let to_head = if interim { false } else { self.connection(name)?.heads.pop_front().unwrap_or(false) };
        let later = || self.transcript.later(awaited.index + 1, name, self.options.compat);
        let more_wanted = matches!(later().next(), Some(Action::Expect(_)));
        let goes_on = |action: &Action| matches!(action, Action::Write(_) | Action::Expect(_) | Action::Open { .. });
        let situation = Situation { persistent: !interim && later().any(goes_on), to_head };
        let deadline = Instant::now() + self.options.timeout;

        let Some(head) = self.head(awaited, deadline)? else {
            return Ok(());
        };
        let wrong = self.wrong_already(awaited, &head);
        let framing = match head.framing(to_head) {
            Ok(framing) => framing,
            Err(malformed) => {
                let received = Received { head, content: Vec::new(), end: End::Undelimited };
                let inbox = self.connection(name)?.inbox.clone();
                let framing = || Difference::malformed(malformed.fault, malformed.at, b"", &inbox);
                // A status that is wrong is nearer to the cause than framing that does not suit it.
                let status =
                    wrong.filter(|(_, wrong)| matches!(wrong.what, Mismatch::Status { .. } | Mismatch::StatusLine));
                return Err(match status {
                    Some((expected, wrong)) => self.wrong(awaited.line, name, wrong, Some((&expected, &received))),
                    None => {
                        let expected = self.resolved(awaited, &[])?;
                        self.wrong(awaited.line, name, framing(), Some((&expected, &received)))
                    }
                });
            }
        };
        let patience = if wrong.is_some() { deadline.min(Instant::now() + SILENCE) } else { deadline };
        let received = self.read(awaited, head, framing, patience)?;
        self.verdict(awaited, &received, situation)?;
        // Bytes that follow belong to the next response, where one is to follow, or may.
        if !more_wanted && framing != Framing::UntilEnd && self.connection(name)?.heads.is_empty() {
            self.connection(name)?.drain();
            self.surplus(name, awaited.line)?;
        }
        Ok(())
    }

    /// Waits for the head of the response that is awaited. `None`: the connection was closed instead, as it may be.
    fn head(&mut self, awaited: &Awaited, deadline: Instant) -> Result<Option<Head>, Failure> {
        let (name, line) = (awaited.conn, awaited.line);
        loop {
            let inbox = &self.connection(name)?.inbox;
            match response::head(inbox) {
                Ok(Some(head))
                    if head.status < 200
                        && !awaited.is_interim()
                        && !awaited.expect.statuses.contains(&head.status) =>
                {
                    let sent = self.exchange(name).sent;
                    let difference = compare::interim(&head, &Sent::new(&sent));
                    self.connection(name)?.inbox.drain(..head.len);
                    if let Some(difference) = difference {
                        self.note_or_fail(line, name, difference, None)?;
                    }
                }
                Ok(Some(head)) => return Ok(Some(head)),
                Ok(None) => {
                    if self.is_left_out(awaited, deadline)? {
                        return Ok(None);
                    }
                }
                Err(malformed) => {
                    let received = inbox.clone();
                    let expected = resolve::shown_head(&self.resolved(awaited, &[])?);
                    let difference = Difference::malformed(malformed.fault, malformed.at, &expected, &received);
                    return Err(self.wrong(line, name, difference, None));
                }
            }
        }
    }

    /// Waits for more of a head. `true`: none will come, and that is allowed.
    fn is_left_out(&mut self, awaited: &Awaited, deadline: Instant) -> Result<bool, Failure> {
        let after = self.options.timeout;
        let connection = self.connection(awaited.conn)?;
        let Some(how) = connection.ended else {
            if connection.receive(deadline) {
                return Ok(false);
            }
            let head_begun = !connection.inbox.is_empty();
            return Err(self.unanswered(awaited, Mismatch::Silence { after, head_begun }));
        };
        let head_begun = !connection.inbox.is_empty();
        if !head_begun && awaited.expect.or_closed {
            self.log.add(Entry::Tick("the connection was closed without a response".to_owned()));
            return Ok(true);
        }
        if let Some(how) = self.program.ended_within(DYING) {
            let pieces = self.in_pieces(awaited.conn);
            let during = if head_begun { Moment::Reading } else { Moment::Waiting { pieces } };
            return Err(Failure::Died { how, during, listened: true, line: awaited.line });
        }
        Err(self.unanswered(awaited, Mismatch::Unanswered { how, head_begun }))
    }

    fn unanswered(&mut self, awaited: &Awaited, what: Mismatch) -> Failure {
        let received =
            self.connections.get(awaited.conn).map(|connection| connection.inbox.clone()).unwrap_or_default();
        let expected = self.resolved(awaited, &[]).map(|expected| resolve::shown_head(&expected)).unwrap_or_default();
        let at = received.len();
        self.wrong(awaited.line, awaited.conn, Difference { what, expected, received, at }, None)
    }

    /// The expectation with its values; `content` is the body that was received.
    fn resolved(&mut self, awaited: &Awaited, content: &[u8]) -> Result<Expected, Failure> {
        resolve(&mut self.values, awaited.expect, awaited.member, content).map_err(|why| self.broken(awaited.line, why))
    }

    /// Finds what is wrong with a head whatever its body: that is not waited for. A length is only known with the body.
    fn wrong_already(&self, awaited: &Awaited, head: &Head) -> Option<(Expected, Difference)> {
        // A template may ask for what only the body brings. And values must not be drawn twice.
        let expected = resolve(&mut self.values.clone(), awaited.expect, awaited.member, &[]).ok()?;
        let of_length = |what: &Mismatch| what.field().is_some_and(|name| name.eq_ignore_ascii_case("Content-Length"));
        let mut differences = compare::judge_head(&expected, head).differences.into_iter();
        let wrong = differences.find(|d| d.what.class() == Class::Error && !of_length(&d.what))?;
        Some((expected, wrong))
    }

    /// Reads the body, and takes the whole response out of the inbox.
    fn read(
        &mut self,
        awaited: &Awaited,
        head: Head,
        framing: Framing,
        deadline: Instant,
    ) -> Result<Received, Failure> {
        let name = awaited.conn;
        let (received, used) = receive::read_body(self.connection(name)?, head, framing, deadline, SILENCE);
        if self.log.debug && awaited.report {
            for text in text::lines(&self.connection(name)?.inbox[..used], 200) {
                self.log.add(Entry::Bytes(format!("{name}< {text}")));
            }
        }
        self.connection(name)?.inbox.drain(..used);
        Ok(received)
    }

    /// Compares the response, and tells what held.
    fn verdict(&mut self, awaited: &Awaited, received: &Received, situation: Situation) -> Result<(), Failure> {
        let expected = self.resolved(awaited, &received.content)?;
        let verdict = compare::judge(&expected, received, situation);
        let (errors, deviations): (Vec<_>, Vec<_>) =
            verdict.differences.into_iter().partition(|difference| difference.what.class() == Class::Error);
        for difference in errors.into_iter().chain(deviations) {
            self.note_or_fail(awaited.line, awaited.conn, difference, Some((&expected, received)))?;
        }
        for (name, value) in verdict.captured {
            self.values.set(&name, value);
        }
        if awaited.report {
            for tick in ticks(&expected, received) {
                self.log.add(Entry::Tick(tick));
            }
        }
        Ok(())
    }
}
