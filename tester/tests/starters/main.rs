//! The starters, and the solutions that grow from them: a starter fails stage 1 as it is, and passes it once its lines
//! are uncommented; a solution of level N passes stages 1 to N and fails the next.
//!
//! The programs listen on port 4221, so each is tested in a network namespace. Where the system has none, or no
//! toolchain for a language, the tests are listed as ignored, with what they need.

#![allow(clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    env,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};
use stages::{
    sandbox::network,
    stage::starters::{self, Language},
};

use crate::repository::{Report, Repository};

#[path = "../push/solutions.rs"]
mod solutions;

#[path = "../support/mod.rs"]
mod support;

mod repository;

/// Each level of the solution in Rust is compiled from nothing here, so the ones that differ most have to do.
const RUST_LEVELS: [u32; 6] = [1, 5, 8, 11, 12, 14];

fn main() -> ExitCode {
    // Only a process without threads can try it out.
    if env::args().nth(1).as_deref() == Some("--can-isolate") {
        return if network::prepare().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let needs = Needs { namespaces: can_isolate() };
    let mut trials = Vec::new();
    for language in starters::languages() {
        trials.push(needs.trial(language, "fails_as_it_is", || fails_as_it_is(language)));
        trials.push(needs.trial(language, "passes_once_uncommented", || passes_once_uncommented(language)));
        trials.push(needs.trial(language, "starts_from_anywhere", || starts_from_anywhere(language)));
    }
    for language in solutions::languages() {
        let language = starters::find(language).expect("a solution is in the language of a starter");
        for level in (1..=solutions::LAST).filter(|level| language.name != "rust" || RUST_LEVELS.contains(level)) {
            let test = move || passes_up_to(language, level);
            trials.push(needs.trial(language, &format!("solution_of_level_{level:02}"), test));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn can_isolate() -> bool {
    let this = env::current_exe().expect("the path of this test");
    Command::new(this).arg("--can-isolate").status().is_ok_and(|status| status.success())
}

/// The needs of tests that this machine meets.
struct Needs {
    namespaces: bool,
}

impl Needs {
    /// A test of a language, listed as ignored where its toolchain, or namespaces, are missing.
    fn trial(
        &self,
        Language { name: language, programs, .. }: &Language,
        name: &str,
        test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Trial {
        let missing = support::missing(programs);
        match missing.or((!self.namespaces).then_some("namespaces")) {
            None => Trial::test(format!("{language}::{name}"), test),
            Some(what) => {
                Trial::test(format!("{language}::{name} (skipped: needs {what})"), test).with_ignored_flag(true)
            }
        }
    }
}

/// Its build products are ignored by git, too.
fn fails_as_it_is(language: &Language) -> Result<(), Failed> {
    let repository = Repository::new(language)?;
    repository.git(&["init", "--quiet"])?;
    repository.git(&["add", "--all"])?;
    repository.git(&["-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "--message=Begin"])?;
    let report = repository.test(&["1"])?;
    report.is(&[Some("ended (exit code 0) while the tester waited for it to listen")])?;
    let status = repository.git(&["status", "--porcelain", "--untracked-files=all"])?;
    if status.is_empty() { Ok(()) } else { Err(format!("building and running leave behind:\n{status}").into()) }
}

fn passes_once_uncommented(language: &Language) -> Result<(), Failed> {
    let repository = Repository::new(language)?;
    repository.uncomment(language)?;
    repository.test(&["1"])?.is(&[None])
}

/// Through a symbolic link, from another folder, and by `your_program.sh` alone.
fn starts_from_anywhere(language: &Language) -> Result<(), Failed> {
    let starter = Repository::new(language)?;
    starter.uncomment(language)?;
    let links = Repository::of_scripts(&starter.path().join("your_program.sh"))?;
    links.test(&["1"])?.is(&[None])
}

/// The solution passes the stages up to its level, in exact mode, and fails the one after it.
fn passes_up_to(language: &Language, level: u32) -> Result<(), Failed> {
    let repository = Repository::new(language)?;
    solutions::write(language.name, level, repository.path())?;
    let next = solutions::LAST.min(level + 1);
    let report: Report = repository.test(&[&format!("1..{next}")])?;
    let mut expected = vec![None; next as usize];
    if level < next {
        // Any message.
        expected[level as usize] = Some("");
    }
    report.is(&expected)
}
