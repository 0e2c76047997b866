//! Quiet, where nothing must arrive: `open`, `closed`, and the end of a stage.

use std::time::{Duration, Instant};

use super::state::{DYING, Runner};
use crate::{
    judge::{
        compare,
        difference::{Difference, Ended, Mismatch},
    },
    run::{
        connection::Traffic,
        events::Entry,
        failure::{Failure, Moment},
    },
    transcript::Action,
};

/// Time in which nothing must arrive on a connection that is `open`.
const OPEN: Duration = Duration::from_millis(50);
/// Longest time for a `closed`.
const CLOSED: Duration = Duration::from_secs(1);

impl Runner<'_> {
    /// Nothing arrives on the connections that `conn` stands for, and they stay open.
    pub(super) fn open(
        &mut self,
        index: usize,
        conn: &str,
        time: Option<Duration>,
        line: usize,
    ) -> Result<(), Failure> {
        let names: Vec<_> = self.members(conn).into_iter().map(|(name, _)| name).collect();
        let is_used = |name: &String| {
            self.transcript.later(index + 1, name, self.options.compat).any(|action| matches!(action, Action::Write(_)))
        };
        // The response to what is sent later proves more than a wait.
        let (later, now): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| time.is_none() && is_used(name));
        let last = self.transcript.steps[index..]
            .iter()
            .all(|step| matches!(step.action, Action::Open { .. } | Action::Beyond));
        if last && time.is_none() {
            self.open_at_end.push((conn.to_owned(), now, line));
            return Ok(());
        }
        self.quiet(&now, Instant::now() + time.unwrap_or(OPEN), line)?;
        self.log.add(Entry::Tick(if later.is_empty() {
            format!("connection {conn} is still open")
        } else {
            format!("connection {conn} stays open (it is used again below)")
        }));
        Ok(())
    }

    /// Nothing arrives on these connections until `deadline`, and they stay open.
    fn quiet(&mut self, names: &[String], deadline: Instant, line: usize) -> Result<(), Failure> {
        for name in names {
            let connection = self.connection(name)?;
            connection.receive(deadline);
            let ended = connection.ended;
            self.surplus(name, line)?;
            if let Some(ended) = ended {
                if let Some(how) = self.program.ended_within(DYING) {
                    return Err(Failure::Died { how, during: Moment::Idle, listened: true, line });
                }
                return Err(self.wrong(line, name, Difference::bare(Mismatch::ClosedEarly(ended)), None));
            }
        }
        Ok(())
    }

    pub(super) fn closed(
        &mut self,
        index: usize,
        name: &str,
        time: Option<Duration>,
        line: usize,
    ) -> Result<(), Failure> {
        let time = time.unwrap_or(CLOSED);
        let deadline = Instant::now() + time;
        let connection = self.connection(name)?;
        while connection.ended.is_none() && connection.receive(deadline) {}
        let ended = connection.ended;
        self.surplus(name, line)?;
        match ended {
            Some(Ended::Closed) => Ok(()),
            // A program that need not answer what it refuses may as well leave it unread.
            Some(Ended::Reset) if self.transcript.refused(index, name) => Ok(()),
            Some(Ended::Reset) => self.note_or_fail(line, name, Difference::bare(Mismatch::Reset), None),
            None => Err(self.wrong(line, name, Difference::bare(Mismatch::StillOpen(time)), None)),
        }
    }

    /// At the end: nothing arrives that was not asked for.
    pub(super) fn nothing_more(&mut self) -> Result<(), Failure> {
        let line = self.transcript.steps.last().map_or(0, |step| step.line);
        // A request without an expectation may be answered.
        let settled: Vec<String> = self
            .connections
            .iter()
            .filter(|(_, connection)| !connection.left() && connection.heads.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        let now = Instant::now();
        for (conn, names, line) in std::mem::take(&mut self.open_at_end) {
            self.quiet(&names, now + OPEN, line)?;
            let text = format!("connection {conn} is still open");
            self.log.add(Entry::Tick(text));
        }
        let deadline = if self.options.compat { now } else { now + OPEN };
        for name in settled {
            self.connection(&name)?.receive(deadline);
            self.surplus(&name, line)?;
        }
        Ok(())
    }

    pub(super) fn surplus(&mut self, name: &str, line: usize) -> Result<(), Failure> {
        let compat = self.options.compat;
        let connection = self.connection(name)?;
        if connection.inbox.is_empty() {
            return Ok(());
        }
        let bytes = if compat { std::mem::take(&mut connection.inbox) } else { connection.inbox.clone() };
        let requested = connection.traffic.iter().any(|entry| matches!(entry, Traffic::Sent(_)));
        self.note_or_fail(line, name, compare::surplus(&bytes, requested), None)
    }
}
