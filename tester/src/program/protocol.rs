//! The protocol of the tester and a supervisor over their socket, and what it comes to.
//!
//! The supervisor sends a [`Report`] for each step of the program, one JSON text a line. The tester sends one byte,
//! [`STOP`]; the end of the socket, however it comes, asks for the same in a hurry.

use std::fmt;

use crate::os::exit::Exit;
pub(crate) use crate::sandbox::report::Report;

/// The byte that asks for a stop.
pub(crate) const STOP: u8 = b's';

/// A failure around a program: no fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The sandbox ended like this before the program did.
    Sandbox(Exit),
    /// The supervisor ended without a word, and nobody knows how the program did.
    Supervisor,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Sandbox(exit) => write!(f, "the sandbox around the program ended early ({exit})"),
            Broken::Supervisor => f.write_str("the supervisor of the program ended early"),
        }
    }
}

/// The end of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It had been started.
    Exited(Exit),
    /// It could not be started at all: why.
    NotStarted(String),
    /// Its supervisor is gone, and nobody knows.
    Unknown,
}

impl Ending {
    /// The exit of its process, if it had one.
    pub fn exit(&self) -> Option<Exit> {
        match self {
            Ending::Exited(exit) => Some(*exit),
            Ending::NotStarted(_) | Ending::Unknown => None,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(exit) => exit.fmt(f),
            Ending::NotStarted(why) => write!(f, "it could not be started: {why}"),
            Ending::Unknown => f.write_str("no reason given"),
        }
    }
}
