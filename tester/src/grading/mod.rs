//! Grading: a commit of a repository is checked out, built and tested as hostile code, and judged.
//!
//! [`grade`] is the whole of it. [`checkout`] takes the files out of the repository; [`verdict`] says what it came to.

pub mod checkout;
mod enter;
mod messages;
pub mod verdict;
mod warden;
pub mod work;

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};

pub use self::{
    verdict::{Grade, StageGrade, Verdict},
    warden::interrupt,
};
use crate::{
    grading::{
        messages::Event,
        warden::{Next, Warden},
    },
    sandbox::{
        limits::Limits,
        tier::{Tier, Wanted},
        toolchain::Toolchain,
    },
    stage::catalog::Stage,
};

/// How long a trial of a sandbox may take.
const TRIAL: Duration = Duration::from_secs(30);

const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

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
    /// Which sandbox.
    pub sandbox: Wanted,
    /// What the program may use.
    pub limits: Limits,
    /// Where compilers and interpreters are.
    pub toolchain: Toolchain,
}

/// Grades a commit, and writes the report to `out` as it is made, with colour (`anstream` takes that away). An error of
/// `out` does not end the grading. Never panics because of what the commit holds, and never blames it for a fault of the
/// grader: that is [`Verdict::GraderFault`].
pub fn grade(order: &Order, out: &mut dyn Write) -> Grade {
    let begin = Instant::now();
    let mut grade = judge(order, begin + order.limits.total(), out);
    if let Some(why) = &grade.why
        && grade.stages.iter().all(|stage| stage.passed)
    {
        // What comes from a stage is told there.
        tell(out, RED, &grade.verdict.sentence(why));
    }
    grade.time = begin.elapsed();
    grade
}

fn judge(order: &Order, deadline: Instant, out: &mut dyn Write) -> Grade {
    let tiers: &[Tier] = match order.sandbox {
        // Each twice: what fails for a moment must not cost the sandbox.
        Wanted::Best => &[Tier::Bubblewrap, Tier::Unshare, Tier::Bubblewrap, Tier::Unshare, Tier::None],
        Wanted::Require => &[Tier::Bubblewrap, Tier::Unshare],
        Wanted::Exactly(Tier::Bubblewrap) => &[Tier::Bubblewrap],
        Wanted::Exactly(Tier::Unshare) => &[Tier::Unshare],
        Wanted::Exactly(Tier::None) => &[Tier::None],
    };
    let mut reasons = Vec::new();
    for tier in tiers {
        if let Err(why) = has_bubblewrap(*tier) {
            reasons.push(format!("{tier}: {why}"));
            continue;
        }
        let mut grade = Grade::new(*tier, order.seed);
        match attempt(order, *tier, deadline, out, &mut grade) {
            Ok(()) => return grade,
            Err(why) => reasons.push(format!("{tier}: {why}")),
        }
    }
    let mut grade = Grade::new(Tier::None, order.seed);
    tell(out, RED, "Sandbox: there is none, and one is required; see `stages doctor`");
    grade.no_sandbox = true;
    grade.fail(Verdict::Refused, format!("no sandbox works here ({})", reasons.join("; ")));
    grade
}

/// Grades in one tier. `Err`: it does not work here.
fn attempt(order: &Order, tier: Tier, deadline: Instant, out: &mut dyn Write, grade: &mut Grade) -> Result<(), String> {
    let mut warden = match Warden::start(order, tier, false) {
        Err(why) if tier == Tier::None => {
            grade.fail(Verdict::GraderFault, why);
            return Ok(());
        }
        warden => warden?,
    };
    let mut told = false;
    loop {
        let next = warden.next(deadline);
        if !told {
            match &next {
                Next::Event(Event::Unavailable(why)) | Next::Gone(why) => return Err(why.clone()),
                _ => introduce(tier, out),
            }
            told = true;
        }
        match next {
            Next::Event(Event::Line(text)) => tell(out, Style::new(), &text),
            Next::Event(Event::Stage(stage)) => grade.add(*stage),
            Next::Event(Event::Verdict(verdict, why)) => grade.fail(verdict, why),
            Next::Event(Event::Ready | Event::Unavailable(_)) => {}
            Next::Event(Event::Done) => return Ok(()),
            Next::Late => {
                let why = format!("The whole grading took longer than {} s.", order.limits.total_seconds);
                grade.fail(Verdict::TimedOut, why);
                return Ok(());
            }
            Next::Interrupted => {
                grade.fail(Verdict::GraderFault, "it was interrupted".to_owned());
                return Ok(());
            }
            Next::Gone(why) => {
                grade.fail(Verdict::GraderFault, why);
                return Ok(());
            }
        }
    }
}

/// The first line of every report.
fn introduce(tier: Tier, out: &mut dyn Write) {
    match tier {
        Tier::None => {
            tell(out, YELLOW, "Sandbox: none - the program runs with your rights; see `stages doctor`");
        }
        tier => tell(out, Style::new(), &format!("Sandbox: {tier}")),
    }
}

fn tell(out: &mut dyn Write, style: Style, text: &str) {
    // A reader that has gone away wants no more; the verdict is made all the same.
    let _ = writeln!(out, "{style}{text}{style:#}");
    let _ = out.flush();
}

/// Finds out whether a tier works here.
///
/// # Errors
/// Why it does not.
pub fn try_tier(tier: Tier) -> Result<(), String> {
    has_bubblewrap(tier)?;
    let order = Order {
        git_dir: PathBuf::from("/"),
        commit: String::new(),
        stages: Vec::new(),
        keep_going: false,
        seed: 0,
        debug: false,
        sandbox: Wanted::Exactly(tier),
        limits: Limits::default(),
        toolchain: Toolchain::default(),
    };
    let mut warden = Warden::start(&order, tier, true)?;
    match warden.next(Instant::now() + TRIAL) {
        Next::Event(Event::Ready) => Ok(()),
        Next::Event(Event::Unavailable(why)) | Next::Gone(why) => Err(why),
        Next::Event(event) => Err(format!("the warden says {event:?}")),
        Next::Interrupted => Err("it was interrupted".to_owned()),
        Next::Late => Err(format!("no answer after {} s", TRIAL.as_secs())),
    }
}

/// A tier of which this much is missing need not be tried.
fn has_bubblewrap(tier: Tier) -> Result<(), String> {
    let path = env::var_os("PATH").unwrap_or_default();
    match tier == Tier::Bubblewrap && !env::split_paths(&path).any(|folder| folder.join("bwrap").is_file()) {
        true => Err("bwrap is not on the PATH; install the package `bubblewrap`".to_owned()),
        false => Ok(()),
    }
}

/// Whether bubblewrap is here and can keep programs from making user namespaces: since version 0.8.
fn bubblewrap_can_disable_userns() -> bool {
    bubblewrap_version().is_some_and(|version| version >= (0, 8))
}

/// The version of bubblewrap, if it is here.
pub fn bubblewrap_version() -> Option<(u32, u32)> {
    let output = Command::new("bwrap").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().strip_prefix("bubblewrap ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// `path` as it is, or its `.git` if that is there.
fn git_dir(path: &Path) -> PathBuf {
    Some(path.join(".git")).filter(|git| git.exists()).unwrap_or_else(|| path.to_owned())
}
