//! The limits of pushed code.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits of one grading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Seconds that compiling may take.
    pub compile_seconds: u64,
    /// Seconds that the whole grading may take.
    pub total_seconds: u64,
    /// Bytes of memory that all processes together may hold.
    pub memory: u64,
    /// Processes and threads at once, for each stage and for compiling.
    pub processes: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together: the tree, what is built from it, and what the stages write.
    pub disk: u64,
    /// Open descriptors of a process.
    pub descriptors: u64,
    /// Bytes that are shown of a program's output. A program that prints 16 times as much is stopped.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            compile_seconds: 300,
            total_seconds: 900,
            memory: 2 << 30,
            processes: 2048,
            file: 512 << 20,
            disk: 1 << 30,
            descriptors: 4096,
            output: 1 << 20,
        }
    }
}

impl Limits {
    /// Longest time to compile.
    pub fn compile(&self) -> Duration {
        Duration::from_secs(self.compile_seconds)
    }

    /// Longest time for the whole grading.
    pub fn total(&self) -> Duration {
        Duration::from_secs(self.total_seconds)
    }
}
