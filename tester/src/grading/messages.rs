//! What the grader and the warden say to each other: one JSON text a line.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    grading::{Order, StageGrade, Verdict},
    sandbox::tier::Tier,
};

/// What the warden is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) order: Order,
    pub(crate) tier: Tier,
    /// The warden's folder. In a sandbox it is empty, and something to mount on.
    pub(crate) place: PathBuf,
    /// The user that the program runs as, where the warden's own is root.
    pub(crate) user: Option<u32>,
    /// Only find out whether the tier works.
    pub(crate) only_try: bool,
}

/// What the warden reports.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The sandbox works: a program has run in it.
    Ready,
    /// This tier does not work here.
    Unavailable(String),
    /// A line of the report, with colour.
    Line(String),
    /// A stage is over.
    Stage(Box<StageGrade>),
    /// There is a verdict without any stage.
    Verdict(Verdict, String),
    /// Everything is done.
    Done,
}

/// Writes a message.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Reads a message.
pub(crate) fn parse<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    serde_json::from_slice(line).map_err(io::Error::other)
}
