//! Runs a transcript against a program that listens.
//!
//! Here is which step does what. The longer ones have a module each, and so has what is said when one fails.

mod connect;
mod quiet;
mod response;
mod send;
mod state;
mod wrong;

use std::thread;

use response::Awaited;

pub use state::{RunOptions, Runner};

use crate::{
    run::{
        events::Entry,
        failure::{Failure, Limit},
    },
    text,
    transcript::{Action, Leave, Step, values::Scope},
};

impl Runner<'_> {
    /// Runs all steps.
    ///
    /// # Errors
    /// The stage does not pass.
    pub fn run(&mut self) -> Result<(), Failure> {
        let result = self.steps();
        if self.allowance.is_used_up() { Err(Failure::Limit(Limit::Responses)) } else { result }
    }

    fn steps(&mut self) -> Result<(), Failure> {
        let transcript = self.transcript;
        for (index, step) in transcript.steps.iter().enumerate() {
            if matches!(step.action, Action::Beyond) {
                if self.options.compat {
                    break;
                }
                continue;
            }
            self.step(index, step)?;
        }
        self.nothing_more()
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<(), Failure> {
        let line = step.line;
        match &step.action {
            Action::Connect(all) => self.connect(all, line)?,
            Action::Write(write) => {
                for (name, member) in self.members(&write.conn) {
                    self.write(write, &name, member, line)?;
                }
            }
            Action::Expect(expect) => {
                let members = self.members(&expect.conn);
                for (number, (conn, member)) in members.iter().enumerate() {
                    // One member of a group is reported in full, the others in one line.
                    let report = number == 0;
                    self.response(&Awaited { index, line, expect, conn, member: *member, report })?;
                }
                if members.len() > 1 {
                    self.log.add(Entry::Tick(format!(
                        "the same on the {} other connections of {}",
                        members.len() - 1,
                        expect.conn
                    )));
                }
            }
            Action::Open { conn, time } => self.open(index, conn, *time, line)?,
            Action::Closed { conn, time } => {
                for (name, _) in self.members(conn) {
                    self.closed(index, &name, *time, line)?;
                }
                self.log.add(Entry::Tick(format!("connection {conn} is closed")));
            }
            Action::Leave { conn, how } => {
                for (name, _) in self.members(conn) {
                    self.connection(&name)?
                        .leave(*how)
                        .map_err(|error| Failure::Tester(format!("line {line}: {error}")))?;
                }
                let what = match how {
                    Leave::Half => ": the client shuts down its sending side",
                    Leave::Close => " is closed by the client",
                    Leave::Abort => " is reset by the client",
                };
                self.log.add(Entry::Note(format!("connection {conn}{what}")));
            }
            Action::Wait(time) => thread::sleep(*time),
            Action::Saved { path, content } => {
                let path = self.values.render(path, Scope::default()).map_err(|why| self.broken(line, why))?;
                let content = self.values.render(content, Scope::default()).map_err(|why| self.broken(line, why))?;
                let shown = self
                    .disk
                    .check_saved(&path, &content)
                    .map_err(|difference| self.wrong_on_disk(line, difference))?;
                self.log.add(Entry::Tick(format!(
                    "{shown} holds exactly the {} that were sent",
                    text::bytes(content.len())
                )));
            }
            Action::SavedNone => {
                self.disk.check_nothing_else().map_err(|difference| self.wrong_on_disk(line, difference))?;
                self.log.add(Entry::Tick("no other file was written".to_owned()));
            }
            Action::Beyond => {}
        }
        Ok(())
    }
}
