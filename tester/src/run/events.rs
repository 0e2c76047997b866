//! The events of a run while it goes on: the entries of a stage's log, and how the stage went.

use std::{fmt, sync::mpsc::Sender, time::Duration};

use crate::{run::failure::Failure, stage::catalog::Stage};

/// The outcome of a stage.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The reason why it did not pass.
    pub failure: Option<Failure>,
    /// Its time, with starting and stopping the program.
    pub time: Duration,
}

/// Receives the events of a run, in the order of the stages.
pub trait Observer {
    /// A stage begins.
    fn begin(&mut self, stage: &Stage);
    /// Something happened in it.
    fn entry(&mut self, stage: &Stage, entry: Entry);
    /// It is over.
    fn end(&mut self, stage: &Stage, outcome: &Outcome);
}

/// One line of the report while a stage runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An act of the tester.
    Note(String),
    /// A request, as a command.
    Command(String),
    /// An expectation that held.
    Tick(String),
    /// A difference that does not fail the stage.
    Deviation(String),
    /// Bytes sent or received, with the connection's name.
    Bytes(String),
    /// A line that the program printed.
    Program(String),
}

/// As in a report without colours.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Note(text) | Entry::Bytes(text) => f.write_str(text),
            Entry::Command(text) => write!(f, "$ {text}"),
            Entry::Tick(text) => write!(f, "✓ {text}"),
            Entry::Deviation(text) => write!(f, "! {text} (tolerated)"),
            Entry::Program(text) => write!(f, "[your_program] {text}"),
        }
    }
}

/// The sink of entries.
#[derive(Clone, Debug)]
pub struct Log {
    sender: Sender<Entry>,
    /// True if bytes are wanted.
    pub debug: bool,
}

impl Log {
    /// A log that sends its entries to `sender`.
    pub fn new(sender: Sender<Entry>, debug: bool) -> Log {
        Log { sender, debug }
    }

    /// Adds an entry.
    pub fn add(&self, entry: Entry) {
        // The receiver is gone when nobody is interested any more: a run that was stopped.
        let _ = self.sender.send(entry);
    }
}
