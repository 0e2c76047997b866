//! The sandbox is killed in each phase of a grading, from outside. Whatever is killed, the program never runs outside it.

use std::{
    fs,
    io::{self, Read as _},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    push::{Graded, Push, SERVER, Who, processes_below},
    support::{self, until},
};

/// How long a phase may take to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a phase that may be over before it is seen is tried.
const TRIES: u32 = 10;

/// What is waited for, and what is killed then: words of the command lines of processes of the grading.
struct Kill {
    sight: &'static str,
    victim: &'static str,
    /// Whether it is killed again and again, as long as the grading lasts.
    always: bool,
}

/// A program that passes stage 1, and leaves a trace wherever it is built or run outside a sandbox.
fn traced(compile: &str, run: &str) -> impl Fn(&Push) {
    let trace = "touch FOLDER/other/owned 2>/dev/null";
    let compile = format!("#!/bin/sh\n{trace}\n{compile}\n");
    let run = format!("#!/bin/sh\n{trace}\n{run}\n");
    move |push| {
        push.python(SERVER);
        push.file(".codecrafters/compile.sh", &compile);
        push.file("your_program.sh", &run);
        push.file(".codecrafters/run.sh", &run);
    }
}

const SERVE: &str = "exec python3 -u server.py MARKER";
const WAIT: &str = "sh -c 'sleep 1000; :' MARKER";

/// Grades, and kills. `None`: what was to be killed was never seen.
fn graded(tier: &str, who: Who, commit: impl Fn(&Push), kill: &Kill) -> Result<Option<(Push, Graded)>, Failed> {
    let push = Push::new(who);
    commit(&push);
    let sight = kill.sight.replace("MARKER", &push.marker());
    let mut grader = push.command(tier, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // Each stream is read by a thread of its own, so that the grader never waits for a reader.
    let (stdout, stderr) = (grader.stdout.take(), grader.stderr.take());
    let read = |stream: Option<Box<dyn io::Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.map(|mut stream| stream.read_to_end(&mut bytes));
            bytes
        })
    };
    let stdout = read(stdout.map(|stream| Box::new(stream) as _));
    let stderr = read(stderr.map(|stream| Box::new(stream) as _));
    let (status, killed) = kill_what_is_seen(&mut grader, &sight, kill)?;
    let join = |thread: thread::JoinHandle<Vec<u8>>| thread.join().map_err(|_| Failed::from("a reader panicked"));
    let output = std::process::Output { status, stdout: join(stdout)?, stderr: join(stderr)? };
    Ok(killed.then(|| (push, Graded::of(output))))
}

fn kill_what_is_seen(grader: &mut Child, sight: &str, kill: &Kill) -> Result<(ExitStatus, bool), Failed> {
    let deadline = Instant::now() + PATIENCE;
    let mut killed = false;
    loop {
        if let Some(status) = grader.try_wait()? {
            return Ok((status, killed));
        }
        if Instant::now() > deadline {
            grader.kill()?;
            grader.wait()?;
            return Err(format!("the grading did not end, and what was to be killed was seen: {killed}").into());
        }
        if kill.always || !killed {
            let processes = processes_below(grader.id());
            if processes.iter().any(|(_, line)| line.contains(sight)) {
                for (process, _) in processes.iter().filter(|(_, line)| line.contains(kill.victim)) {
                    // It may have ended by itself in the meantime.
                    killed |= Pid::from_raw(*process).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok());
                }
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Nothing ran outside, nothing is left, and the grading never left its sandbox.
fn stayed_inside(push: &Push, graded: &Graded, tier: &str) -> Result<(), Failed> {
    if push.path("other/owned").exists() {
        return Err(format!("the program ran outside:\n{}\n{}", graded.grade, graded.report).into());
    }
    let other = graded.report.lines().find(|line| line.starts_with("Sandbox: ") && !line.contains(tier));
    if graded.grade["tier"] != tier || other.is_some() {
        return Err(format!("another sandbox than {tier}:\n{}\n{}", graded.grade, graded.report).into());
    }
    push.nothing_left()
}

/// Repeats a test until it has hit its phase, and checks what that came to. A phase that is always missed is a failure.
fn hits(
    tier: &str,
    who: Who,
    commit: impl Fn(&Push),
    kill: &Kill,
    phase: impl Fn(&Graded) -> bool,
    verdict: &str,
) -> Result<(), Failed> {
    for _ in 0..TRIES {
        let Some((push, graded)) = graded(tier, who, &commit, kill)? else { continue };
        stayed_inside(&push, &graded, tier)?;
        if !phase(&graded) {
            continue;
        }
        let code = if verdict == "passed" { 0 } else { 2 };
        if graded.grade["verdict"] != verdict || graded.output.status.code() != Some(code) {
            let status = graded.output.status;
            return Err(format!("{status}, not {verdict}:\n{}\n{}", graded.grade, graded.report).into());
        }
        return Ok(());
    }
    Err(format!("in {TRIES} gradings `{}` was never killed in time", kill.victim).into())
}

/// The first line of the report comes as soon as the sandbox is ready.
fn was_ready(graded: &Graded, tier: &str) -> bool {
    graded.report.lines().next() == Some(&format!("Sandbox: {tier}"))
}

/// A sandbox that never becomes ready: there is no other, and nothing of the commit is looked at.
pub(crate) fn before_it_is_ready(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sandbox inside", victim: "sandbox inside", always: true };
    let phase = |graded: &Graded| !was_ready(graded, tier);
    hits(tier, who, traced("exit 0", SERVE), &kill, phase, "no-sandbox")
}

/// The process outside the namespaces, which makes them.
pub(crate) fn while_it_is_made(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sandbox outside", victim: "sandbox outside", always: true };
    let phase = |graded: &Graded| !was_ready(graded, tier);
    hits(tier, who, traced("exit 0", SERVE), &kill, phase, "no-sandbox")
}

/// A failure that lasts a moment: the same sandbox is tried once more.
pub(crate) fn once(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sandbox try", victim: "sandbox try", always: false };
    hits(tier, who, traced("exit 0", SERVE), &kill, |graded| was_ready(graded, tier), "passed")
}

/// A sandbox that takes longer to be made than the whole grading may take: it is waited for, and none of that time is the
/// program's.
pub(crate) fn late(tier: &'static str, who: Who) -> Result<(), Failed> {
    const TOTAL: Duration = Duration::from_secs(5);
    let mut said = String::new();
    for _ in 0..TRIES {
        let push = Push::new(who);
        traced("exit 0", SERVE)(&push);
        let mut command = push.command(tier, &["--total-timeout", &TOTAL.as_secs().to_string()]);
        let grader = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let deadline = Instant::now() + PATIENCE;
        let first = loop {
            let found = processes_below(grader.id()).into_iter().find(|(_, line)| line.contains("sandbox inside"));
            match found.and_then(|(process, _)| Pid::from_raw(process)) {
                Some(first) if kill_process(first, Signal::STOP).is_ok() => break first,
                _ if Instant::now() > deadline => return Err("the sandbox was never begun".into()),
                _ => thread::sleep(Duration::from_millis(1)),
            }
        };
        thread::sleep(TOTAL + Duration::from_secs(1));
        kill_process(first, Signal::CONT)?;
        let graded = Graded::of(grader.wait_with_output()?);
        stayed_inside(&push, &graded, tier)?;
        if graded.grade["verdict"] == "passed" {
            return Ok(());
        }
        // It was ready already when it was stopped.
        said = format!("{}\n{}", graded.grade, graded.report);
    }
    Err(said.into())
}

/// A tree of thousands of files, so that the checkout takes a while.
fn many_files(push: &Push) {
    traced("exit 0", SERVE)(push);
    push.git(&["add", "--all"]);
    let blob = push.git(&["hash-object", "-w", "server.py"]);
    let lines: String = (0..20_000).map(|number| format!("100644 blob {blob}\tmany/{number:05}\n")).collect();
    fs::write(push.path("lines"), lines).unwrap();
    let mut index = Command::new("git");
    index.args(["update-index", "--index-info"]).current_dir(push.path("repository"));
    let status = index.stdin(fs::File::open(push.path("lines")).unwrap()).status().unwrap();
    assert!(status.success(), "git update-index: {status}");
    push.git(&["commit", "--quiet", "--message", "x"]);
}

pub(crate) fn during_the_checkout(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "checkout-index", victim: "sandbox inside", always: false };
    hits(tier, who, many_files, &kill, |graded| graded.grade["verdict"] != "passed", "grader-fault")
}

pub(crate) fn while_it_compiles(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sh -c sleep 1000; : MARKER", victim: "sandbox work", always: false };
    hits(tier, who, traced(WAIT, SERVE), &kill, |_| true, "grader-fault")
}

pub(crate) fn while_it_tests(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sh -c sleep 1000; : MARKER", victim: "sandbox work", always: false };
    hits(tier, who, traced("exit 0", WAIT), &kill, |_| true, "grader-fault")
}

/// The process that watches the program: with it goes the program's view, so nobody knows what the program would have
/// done.
pub(crate) fn its_supervisor(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sh -c sleep 1000; : MARKER", victim: "stages supervise", always: false };
    hits(tier, who, traced("exit 0", WAIT), &kill, |_| true, "grader-fault")
}

/// The process outside, once the sandbox works: everything in the sandbox ends with it.
pub(crate) fn from_outside(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sh -c sleep 1000; : MARKER", victim: "sandbox outside", always: false };
    hits(tier, who, traced(WAIT, SERVE), &kill, |_| true, "grader-fault")
}

/// The first process in the view of the program.
pub(crate) fn its_view(tier: &'static str, who: Who) -> Result<(), Failed> {
    let kill = Kill { sight: "sh -c sleep 1000; : MARKER", victim: "sandbox enter", always: false };
    hits(tier, who, traced("exit 0", WAIT), &kill, |_| true, "grader-fault")
}

/// What these tests rely on: a program that does run outside leaves its trace.
pub(crate) fn the_trace_shows() -> Result<(), Failed> {
    let push = Push::new(Who::Caller);
    traced("exit 0", SERVE)(&push);
    let graded = push.grade("none", &[]);
    if graded.grade["verdict"] == "passed" && push.path("other/owned").exists() {
        return Ok(());
    }
    Err(format!("{}\n{}", graded.grade, graded.report).into())
}

/// What becomes of the installed command while a grading is under way.
#[derive(Clone, Copy)]
pub(crate) enum Replaced {
    RenamedOver,
    Removed,
}

/// A grading goes on with the binary that it was started with.
pub(crate) fn replaced(tier: &'static str, who: Who, how: Replaced) -> Result<(), Failed> {
    let push = Push::new(who);
    traced("sleep 0.5", SERVE)(&push);
    let installed = push.path("stages");
    fs::copy(env!("CARGO_BIN_EXE_stages"), &installed)?;
    // Another thread of this process may have started something while the file was written, which then has it open for
    // writing until it is another program.
    until("it can be started", || Command::new(&installed).arg("--version").stdout(Stdio::null()).status().is_ok())?;
    // The limit on disk is less than the binary: a copy that is made of it is nobody's.
    let command = push.command(tier, &["--stage", "1", "--disk", "16"]);
    let mut grader = Command::new(&installed);
    grader.args(command.get_args()).current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    push.as_grader(&mut grader);
    let mut grader = grader.spawn()?;
    // It has begun, and not come far.
    match how {
        Replaced::Removed => fs::remove_file(&installed)?,
        Replaced::RenamedOver => {
            support::script(&push.path("new"), "exit 9")?;
            fs::rename(push.path("new"), &installed)?;
        }
    }
    let (mut report, mut grade) = (String::new(), String::new());
    grader.stderr.take().ok_or("no pipe")?.read_to_string(&mut report)?;
    grader.stdout.take().ok_or("no pipe")?.read_to_string(&mut grade)?;
    let status = grader.wait()?;
    let grade: Value = serde_json::from_str(&grade)?;
    if !status.success() || grade["verdict"] != "passed" || grade["tier"] != tier {
        return Err(format!("{status}\n{grade}\n{report}").into());
    }
    push.nothing_left()
}
