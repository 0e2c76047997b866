//! Why a stage fails, and what is worth telling while it runs.

use std::sync::mpsc::Sender;

use crate::{
    judge::compare::Difference,
    run::connection::{self, Traffic},
};

/// Why a stage did not pass. Only the last is the tester's own fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The program ended when it was needed.
    Died {
        /// How: the exit code or the signal.
        how: String,
        /// What the tester was about to do or to get.
        during: String,
        /// Whether it had listened before.
        listened: bool,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// The command that starts the program cannot be run.
    NotStarted {
        /// What the system says, and what it means.
        why: String,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// The program could not be compiled.
    NotCompiled {
        /// How the command ended.
        how: String,
    },
    /// Nothing listened on the port in time, or nothing does any more.
    NotListening {
        /// The port, and what was waited for.
        what: String,
        /// Whether it had listened before.
        listened: bool,
        /// Line of the transcript, from 1.
        line: usize,
    },
    /// An answer differs from what the page asks.
    Wrong(Box<Wrong>),
    /// The program went over a limit.
    Limit(Limit),
    /// The tester itself could not do its work.
    Tester(String),
}

/// A limit that is set for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// On output: it prints far more than is shown, and was stopped.
    Output,
    /// On what it sends in one stage; also where the code is not pushed.
    Answers,
    /// On memory, in bytes, of all its processes.
    Memory(u64),
    /// On files, in bytes, all together.
    Disk(u64),
    /// On the time for compiling, in seconds.
    Compiling(u64),
}

/// An answer that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Line of the transcript, from 1.
    pub line: usize,
    /// The connection, where it is about one.
    pub conn: Option<String>,
    /// What differs.
    pub difference: Difference,
    /// The likely cause, as one sentence.
    pub cause: Option<String>,
    /// What happened on the connection so far.
    pub traffic: Vec<Traffic>,
}

impl Failure {
    /// One line that says what happened.
    pub fn summary(&self) -> String {
        match self {
            Failure::Died { how, during, .. } => {
                format!("Your program ended ({how}) while the tester {during}.")
            }
            Failure::NotStarted { why, .. } => format!("Your program could not be started: {why}."),
            Failure::NotCompiled { how } => format!("Your program did not compile ({how})."),
            Failure::NotListening { what, .. } => format!("{what}."),
            Failure::Wrong(wrong) => format!("{}.", wrong.difference.what),
            Failure::Limit(Limit::Output) => "Your program printed far more than is shown, and was stopped.".to_owned(),
            Failure::Limit(Limit::Answers) => {
                format!("Your program sent more than {} MiB; no answer asked for is as long.", connection::MOST >> 20)
            }
            Failure::Limit(Limit::Memory(most)) => {
                format!("Your program took more memory than it may: {} MiB for all its processes.", most >> 20)
            }
            Failure::Limit(Limit::Disk(most)) => {
                format!("Your program filled the disk that it is given: {} MiB for all its files.", most >> 20)
            }
            Failure::Limit(Limit::Compiling(most)) => {
                format!("Your program was not compiled within {most} s.")
            }
            Failure::Tester(why) => {
                format!("The tester itself failed, which is no fault of your program: {why}.")
            }
        }
    }

    /// A word for the kind of failure.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Died { .. } => "died",
            Failure::NotStarted { .. } => "not started",
            Failure::NotCompiled { .. } => "not compiled",
            Failure::NotListening { .. } => "not listening",
            Failure::Wrong(_) => "wrong answer",
            Failure::Limit(Limit::Output) => "too much output",
            Failure::Limit(Limit::Answers) => "wrong answer",
            Failure::Limit(Limit::Memory(_)) => "out of memory",
            Failure::Limit(Limit::Disk(_)) => "out of disk",
            Failure::Limit(Limit::Compiling(_)) => "timed out",
            Failure::Tester(_) => "tester failed",
        }
    }

    /// Line of the transcript, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Failure::Died { line, .. } | Failure::NotStarted { line, .. } | Failure::NotListening { line, .. } => {
                Some(*line)
            }
            Failure::Wrong(wrong) => Some(wrong.line),
            Failure::NotCompiled { .. } | Failure::Limit(_) | Failure::Tester(_) => None,
        }
    }
}

/// One line of the report while a stage runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// What the tester does.
    Note(String),
    /// A request, as a command.
    Command(String),
    /// What held.
    Tick(String),
    /// What differs, but does not fail the stage.
    Deviation(String),
    /// Bytes sent or received, with the connection's name.
    Bytes(String),
    /// A line that the program printed.
    Program(String),
}

/// Where entries go.
#[derive(Clone, Debug)]
pub struct Log {
    sender: Sender<Entry>,
    /// Whether bytes are wanted.
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
