//! Where there is no sandbox, what happens when the grader itself is killed, and that a sandbox changes no verdict.

use std::{
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    push::{Graded, Push, SERVER, Who, tier_works},
    support::until,
};

/// Runs its arguments where no namespaces can be made.
const FORBID: &str = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"";

fn forbidden() -> Command {
    if !any_sandbox() {
        // As it is on this machine.
        return Command::new("env");
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", FORBID, "sh"]);
    command
}

fn any_sandbox() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| ["bubblewrap", "unshare"].iter().any(|tier| tier_works(tier, Who::Caller)))
}

/// Whether this machine is one without namespaces, or can pretend to be one.
pub(crate) fn can_forbid_namespaces() -> bool {
    let mut command = forbidden();
    command.arg("true").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Grades a program that would pass, where no namespaces can be made.
fn graded(sandbox: &[&str]) -> (Push, Graded) {
    let push = Push::new(Who::Caller);
    push.python(SERVER);
    let plain = push.command("none", &[]);
    let mut command = forbidden();
    command.arg(plain.get_program());
    let mut given = plain.get_args();
    while let Some(argument) = given.next() {
        if argument == "--sandbox" {
            given.next();
        } else {
            command.arg(argument);
        }
    }
    command.args(sandbox).env("TMPDIR", push.path("temporary"));
    let graded = Graded::of(command.output().unwrap());
    (push, graded)
}

/// Nothing was run, with exit code 2, and each of `parts` was said.
fn refused(graded: &Graded, parts: &[&str]) -> Result<(), Failed> {
    let silent = parts.iter().find(|part| !graded.report.contains(**part));
    if graded.output.status.code() != Some(2) || silent.is_some() || graded.report.contains("[your_program]") {
        return Err(format!("not said: {silent:?}\n{}\n{}", graded.output.status, graded.report).into());
    }
    Ok(())
}

pub(crate) fn refuses() -> Result<(), Failed> {
    let (push, graded) = graded(&[]);
    refused(&graded, &["no sandbox works here: bubblewrap: ", "; unshare: ", "`stages doctor`", "--sandbox none"])?;
    push.nothing_left()
}

/// One that was chosen earlier, as in the configuration of a remote.
pub(crate) fn refuses_by_name() -> Result<(), Failed> {
    let (push, graded) = graded(&["--sandbox", "unshare"]);
    refused(
        &graded,
        &["Sandbox: unshare does not work", "Not graded: the sandbox unshare does not work: ", "Nothing was run."],
    )?;
    if graded.grade["verdict"] != "no-sandbox" || graded.grade["tier"] != "unshare" {
        return Err(graded.grade.to_string().into());
    }
    push.nothing_left()
}

pub(crate) fn warns() -> Result<(), Failed> {
    let (push, graded) = graded(&["--sandbox", "none"]);
    let first = graded.report.lines().next().unwrap_or_default();
    if first != "Sandbox: none - the program runs with your rights; see `stages doctor`" {
        return Err(format!("the report begins with: {first}").into());
    }
    if graded.grade["verdict"] != "passed" || graded.grade["tier"] != "none" {
        return Err(format!("{}\n{}", graded.grade, graded.report).into());
    }
    push.nothing_left()
}

/// `stages new` and `stages remote` find no sandbox, say so, and leave nothing; unless none is asked for by name.
pub(crate) fn no_remote() -> Result<(), Failed> {
    let push = Push::new(Who::Caller);
    push.python(SERVER);
    push.git(&["add", "--all"]);
    push.git(&["commit", "--quiet", "--message", "x"]);
    let before = std::fs::read_dir(push.folder.path())?.count();
    let new = |arguments: &[&str]| {
        let mut command = forbidden();
        command.arg(env!("CARGO_BIN_EXE_stages")).args(arguments).current_dir(push.folder.path());
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
        command.output()
    };
    for arguments in
        [&["new", "x", "-l", "c"][..], &["new", "x", "-l", "c", "--sandbox", "unshare"], &["remote", "repository"]]
    {
        let output = new(arguments)?;
        let text = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(2) || !text.contains("no sandbox works here: ") || !text.contains("unshare: ") {
            return Err(format!("{arguments:?}: {}\n{text}", output.status).into());
        }
        if std::fs::read_dir(push.folder.path())?.count() != before {
            return Err(format!("{arguments:?} left something behind").into());
        }
    }
    let output = new(&["remote", "repository", "--sandbox", "none"])?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && text.contains("Pushes are graded without a sandbox") {
        return Ok(());
    }
    Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into())
}

pub(crate) fn doctor() -> Result<(), Failed> {
    let mut command = forbidden();
    let output: Output = command.arg(env!("CARGO_BIN_EXE_stages")).arg("doctor").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let right = output.status.code() == Some(1)
        && text.contains("No sandbox works here, so nothing is graded")
        && text.matches("does not work: ").count() == 2;
    if right { Ok(()) } else { Err(format!("{}\n{text}", output.status).into()) }
}

/// Starts a grading of a build that does not end, and sends the grader a signal while it runs.
fn while_it_builds(tier: &str, who: Who, signal: Signal) -> Result<Push, Failed> {
    let push = Push::new(who);
    push.python("");
    push.file(
        ".codecrafters/compile.sh",
        "#!/bin/sh\nsh -c 'sleep 1000 & sleep 1000' MARKER & sh -c 'sleep 1000; :' MARKER\n",
    );
    let mut grader = push.command(tier, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let begun = until("it builds", || push.processes().iter().any(|line| line.contains("sleep 1000")));
    kill_process(Pid::from_child(&grader), signal)?;
    grader.wait()?;
    begun?;
    Ok(push)
}

pub(crate) fn interrupted_grader(tier: &str, who: Who) -> Result<(), Failed> {
    while_it_builds(tier, who, Signal::TERM)?.nothing_left()
}

pub(crate) fn killed_grader(tier: &str, who: Who) -> Result<(), Failed> {
    let push = while_it_builds(tier, who, Signal::KILL)?;
    // Its folder is for the next grading to sweep; everything else is gone.
    until("its processes are gone", || push.processes().is_empty())?;
    for entry in std::fs::read_dir(push.path("temporary"))?.flatten() {
        let old = std::time::SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::open(entry.path())?.set_modified(old)?;
    }
    push.file("README", "x");
    push.git(&["add", "--all"]);
    push.git(&["reset", "--hard", "--quiet"]);
    let swept = push.grade(tier, &["--compile-timeout", "1"]);
    if swept.grade["verdict"] != "timed-out" {
        return Err(format!("{}\n{}", swept.grade, swept.report).into());
    }
    push.nothing_left()
}

/// Passes stages 1 and 2, is wrong in the others in all kinds of ways, and ends in stage 5.
const FLAWED: &str = "
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        if self.path == '/user-agent': os.abort()
        self.send_response_only(200 if self.path == '/' else 404)
        self.send_header('Content-Length', '0')
        self.end_headers()
http.server.ThreadingHTTPServer(('127.0.0.1', 4221), Handler).serve_forever()
";

/// Stage by stage, what `stages test` says of the same commit with the same seed.
pub(crate) fn same_verdict(tier: &str, who: Who) -> Result<(), Failed> {
    let push = Push::new(who);
    push.python(FLAWED);
    // With it the local test has a network of its own as well, where the system allows it.
    push.file(".codecrafters/compile.sh", "#!/bin/sh\nexit 0\n");
    let graded = push.grade(tier, &["--stage", "1..7", "--keep-going"]);
    let local = Command::new(env!("CARGO_BIN_EXE_stages"))
        .args(["test", "1..7", "--keep-going", "--seed", "1", "--format", "json", "--program"])
        .arg(push.path("repository"))
        .output()?;
    let local: serde_json::Value = serde_json::from_slice(&local.stdout)?;
    let said = |stage: &serde_json::Value| stage["failure"]["summary"].as_str().map(str::to_owned);
    let local: Vec<_> = local["stages"].as_array().into_iter().flatten().map(said).collect();
    let said = |stage: &serde_json::Value| stage["why"].as_str().map(str::to_owned);
    let remote: Vec<_> = graded.grade["stages"].as_array().into_iter().flatten().map(said).collect();
    if local == remote && remote.len() == 7 && remote[1].is_none() && remote[4].is_some() {
        Ok(())
    } else {
        Err(format!("here: {local:?}\ngraded: {remote:?}").into())
    }
}
