//! Shows that the testers bite: each mistake of the table is found by the stages that the table names for it, with a
//! message that names the cause, and by no others; and what is right passes everything.
//!
//! The test program is also the server that is tested: `bite --serve NAME PORT [--directory DIR]` serves with the
//! mistake NAME. The `stages` command starts it through a `your_program.sh`, as it starts a learner's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    collections::{BTreeMap, HashSet},
    env,
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};
use stages::stage::catalog::{self, Stage};
use tempfile::TempDir;

use crate::table::{Cause, Fails, Row, table};

mod new_stage;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod table;

/// The stages that fail, by id.
type Failures = BTreeMap<String, Failure>;

/// What the report says of a stage that failed.
struct Failure {
    /// The id of the likely cause, if it names one.
    cause: Option<String>,
    /// What is wrong with bytes that are not HTTP; else the kind of the difference; else that of the failure.
    kind: String,
    /// All of it.
    report: String,
}

impl Failure {
    fn is_blamed_on(&self, cause: &Cause) -> bool {
        match cause {
            Cause::Id(id) => self.cause.as_deref() == Some(id),
            Cause::NoCause(kind) => self.cause.is_none() && self.kind == *kind,
        }
    }
}

/// The folder of the stages.
const STAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../stages");

/// The stage that only asks for a program that listens.
const FIRST: &str = "at4";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, name, port, rest @ ..] = &args[..]
        && flag == "--serve"
    {
        serve(name, port, rest);
    }
    let mut arguments = Arguments::from_args();
    // Most of the time is spent waiting, not computing.
    arguments.test_threads = arguments.test_threads.or(Some(12));
    let mut trials: Vec<Trial> = table().into_iter().map(trial).collect();
    trials.push(Trial::test("each_stage_has_four_mistakes", each_stage_has_four_mistakes));
    trials.push(Trial::test("a_new_stage_is_a_folder", new_stage::is_a_folder));
    trials.push(Trial::test("each_server_has_a_name_of_its_own", each_server_has_a_name_of_its_own));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn serve(name: &str, port: &str, args: &[String]) -> ! {
    let row = table().into_iter().find(|row| row.name == name).expect("a name of the table");
    let mut parts = server::Parts::right();
    (row.change)(&mut parts);
    server::run(parts, port.parse().expect("a port"), server::Site::new(args))
}

fn trial(row: Row) -> Trial {
    let group = match (row.stage, row.run) {
        (Some(stage), _) => stage.to_owned(),
        (None, [first, ..]) => format!("right_{first}"),
        (None, []) => "right".to_owned(),
    };
    Trial::test(format!("{group}::{}", row.name), move || {
        // A busy machine can hide a mistake from a check that waits for 20 or 50 ms, or answer other stages too late, so
        // a mistake has three chances to be found, each with more time. What is right has one: it must never be blamed.
        let Some(_) = row.stage else { return found(&row, 20) };
        found(&row, 2).or_else(|_| found(&row, 5)).or_else(|_| found(&row, 15))
    })
}

/// Whether the testers find what the row names, and nothing else. An answer may take `timeout` seconds.
fn found(row: &Row, timeout: u32) -> Result<(), Failed> {
    let mut stages: Vec<&str> = row.run.to_vec();
    // A program that does not even listen fails all stages alike, after 15 s each.
    if stages.is_empty() && row.stage == Some(FIRST) {
        stages.push(FIRST);
    }
    let exact = failures(row, &stages, timeout, false)?;
    // The public challenge asks less: what passes in exact mode is not run again, unless all of it passes.
    let failed: Vec<&str> = exact.keys().map(String::as_str).collect();
    let compat = if row.run.is_empty() { failures(row, &failed, timeout, true)? } else { Failures::new() };
    let shown = |(stage, failure): (&String, &Failure)| {
        let cause = failure.cause.as_deref().unwrap_or("no cause");
        format!("{stage}: {cause}, {}\n{}\n", failure.kind, failure.report)
    };
    let reports: String = exact.iter().map(shown).collect();
    let ids = |failures: &Failures| failures.keys().cloned().collect::<Vec<_>>().join(" ");
    let found = format!("exact: {}\ncompat: {}\n{reports}", ids(&exact), ids(&compat));
    if !fit(&exact, row.exact)? || !fit(&compat, row.compat)? {
        return Err(format!("other stages fail than the table says\n{found}").into());
    }
    let blamed = |failure: &Failure| row.causes.iter().any(|cause| failure.is_blamed_on(cause));
    if !exact.values().chain(compat.values()).all(blamed) {
        return Err(format!("the cause is none of {:?}\n{found}", row.causes).into());
    }
    Ok(())
}

/// All stages, in order.
fn stages() -> Result<Vec<Stage>, Failed> {
    Ok(catalog::all(Some(Path::new(STAGES)))?)
}

fn each_stage_has_four_mistakes() -> Result<(), Failed> {
    let rows = table();
    for stage in stages()? {
        let found = rows.iter().filter(|row| row.stage == Some(&stage.page.id)).count();
        if found < 4 {
            return Err(format!("stage {} has {found} mistakes of its own in the table", stage.page.id).into());
        }
    }
    Ok(())
}

/// `--serve` finds a server by its name alone.
fn each_server_has_a_name_of_its_own() -> Result<(), Failed> {
    let mut names = HashSet::new();
    match table().iter().find(|row| !names.insert(row.name)) {
        Some(row) => Err(format!("`{}` is the name of two servers", row.name).into()),
        None => Ok(()),
    }
}

/// Whether these are the stages that fail, or at least those.
fn fit(failures: &Failures, fails: Fails) -> Result<bool, Failed> {
    let (Fails::These(named) | Fails::AtLeast(named)) = fails;
    let all: Vec<String> = stages()?.into_iter().map(|stage| stage.page.id).collect();
    let place = |id| all.iter().position(|stage| stage == id).ok_or("a stage that there is not");
    let mut wanted = HashSet::new();
    for named in named {
        let (first, last) = named.split_once("..").unwrap_or((named, named));
        wanted.extend(&all[place(first)?..=place(last)?]);
    }
    let others = failures.keys().any(|stage| !wanted.contains(stage));
    let missed = wanted.iter().any(|stage| !failures.contains_key(stage.as_str()));
    Ok(!missed && (!others || matches!(fails, Fails::AtLeast(_))))
}

/// Runs these stages, or all, against the server of this row.
fn failures(row: &Row, stages: &[&str], timeout: u32, compat: bool) -> Result<Failures, Failed> {
    let (repository, port) = repository(row.name)?;
    let mut tester = Command::new(env!("CARGO_BIN_EXE_stages"));
    tester.arg("test").args(stages).args(["--format", "json", "--keep-going", "--seed", "1"]);
    tester.args(["--timeout", &timeout.to_string()]);
    tester.args(["--stages", STAGES]);
    tester.arg("--program").arg(repository.path()).args(["--port", &port.to_string()]);
    if compat {
        tester.arg("--compat");
    }
    let output = tester.output()?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}\n{}", String::from_utf8_lossy(&output.stderr)))?;
    let mut failures = Failures::new();
    for stage in report["stages"].as_array().ok_or("a report without stages")? {
        if let Some(failure) = stage["failure"].as_object() {
            let id = stage["id"].as_str().ok_or("a stage without an id")?;
            let kinds = ["fault", "difference", "kind"].map(|member| failure[member].as_str());
            let kind = kinds.into_iter().flatten().next().ok_or("a failure of no kind")?;
            let failure = Failure {
                cause: failure["cause"]["id"].as_str().map(str::to_owned),
                kind: kind.to_owned(),
                report: serde_json::to_string(failure)?,
            };
            failures.insert(id.to_owned(), failure);
        }
    }
    let code = if failures.is_empty() { 0 } else { 1 };
    if output.status.code() != Some(code) {
        return Err(format!("the tester ended with {}, not {code}\n{report:#}", output.status).into());
    }
    Ok(failures)
}

/// A repository whose program is the server of this name, and the port that it listens on.
fn repository(name: &str) -> Result<(TempDir, u16), Failed> {
    let port = support::free_port()?;
    let repository = tempfile::tempdir()?;
    let program = env::current_exe()?;
    support::repository(repository.path(), &format!("exec '{}' --serve {name} {port} \"$@\"", program.display()))?;
    Ok((repository, port))
}
