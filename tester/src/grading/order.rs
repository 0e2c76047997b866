//! What a grading is to do.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{
    sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain},
    stage::catalog::Stage,
};

/// What is to be graded, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The repository, absolute: a bare one, or one with a `.git`.
    pub git_dir: PathBuf,
    /// The full id of the commit.
    pub commit: String,
    /// The stages, in order; up to the first failure unless `keep_going`.
    pub stages: Vec<Stage>,
    /// Whether a failure ends the run.
    pub keep_going: bool,
    /// The seed of all random values, as in `stages test --seed`.
    pub seed: u64,
    /// Whether the report shows every byte.
    pub debug: bool,
    /// The sandbox: this one, or nothing is graded.
    pub tier: Tier,
    /// What the program may use.
    pub limits: Limits,
    /// Where compilers and interpreters are.
    pub toolchain: Toolchain,
}
