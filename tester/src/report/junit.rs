//! The report as JUnit XML.

use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::results::{Repeat, Results};
use crate::run::verdict::Verdict;

/// Writes it.
///
/// # Errors
/// An error of `out`.
pub fn write(results: &Results, out: &mut dyn io::Write, repeat: Repeat) -> io::Result<()> {
    let mut suite = TestSuite::new("stages");
    for recorded in &results.stages {
        let status = match recorded.failure() {
            None => TestCaseStatus::success(),
            Some(failure) => {
                let verdict = failure.verdict();
                let kind =
                    if verdict == Verdict::GraderFault { NonSuccessKind::Error } else { NonSuccessKind::Failure };
                let mut status = TestCaseStatus::non_success(kind);
                status.set_type(verdict.name()).set_message(failure.summary());
                status.set_description(recorded.details(failure, repeat).join("\n"));
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
