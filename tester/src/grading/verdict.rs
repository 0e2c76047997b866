//! The result of a grading.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

pub use crate::run::verdict::Verdict;
use crate::{
    os::exit::Exit,
    run::{events::Outcome, failure::Failure},
    sandbox::tier::Tier,
    stage::catalog::Stage,
};

/// The result of a grading.
#[derive(Clone, Debug, Serialize)]
pub struct Grade {
    /// The verdict: that of the first stage that failed, or of what went wrong before any.
    pub verdict: Verdict,
    /// The reason, in one line that a terminal can show; none if it passed.
    pub why: Option<String>,
    /// The exit of the script that builds it, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// The sandbox.
    pub tier: Tier,
    /// The seed of all random values.
    pub seed: u64,
    /// The stages that were run, in order.
    pub stages: Vec<StageGrade>,
    /// Time of the whole.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub time: Duration,
}

/// The result of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageGrade {
    /// Its number.
    pub number: u32,
    /// Its id.
    pub id: String,
    /// Its track.
    pub track: String,
    /// Its time, with starting and stopping the program.
    pub milliseconds: u64,
    /// The verdict on this stage.
    pub verdict: Verdict,
    /// The reason why it did not pass, in one line.
    pub why: Option<String>,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Grade {
    pub(crate) fn new(tier: Tier, seed: u64) -> Grade {
        Grade { verdict: Verdict::Passed, why: None, exit: None, tier, seed, stages: Vec::new(), time: Duration::ZERO }
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
    /// Checks whether it passed.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }

    pub(crate) fn new(stage: &Stage, outcome: &Outcome) -> StageGrade {
        StageGrade {
            number: stage.number,
            id: stage.page.id.clone(),
            track: stage.page.track.clone(),
            milliseconds: outcome.time.as_millis().try_into().unwrap_or(u64::MAX),
            verdict: outcome.failure.as_ref().map_or(Verdict::Passed, Failure::verdict),
            why: outcome.failure.as_ref().map(Failure::summary),
        }
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
        grade.fail(Verdict::GraderFault, String::new());
        assert_eq!(grade.exit_code(), 2);
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
