//! The order for a grading.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{
    sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain},
    stage::catalog::Stage,
};

/// A grading to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The repository, absolute: a bare one, or one with a `.git`.
    pub git_dir: PathBuf,
    /// The full id of the commit.
    pub commit: String,
    /// The stages, in order; up to the first failure unless `keep_going`.
    pub stages: Vec<Stage>,
    /// True if a failure ends the run.
    pub keep_going: bool,
    /// The seed of all random values, as in `stages test --seed`.
    pub seed: u64,
    /// True if the report shows every byte.
    pub debug: bool,
    /// The sandbox: this one, or nothing is graded.
    pub tier: Tier,
    /// Limits of the program.
    pub limits: Limits,
    /// The compilers and interpreters.
    pub toolchain: Toolchain,
}
