//! What a grading came to.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::{
    run::{
        failure::{Failure, Limit},
        schedule::Outcome,
    },
    sandbox::tier::Tier,
    stage::catalog::Stage,
};

/// The verdict on a commit. It comes from what went over TCP, from files, and from how processes ended, never from what
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
    /// An answer, a file or a connection is not as the page asks.
    Wrong,
    /// It had listened, and ended when it was needed.
    Died,
    /// An answer did not come in time, or building or the whole took too long.
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
    /// Whether the program was judged, and so the learner has made an attempt.
    pub fn is_attempt(self) -> bool {
        !matches!(self, Verdict::Refused | Verdict::NoSandbox | Verdict::GraderFault)
    }

    /// The verdict in a few words. The reason stands above it in the report.
    pub fn in_short(self) -> &'static str {
        match self {
            Verdict::Passed => "Passed",
            Verdict::NotCompiled => "Your program did not compile",
            Verdict::NotStarted => "Your program did not start: it never listened on its port",
            Verdict::Wrong => "Your program answered wrongly",
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
            Verdict::GraderFault => format!("The grader itself failed, which is no fault of your program: {why}."),
            _ => why.to_owned(),
        }
    }
}

/// What a grading came to.
#[derive(Clone, Debug, Serialize)]
pub struct Grade {
    /// The verdict: that of the first stage that failed, or of what went wrong before any.
    pub verdict: Verdict,
    /// The reason, in one line that a terminal can show; none if it passed.
    pub why: Option<String>,
    /// What shut the program in.
    pub tier: Tier,
    /// The seed of all random values.
    pub seed: u64,
    /// The stages that were run, in order.
    pub stages: Vec<StageGrade>,
    /// How long everything took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub time: Duration,
}

/// How one stage went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageGrade {
    /// Its number.
    pub number: u32,
    /// Its id.
    pub id: String,
    /// Its track.
    pub track: String,
    /// How long it took, with starting and stopping the program.
    pub milliseconds: u64,
    /// The verdict on this stage.
    pub verdict: Verdict,
    /// Why it did not pass, in one line.
    pub why: Option<String>,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Grade {
    pub(crate) fn new(tier: Tier, seed: u64) -> Grade {
        Grade { verdict: Verdict::Passed, why: None, tier, seed, stages: Vec::new(), time: Duration::ZERO }
    }

    /// The exit code for scripts: 0 passed, 1 the commit's fault, 2 the grader's.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::GraderFault | Verdict::NoSandbox => 2,
            _ => 1,
        }
    }

    /// A verdict, unless there is one that came before.
    pub(crate) fn fail(&mut self, verdict: Verdict, why: String) {
        if self.verdict == Verdict::Passed {
            self.verdict = verdict;
            self.why = Some(why);
        }
    }

    pub(crate) fn add(&mut self, stage: StageGrade) {
        if !stage.passed() {
            self.fail(stage.verdict, stage.why.clone().unwrap_or_default());
        }
        self.stages.push(stage);
    }
}

impl StageGrade {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }

    pub(crate) fn new(stage: &Stage, outcome: &Outcome) -> StageGrade {
        StageGrade {
            number: stage.number,
            id: stage.page.id.clone(),
            track: stage.page.track.clone(),
            milliseconds: outcome.time.as_millis().try_into().unwrap_or(u64::MAX),
            verdict: outcome.failure.as_ref().map_or(Verdict::Passed, of_failure),
            why: outcome.failure.as_ref().map(Failure::summary),
        }
    }
}

/// The verdict that a failure comes to.
pub(crate) fn of_failure(failure: &Failure) -> Verdict {
    match failure {
        Failure::NotStarted { .. }
        | Failure::Died { listened: false, .. }
        | Failure::NotListening { listened: false, .. } => Verdict::NotStarted,
        Failure::Died { .. } => Verdict::Died,
        Failure::NotCompiled { .. } => Verdict::NotCompiled,
        Failure::Wrong(wrong) if wrong.difference.late => Verdict::TimedOut,
        Failure::Wrong(_) | Failure::NotListening { .. } | Failure::Limit(Limit::Answers) => Verdict::Wrong,
        Failure::Limit(Limit::Output) => Verdict::TooMuchOutput,
        Failure::Limit(Limit::Memory(_)) => Verdict::OutOfMemory,
        Failure::Limit(Limit::Disk(_)) => Verdict::OutOfDisk,
        Failure::Limit(Limit::Compiling(_)) => Verdict::TimedOut,
        Failure::Tester(_) => Verdict::GraderFault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_decides() {
        let mut grade = Grade::new(Tier::None, 1);
        assert_eq!(grade.exit_code(), 0);
        let stage = |number, verdict, why: Option<&str>| StageGrade {
            number,
            id: String::new(),
            track: String::new(),
            milliseconds: 0,
            verdict,
            why: why.map(str::to_owned),
        };
        grade.add(stage(1, Verdict::Passed, None));
        grade.add(stage(2, Verdict::Wrong, Some("wrong")));
        grade.add(stage(3, Verdict::Died, Some("died")));
        assert_eq!((grade.verdict, grade.why.as_deref(), grade.exit_code()), (Verdict::Wrong, Some("wrong"), 1));
    }

    #[test]
    fn only_the_tester_and_a_missing_sandbox_are_not_the_commit_s_fault() {
        let mut grade = Grade::new(Tier::None, 1);
        grade.fail(of_failure(&Failure::Tester(String::new())), String::new());
        assert_eq!(grade.exit_code(), 2);
        let not_listening = |listened| Failure::NotListening { what: String::new(), listened, line: 1 };
        let died = |listened| Failure::Died { how: String::new(), during: String::new(), listened, line: 1 };
        for (failure, verdict) in [
            (Failure::NotCompiled { how: String::new() }, Verdict::NotCompiled),
            (Failure::NotStarted { why: String::new(), line: 1 }, Verdict::NotStarted),
            (not_listening(false), Verdict::NotStarted),
            (not_listening(true), Verdict::Wrong),
            (died(false), Verdict::NotStarted),
            (died(true), Verdict::Died),
            (Failure::Limit(Limit::Answers), Verdict::Wrong),
            (Failure::Limit(Limit::Output), Verdict::TooMuchOutput),
            (Failure::Limit(Limit::Memory(1)), Verdict::OutOfMemory),
            (Failure::Limit(Limit::Disk(1)), Verdict::OutOfDisk),
            (Failure::Limit(Limit::Compiling(1)), Verdict::TimedOut),
        ] {
            let mut grade = Grade::new(Tier::None, 1);
            grade.fail(of_failure(&failure), String::new());
            assert_eq!((grade.verdict, grade.exit_code()), (verdict, 1));
        }
        for (verdict, code, attempt) in [
            (Verdict::NoSandbox, 2, false),
            (Verdict::GraderFault, 2, false),
            (Verdict::Refused, 1, false),
            (Verdict::Wrong, 1, true),
            (Verdict::Passed, 0, true),
        ] {
            let mut grade = Grade::new(Tier::Unshare, 1);
            grade.fail(verdict, String::new());
            assert_eq!((grade.exit_code(), grade.verdict.is_attempt()), (code, attempt), "{verdict:?}");
        }
    }
}
