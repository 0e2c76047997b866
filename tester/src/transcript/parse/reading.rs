//! The state of a parse: what the lines above have said.

use std::{collections::BTreeMap, time::Duration};

use super::{messages::Row, mistake::Line};
use crate::transcript::{Action, Step, Transcript, template::Template};

#[derive(Default)]
pub(super) struct Reading<'a> {
    pub(super) out: Transcript,
    pub(super) values: BTreeMap<String, Origin>,
    /// The names of connections, and whether each is a group.
    pub(super) conns: BTreeMap<String, bool>,
    pub(super) changes: BTreeMap<String, Change>,
    pub(super) rows: Vec<Row<'a>>,
    pub(super) content: Option<Content>,
    pub(super) beyond: bool,
}

/// The source of a value.
#[derive(Clone)]
pub(super) enum Origin {
    /// Drawn or made at the start.
    Let,
    /// Captured from a response.
    Captured,
}

/// A `| ` block and what it is for.
pub(super) struct Content {
    pub(super) line: usize,
    pub(super) target: Target,
    pub(super) text: Template,
}

pub(super) enum Target {
    Let(String),
    File(Template),
    Saved(Template),
}

/// `cut` and `times` that wait for their write.
pub(super) struct Change {
    /// Line of the first of them, from 1.
    pub(super) line: usize,
    /// That line.
    pub(super) text: String,
    /// Pieces of so many bytes, and the time between them.
    pub(super) cut: Option<(usize, Duration)>,
    pub(super) times: usize,
}

impl Reading<'_> {
    pub(super) fn push(&mut self, line: Line<'_>, action: Action) {
        self.out.steps.push(Step { line: line.number, action, causes: Vec::new() });
    }
}
