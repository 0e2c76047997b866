//! Reports on a command, by the first process in its cell to the supervisor, and by the supervisor to the tester.

use serde::{Deserialize, Serialize};

use crate::os::exit::Exit;

/// A step in the life of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Report {
    /// It runs.
    Started,
    /// It cannot be started, and why: the command's fault.
    Failed(String),
    /// It has ended. What it started may still run.
    Ended(Exit),
    /// The sandbox around it ended like this before the command did: no fault of the command's.
    Broken(Exit),
    /// Nothing is left of it.
    Gone,
}
