//! The results of a run, kept for the reports that are written when it is over.

use std::time::Duration;

use crate::{
    report::human,
    run::{
        events::{Entry, Observer, Outcome},
        failure::Failure,
    },
    stage::catalog::Stage,
};

/// A whole run.
#[derive(Debug, Default)]
pub struct Results {
    pub(super) stages: Vec<StageResult>,
}

/// One stage of it.
#[derive(Debug)]
pub(super) struct StageResult {
    pub(super) stage: Stage,
    pub(super) log: Vec<String>,
    outcome: Option<Outcome>,
}

/// The means to repeat a run.
#[derive(Clone, Copy)]
pub struct Repeat<'a> {
    /// The seed of its random values.
    pub seed: u64,
    /// The command that runs a stage again.
    pub command: &'a dyn Fn(&Stage) -> String,
}

impl Observer for Results {
    fn begin(&mut self, stage: &Stage) {
        self.stages.push(StageResult { stage: stage.clone(), log: Vec::new(), outcome: None });
    }

    fn entry(&mut self, _: &Stage, entry: Entry) {
        if let Some(last) = self.stages.last_mut() {
            last.log.push(entry.to_string());
        }
    }

    fn end(&mut self, _: &Stage, outcome: &Outcome) {
        if let Some(last) = self.stages.last_mut() {
            last.outcome = Some(outcome.clone());
        }
    }
}

impl StageResult {
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref())
    }

    pub(super) fn time(&self) -> Duration {
        self.outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.time)
    }

    /// The report for people on a failure, without its first line, which is the summary.
    pub(super) fn details(&self, failure: &Failure, repeat: Repeat) -> Vec<String> {
        let lines = human::explain(failure, &self.stage, repeat.seed, &(repeat.command)(&self.stage));
        lines.into_iter().skip(1).map(|(_, text)| text).collect()
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.stage.page.id, self.stage.page.title)
    }
}
