//! The report for machines: TAP, JUnit and JSON.

use std::{io, time::Duration};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use crate::{
    report::human,
    run::{
        failure::{Entry, Failure},
        schedule::{Observer, Outcome},
    },
    stage::catalog::Stage,
};

/// What is remembered of a run until it is over.
#[derive(Debug, Default)]
pub struct Record {
    stages: Vec<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    stage: Stage,
    log: Vec<String>,
    outcome: Option<Outcome>,
}

#[derive(Serialize)]
struct Json<'a> {
    passed: bool,
    seed: u64,
    stages: Vec<JsonStage<'a>>,
}

#[derive(Serialize)]
struct JsonStage<'a> {
    number: u32,
    id: &'a str,
    slug: &'a str,
    title: &'a str,
    track: &'a str,
    passed: bool,
    seconds: f64,
    failure: Option<JsonFailure>,
    log: &'a [String],
}

#[derive(Serialize)]
struct JsonFailure {
    kind: &'static str,
    summary: String,
    details: Vec<String>,
}

impl Observer for Record {
    fn begin(&mut self, stage: &Stage) {
        self.stages.push(Recorded { stage: stage.clone(), log: Vec::new(), outcome: None });
    }

    fn entry(&mut self, _: &Stage, entry: Entry) {
        let line = match entry {
            Entry::Note(text) | Entry::Bytes(text) => text,
            Entry::Command(text) => format!("$ {text}"),
            Entry::Tick(text) => format!("✓ {text}"),
            Entry::Deviation(text) => format!("! {text} (tolerated)"),
            Entry::Program(text) => format!("[your_program] {text}"),
        };
        if let Some(last) = self.stages.last_mut() {
            last.log.push(line);
        }
    }

    fn end(&mut self, _: &Stage, outcome: &Outcome) {
        if let Some(last) = self.stages.last_mut() {
            last.outcome = Some(outcome.clone());
        }
    }
}

impl Recorded {
    fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref())
    }

    fn time(&self) -> Duration {
        self.outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.time)
    }

    fn details(&self, failure: &Failure, seed: u64, again: &dyn Fn(&Stage) -> String) -> Vec<String> {
        human::explain(failure, &self.stage, seed, &again(&self.stage))
            .into_iter()
            .skip(1)
            .map(|(_, text)| text)
            .collect()
    }

    fn name(&self) -> String {
        format!("{} {}", self.stage.page.id, self.stage.page.title)
    }
}

impl Record {
    /// Writes it as one JSON object.
    ///
    /// # Errors
    /// What the system says of `out`.
    pub fn json(&self, out: &mut dyn io::Write, seed: u64, again: &dyn Fn(&Stage) -> String) -> io::Result<()> {
        let stages: Vec<_> = self
            .stages
            .iter()
            .map(|recorded| JsonStage {
                number: recorded.stage.number,
                id: &recorded.stage.page.id,
                slug: &recorded.stage.slug,
                title: &recorded.stage.page.title,
                track: &recorded.stage.page.track,
                passed: recorded.failure().is_none(),
                seconds: recorded.time().as_secs_f64(),
                failure: recorded.failure().map(|failure| JsonFailure {
                    kind: failure.kind(),
                    summary: failure.summary(),
                    details: recorded.details(failure, seed, again),
                }),
                log: &recorded.log,
            })
            .collect();
        let passed = stages.iter().all(|stage| stage.passed);
        serde_json::to_writer_pretty(&mut *out, &Json { passed, seed, stages })?;
        writeln!(out)
    }

    /// Writes it as TAP, version 14.
    ///
    /// # Errors
    /// What the system says of `out`.
    pub fn tap(&self, out: &mut dyn io::Write, seed: u64, again: &dyn Fn(&Stage) -> String) -> io::Result<()> {
        writeln!(out, "TAP version 14\n1..{}", self.stages.len())?;
        for (index, recorded) in self.stages.iter().enumerate() {
            let number = index + 1;
            // A `#` would begin a directive.
            let name = recorded.name().replace('\\', "\\\\").replace('#', "\\#");
            let Some(failure) = recorded.failure() else {
                writeln!(out, "ok {number} - {name}")?;
                continue;
            };
            writeln!(out, "not ok {number} - {name}\n  ---")?;
            // A JSON string is a YAML string.
            writeln!(out, "  message: {}\n  kind: {}", serde_json::to_string(&failure.summary())?, failure.kind())?;
            writeln!(out, "  details: |-")?;
            for line in recorded.details(failure, seed, again) {
                // The first line of a block decides how far it is indented, so none may begin with more.
                writeln!(out, "    {}", line.trim_start())?;
            }
            writeln!(out, "  ...")?;
        }
        Ok(())
    }

    /// Writes it as JUnit XML.
    ///
    /// # Errors
    /// What the system says of `out`.
    pub fn junit(&self, out: &mut dyn io::Write, seed: u64, again: &dyn Fn(&Stage) -> String) -> io::Result<()> {
        let mut suite = TestSuite::new("stages");
        for recorded in &self.stages {
            let status = match recorded.failure() {
                None => TestCaseStatus::success(),
                Some(failure) => {
                    let kind = if matches!(failure, Failure::Tester(_)) {
                        NonSuccessKind::Error
                    } else {
                        NonSuccessKind::Failure
                    };
                    let mut status = TestCaseStatus::non_success(kind);
                    status.set_type(failure.kind()).set_message(failure.summary());
                    status.set_description(recorded.details(failure, seed, again).join("\n"));
                    status
                }
            };
            let mut case = TestCase::new(recorded.name(), status);
            case.set_classname(recorded.stage.page.track.as_str()).set_time(recorded.time());
            case.set_system_out(recorded.log.join("\n"));
            suite.add_test_case(case);
        }
        let mut report = Report::new("stages");
        report.add_test_suite(suite);
        report.serialize(&mut *out).map_err(io::Error::other)?;
        writeln!(out)
    }
}
