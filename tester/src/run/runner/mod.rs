//! Runs a transcript against a program that listens.
//!
//! Here is which step does what. The longer ones have a module each, and so has what is said when one fails.

mod connect;
mod quiet;
mod response;
mod send;
mod wrong;

use std::{collections::BTreeMap, thread, time::Duration};

use response::Awaited;

use crate::{
    program::Program,
    run::{
        connection::{Allowance, Client},
        events::{Entry, Log},
        failure::{Failure, Limit},
        folders::Disk,
    },
    text,
    transcript::{
        Action, Leave, Step, Transcript,
        values::{Scope, Values},
    },
};

/// How long a program that closed a connection may take to end, for the end to be the cause.
const DYING: Duration = Duration::from_millis(300);

/// How a stage is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The port that the program listens on.
    pub port: u16,
    /// Verdicts of the public challenge.
    pub compat: bool,
    /// How long the program may take to listen.
    pub start: Duration,
    /// How long a response may take.
    pub timeout: Duration,
}

/// A run of one transcript.
pub struct Runner<'a> {
    transcript: &'a Transcript,
    options: Options,
    values: Values,
    disk: Disk,
    program: &'a Program,
    log: &'a Log,
    clients: BTreeMap<String, Client>,
    allowance: Allowance,
    started: &'a dyn Fn(Duration),
    /// Connections that must be open at the end, and the lines that say so: one wait is enough for all.
    open_at_end: Vec<(String, Vec<String>, usize)>,
}

impl<'a> Runner<'a> {
    /// A run of `transcript` against `program`, which has been started. `started` is called once when it listens,
    /// with the time that the tester waited for that.
    pub fn new(
        transcript: &'a Transcript,
        options: Options,
        values: Values,
        disk: Disk,
        program: &'a Program,
        log: &'a Log,
        started: &'a dyn Fn(Duration),
    ) -> Runner<'a> {
        Runner {
            transcript,
            options,
            values,
            disk,
            program,
            log,
            clients: BTreeMap::new(),
            allowance: Allowance::default(),
            started,
            open_at_end: Vec::new(),
        }
    }

    /// The connections that are still there, and the folders.
    pub fn finish(self) -> (BTreeMap<String, Client>, Disk) {
        (self.clients, self.disk)
    }

    /// Runs all steps.
    ///
    /// # Errors
    /// Why the stage does not pass.
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
                    self.client(&name)?
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

    /// The connections that a name stands for, last opened first, and their numbers in a group.
    fn members(&self, name: &str) -> Vec<(String, Option<usize>)> {
        match self.transcript.group(name) {
            Some(count) => (1..=count).rev().map(|number| (format!("{name}{number}"), Some(number))).collect(),
            None => vec![(name.to_owned(), None)],
        }
    }

    fn client(&mut self, name: &str) -> Result<&mut Client, Failure> {
        self.clients.get_mut(name).ok_or_else(|| Failure::Tester(format!("connection {name} was never opened")))
    }

    fn broken(&self, line: usize, why: String) -> Failure {
        Failure::Tester(format!("line {line} of the transcript: {why}"))
    }
}
