//! Shows that the testers bite: each mistake of the table is found by the stages that the table names for it, with a
//! message that names the cause, and by no others; and what is right passes everything.
//!
//! The test program is also the server that is tested: `bite --serve NAME PORT [--directory DIR]` serves with the
//! mistake NAME. The `stages` command starts it through a `your_program.sh`, as it starts a learner's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use stages::stage::catalog;

use crate::table::{Row, table};

mod server;
mod table;

/// The stages that fail, each with the cause that the report names.
type Failures = BTreeMap<usize, String>;

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
    let group = match (row.stage, row.track) {
        (Some(stage), _) => format!("stage_{stage:02}"),
        (None, Some(track)) => format!("right_{track}"),
        (None, None) => "right".into(),
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
    // Without a selector, the stages of the public challenge.
    let stages: Vec<String> = match (row.track, row.stage) {
        (Some(track), _) => vec![track.into()],
        // A program that does not even listen fails all stages alike, after 15 s each.
        (None, Some(1)) => vec!["1".into()],
        (None, _) => Vec::new(),
    };
    let exact = failures(row, &stages, timeout, false)?;
    // The public challenge asks less: what passes in exact mode is not run again, unless all of it passes.
    let failed: Vec<String> = exact.keys().map(usize::to_string).collect();
    let compat = match row.track {
        Some(_) => Failures::new(),
        None => failures(row, &failed, timeout, true)?,
    };
    let causes: String = exact.iter().map(|(stage, cause)| format!("{stage}: {cause}\n")).collect();
    let found = format!("exact: {}\ncompat: {}\n{causes}", ranges(&exact), ranges(&compat));
    if !fit(&exact, row.exact) || !fit(&compat, row.compat) {
        return Err(format!("other stages fail than {} and {}\n{found}", row.exact, row.compat).into());
    }
    match exact.values().all(|cause| row.cause.split('|').any(|part| cause.contains(part))) {
        true => Ok(()),
        false => Err(format!("a cause without `{}`\n{found}", row.cause).into()),
    }
}

fn each_stage_has_four_mistakes() -> Result<(), Failed> {
    let rows = table();
    for stage in catalog::all(Some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../stages"))))? {
        let number = stage.number as usize;
        let found = rows.iter().filter(|row| row.stage == Some(number)).count();
        if found < 4 {
            return Err(format!("stage {number} has {found} mistakes of its own in the table").into());
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

/// Whether these are the stages that fail, or at least those before a `+`.
fn fit(failures: &Failures, named: &str) -> bool {
    let Some(least) = named.strip_suffix('+') else { return ranges(failures) == named };
    let numbers = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<usize>().expect("the number of a stage");
        number(from)..=number(to)
    };
    let mut all = least.split(',').filter(|range| !range.is_empty()).flat_map(numbers);
    all.all(|stage| failures.contains_key(&stage))
}

/// The numbers of the stages as `2-5,7`.
fn ranges(failures: &Failures) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for stage in failures.keys() {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *stage => *last = *stage,
            _ => ranges.push((*stage, *stage)),
        }
    }
    let shown = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    shown.collect::<Vec<_>>().join(",")
}

/// Runs these stages, or all, against the server of this row.
fn failures(row: &Row, stages: &[String], timeout: u32, compat: bool) -> Result<Failures, Failed> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let repository = tempfile::tempdir()?;
    let program = env::current_exe()?;
    let start = format!("exec '{}' --serve {} {port} \"$@\"", program.display(), row.name);
    script(repository.path(), "your_program.sh", &start)?;
    script(repository.path(), ".codecrafters/run.sh", &start)?;
    script(repository.path(), ".codecrafters/compile.sh", "exit 0")?;
    let mut tester = Command::new(env!("CARGO_BIN_EXE_stages"));
    tester.arg("test").args(stages).args(["--format", "json", "--keep-going", "--seed", "1"]);
    tester.args(["--timeout", &timeout.to_string()]);
    tester.arg("--stages").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../stages"));
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
            let number = stage["number"].as_u64().ok_or("a stage without a number")?;
            let cause = format!("{} {}", failure["summary"], failure["details"]);
            failures.insert(number as usize, cause);
        }
    }
    let code = if failures.is_empty() { 0 } else { 1 };
    match output.status.code() == Some(code) {
        true => Ok(failures),
        false => Err(format!("the tester ended with {}, not {code}\n{failures:#?}", output.status).into()),
    }
}

fn script(repository: &Path, name: &str, command: &str) -> Result<(), Failed> {
    let path = repository.join(name);
    fs::create_dir_all(path.parent().ok_or("a script in no folder")?)?;
    fs::write(&path, format!("#!/bin/sh\n{command}\n"))?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(())
}
