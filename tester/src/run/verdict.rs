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
    /// There is nothing that could be graded.
    Refused,
    /// The sandbox that it is to be graded in does not work. Nothing of it was looked at.
    NoSandbox,
    /// The grader could not do its work.
    GraderFault,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 12] = [
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
        Verdict::NoSandbox,
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
            Verdict::NoSandbox => "no-sandbox",
            Verdict::GraderFault => "grader-fault",
        }
    }

    /// Checks whether the program was judged, and so the learner has made an attempt.
    pub fn is_attempt(self) -> bool {
        !matches!(self, Verdict::Refused | Verdict::NoSandbox | Verdict::GraderFault)
    }

    /// The verdict in a few words. The reason stands above it in the report.
    pub fn in_short(self) -> &'static str {
        match self {
            Verdict::Passed => "Passed",
            Verdict::NotCompiled => "Your program did not compile",
            Verdict::NotStarted => "Your program did not start: it never listened on its port",
            Verdict::Wrong => "Your program gave a wrong response",
            Verdict::Died => "Your program ended during the test",
            Verdict::TimedOut => "Your program took too long",
            Verdict::TooMuchOutput => "Your program printed too much",
            Verdict::OutOfMemory => "Your program used too much memory",
            Verdict::OutOfDisk => "Your program filled its disk",
            Verdict::Refused => "Not graded",
            Verdict::NoSandbox => "Not graded: the sandbox does not work",
            Verdict::GraderFault => "The grader itself failed",
        }
    }

    /// The reason of a verdict as a sentence of the report. That of a program is one already.
    pub fn sentence(self, why: &str) -> String {
        match self {
            Verdict::Refused => format!("Not graded: {why}."),
            Verdict::NoSandbox => format!("Not graded: {why}. Nothing was run."),
            Verdict::GraderFault => format!("The grader itself failed, which is not your program's fault: {why}."),
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
