//! The verdict on a stage or a commit: one vocabulary for reports, records and the grader.

use serde::{Deserialize, Serialize};

/// The verdict on a stage or a commit. It comes from what went over TCP, from files, and from how processes ended, never from what
/// they printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All stages passed.
    Passed,
    /// The script that builds it failed.
    NotCompiled,
    /// It could not be started, or ended or went on without ever listening.
    NotStarted,
    /// A response, a file or a connection is not as the page shows.
    Wrong,
    /// It had listened, and ended when it was needed.
    Died,
    /// A response did not come in time, or building or the whole took too long.
    TimedOut,
    /// It printed far more than is shown.
    TooMuchOutput,
    /// It took more memory than it may.
    OutOfMemory,
    /// It filled the disk that it is given.
    OutOfDisk,
    /// There is nothing that could be graded, or no sandbox to do it in.
    Refused,
    /// The grader could not do its work.
    GraderFault,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 11] = [
        Verdict::Passed,
        Verdict::NotCompiled,
        Verdict::NotStarted,
        Verdict::Wrong,
        Verdict::Died,
        Verdict::TimedOut,
        Verdict::TooMuchOutput,
        Verdict::OutOfMemory,
        Verdict::OutOfDisk,
        Verdict::Refused,
        Verdict::GraderFault,
    ];

    /// Its name in reports and records.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::NotCompiled => "not-compiled",
            Verdict::NotStarted => "not-started",
            Verdict::Wrong => "wrong",
            Verdict::Died => "died",
            Verdict::TimedOut => "timed-out",
            Verdict::TooMuchOutput => "too-much-output",
            Verdict::OutOfMemory => "out-of-memory",
            Verdict::OutOfDisk => "out-of-disk",
            Verdict::Refused => "refused",
            Verdict::GraderFault => "grader-fault",
        }
    }

    /// The reason of a verdict as a sentence of the report. That of a program is one already.
    pub fn sentence(self, why: &str) -> String {
        match self {
            Verdict::Refused => format!("Not graded: {why}."),
            Verdict::GraderFault => format!("The grader itself failed, which is no fault of your program: {why}."),
            _ => why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_one_name() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
        }
    }
}
