//! What the runner says when something is wrong, and what it looks at for that.

use super::Runner;
use crate::{
    causes,
    judge::compare::{Class, Difference},
    run::{
        connection::Traffic,
        failure::{Entry, Failure, Wrong},
    },
    transcript::Action,
};

impl Runner<'_> {
    pub(super) fn note_or_fail(
        &mut self,
        line: usize,
        name: &str,
        difference: Difference,
        cause: Option<String>,
    ) -> Result<(), Failure> {
        if self.options.compat && difference.class == Class::Deviation {
            self.log.add(Entry::Deviation(difference.what));
            return Ok(());
        }
        Err(self.wrong(line, name, difference, cause))
    }

    pub(super) fn wrong(&self, line: usize, name: &str, difference: Difference, cause: Option<String>) -> Failure {
        let traffic = self.clients.get(name).map(|client| client.traffic.clone()).unwrap_or_default();
        Failure::Wrong(Box::new(Wrong { line, conn: Some(name.to_owned()), difference, cause, traffic }))
    }

    pub(super) fn wrong_on_disk(&self, line: usize, difference: Difference, content: &[u8]) -> Failure {
        let step =
            self.transcript.steps.iter().rposition(|step| step.line < line && matches!(step.action, Action::Write(_)));
        let conn = step.and_then(|index| self.transcript.steps[index].action.conn()).map(str::to_owned);
        let traffic = conn
            .as_ref()
            .and_then(|conn| self.clients.get(conn))
            .map(|client| client.traffic.clone())
            .unwrap_or_default();
        let sent = conn.as_ref().map(|conn| self.last_sent(conn)).unwrap_or_default();
        let cause = causes::of_file(&difference, content, &sent);
        Failure::Wrong(Box::new(Wrong { line, conn, difference, cause, traffic }))
    }

    /// What was sent last, and what came before it if only `100 Continue` parts the two.
    pub(super) fn last_sent(&self, name: &str) -> Vec<u8> {
        let traffic = self.clients.get(name).map(|client| client.traffic.as_slice()).unwrap_or_default();
        let mut sent: Vec<&[u8]> = Vec::new();
        for entry in traffic.iter().rev() {
            match entry {
                Traffic::Sent(bytes) => sent.insert(0, bytes),
                Traffic::Received(bytes) if !sent.is_empty() && !bytes.starts_with(b"HTTP/1.1 100 ") => break,
                _ => {}
            }
        }
        sent.concat()
    }

    /// Whether the head of what was sent last went out in more than one piece.
    pub(super) fn in_pieces(&self, name: &str) -> bool {
        self.clients.get(name).is_some_and(|client| client.pieces)
    }
}
