//! The protocol of the grader and the worker. The grader sends the [`Job`] on the socket, the worker sends
//! [`Event`]s on its standard output.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::{
    grading::{
        order::Order,
        verdict::{StageGrade, Verdict},
    },
    os::{exit::Exit, json_lines},
    report::style::YELLOW,
    sandbox::bubblewrap::Bubblewrap,
};

/// The work for the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) order: Order,
    /// The worker's folder. In a sandbox it is empty, and something to mount on.
    pub(crate) scratch: PathBuf,
    /// The user that the program runs as, where the worker's own is root.
    pub(crate) user: Option<u32>,
    /// The bubblewrap of the tier of that name.
    pub(crate) bubblewrap: Option<Bubblewrap>,
    /// Only find out whether the sandbox works.
    pub(crate) only_try: bool,
}

/// A report of the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The sandbox does not work. Nothing of the commit has been looked at.
    Unavailable(String),
    /// The sandbox works: something harmless has run in it. The grading begins.
    Ready,
    /// The tree is in the sandbox's root, with this to be said of it. The worker goes there as a new process, which has to
    /// be sent the job again.
    Entering(Vec<String>),
    /// A line of the report, with colour.
    Line(String),
    /// A stage is over.
    Stage(Box<StageGrade>),
    /// There is a verdict without any stage, and why.
    Verdict(Verdict, String),
    /// The script that builds the program ended like this, and what that means.
    NotCompiled(Exit, String),
    /// Everything is done.
    Done,
}

/// Reads a job. Nothing may come after it until the grader has heard of something.
pub(crate) fn receive(mut from: impl Read) -> io::Result<Job> {
    let (mut text, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while text.last() != Some(&b'\n') {
        match from.read(&mut buffer)? {
            0 => return Err(io::Error::other("the grader has gone away")),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    json_lines::parse(&text)
}

/// Sends an event to the grader.
pub(crate) fn report(event: &Event) -> io::Result<()> {
    json_lines::send(&mut io::stdout().lock(), event)
}

/// A remark on the tree, as a line of the report.
pub(crate) fn remark(text: &str) -> String {
    format!("{YELLOW}{text}{YELLOW:#}")
}
