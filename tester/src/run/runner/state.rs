//! The state of a run, and what every step needs of it.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    program::Program,
    run::{
        connection::{Allowance, Connection},
        events::Log,
        failure::Failure,
        folders::Disk,
    },
    transcript::{Transcript, values::Values},
};

/// Longest time between the close of a connection and the program's end, for the end to be the cause.
pub(super) const DYING: Duration = Duration::from_millis(300);

/// The options of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The port that the program listens on.
    pub port: u16,
    /// Verdicts of the public challenge.
    pub compat: bool,
    /// Longest time for the program to listen.
    pub start: Duration,
    /// Longest time for a response.
    pub timeout: Duration,
}

/// A run of one transcript.
pub struct Runner<'a> {
    pub(super) transcript: &'a Transcript,
    pub(super) options: RunOptions,
    pub(super) values: Values,
    pub(super) disk: Disk,
    pub(super) program: &'a Program,
    pub(super) log: &'a Log,
    pub(super) connections: BTreeMap<String, Connection>,
    pub(super) allowance: Allowance,
    pub(super) started: &'a dyn Fn(Duration),
    /// Connections that must be open at the end, and the lines that say so: one wait is enough for all.
    pub(super) open_at_end: Vec<(String, Vec<String>, usize)>,
}

impl<'a> Runner<'a> {
    /// A run of `transcript` against `program`, which has been started. `started` is called once when it listens,
    /// with the time that the tester waited for that.
    pub fn new(
        transcript: &'a Transcript,
        options: RunOptions,
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
            connections: BTreeMap::new(),
            allowance: Allowance::default(),
            started,
            open_at_end: Vec::new(),
        }
    }

    /// The connections that are still there, and the folders.
    pub fn finish(self) -> (BTreeMap<String, Connection>, Disk) {
        (self.connections, self.disk)
    }

    /// The connections that a name stands for, last opened first, and their numbers in a group.
    pub(super) fn members(&self, name: &str) -> Vec<(String, Option<usize>)> {
        match self.transcript.group(name) {
            Some(count) => (1..=count).rev().map(|number| (format!("{name}{number}"), Some(number))).collect(),
            None => vec![(name.to_owned(), None)],
        }
    }

    pub(super) fn connection(&mut self, name: &str) -> Result<&mut Connection, Failure> {
        self.connections.get_mut(name).ok_or_else(|| Failure::Tester(format!("connection {name} was never opened")))
    }

    pub(super) fn broken(&self, line: usize, why: String) -> Failure {
        Failure::Tester(format!("line {line} of the transcript: {why}"))
    }
}
