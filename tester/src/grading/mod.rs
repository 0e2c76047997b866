//! Grading: a commit of a repository is checked out, built and tested as hostile code, and judged.
//!
//! [`grade`] is the whole of it. It waits until the sandbox works before anything of the commit is looked at; from then on
//! nothing changes the sandbox, and whatever fails is a verdict. [`checkout`] takes the files out of the repository;
//! [`verdict`] says what it came to. [`choose`] finds the sandbox that a remote is made with.

pub mod checkout;
pub mod enter;
mod messages;
pub(crate) mod order;
mod trial;
pub(crate) mod verdict;
pub mod work;
mod worker;

use std::{fmt, io::Write, path::PathBuf, time::Instant};

pub use self::{
    order::Order,
    verdict::{Grade, StageGrade, Verdict},
    worker::{Unready, interrupt},
};
use crate::{
    grading::{
        messages::{Event, remark},
        worker::{Next, Worker},
    },
    report::style::{PLAIN, RED, YELLOW, tell},
    sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain},
};

/// Grades a commit, and writes the report to `out` as it is made, with colour (`anstream` takes that away). An error of
/// `out` does not end the grading. Never panics because of what the commit holds, and never blames it for a fault of the
/// grader: that is [`Verdict::GraderFault`], or [`Verdict::NoSandbox`].
pub fn grade(order: &Order, out: &mut dyn Write) -> Grade {
    let begin = Instant::now();
    let mut grade = Grade::new(order.tier, order.seed);
    match Worker::ready(order, false) {
        Ok(worker) => {
            introduce(order.tier, out);
            follow(worker, order, out, &mut grade);
        }
        Err(Unready::Unavailable(why)) if order.tier != Tier::None => {
            tell(out, RED, &format!("Sandbox: {} does not work", order.tier));
            grade.fail(Verdict::NoSandbox, format!("the sandbox {} does not work: {why}", order.tier));
        }
        Err(unready) => grade.fail(Verdict::GraderFault, unready.to_string()),
    }
    if let Some(why) = &grade.why
        && grade.stages.iter().all(StageGrade::passed)
    {
        // A reason that comes from a stage is told there.
        tell(out, RED, &grade.verdict.sentence(why));
    }
    grade.time = begin.elapsed();
    grade
}

/// Hears from the worker until it is done. Its time begins now: how long a sandbox takes to be made is not the commit's
/// doing.
fn follow(mut worker: Worker, order: &Order, out: &mut dyn Write, grade: &mut Grade) {
    let deadline = Instant::now() + order.limits.total();
    loop {
        match worker.next(deadline) {
            Next::Event(Event::Line(text)) => tell(out, PLAIN, &text),
            Next::Event(Event::Stage(stage)) => grade.add(*stage),
            Next::Event(Event::Verdict(verdict, why)) => grade.fail(verdict, why),
            Next::Event(Event::NotCompiled(exit, why)) => {
                grade.exit = Some(exit);
                grade.fail(Verdict::NotCompiled, why);
            }
            Next::Event(Event::Entering(notes)) => {
                notes.iter().for_each(|text| tell(out, PLAIN, &remark(text)));
                // One that has ended is noticed next.
                let _ = worker.send_job();
            }
            Next::Event(event @ (Event::Ready | Event::Unavailable(_))) => {
                return grade.fail(Verdict::GraderFault, format!("the worker says {event:?} while it works"));
            }
            Next::Event(Event::Done) => return,
            Next::Late => {
                let why = format!("The grading took longer than {} s in all.", order.limits.total_seconds);
                return grade.fail(Verdict::TimedOut, why);
            }
            Next::Interrupted => return grade.fail(Verdict::GraderFault, "it was interrupted".to_owned()),
            Next::Gone(why) => return grade.fail(Verdict::GraderFault, why),
        }
    }
}

/// The first line of every report.
fn introduce(tier: Tier, out: &mut dyn Write) {
    match tier {
        Tier::None => {
            tell(out, YELLOW, "Sandbox: none - the program runs with your rights; see `stages doctor`");
        }
        tier => tell(out, PLAIN, &format!("Sandbox: {tier}")),
    }
}

/// No sandbox that may be taken works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSandbox {
    /// Those that were tried, and why each does not work.
    pub reasons: Vec<(Tier, Unready)>,
}

impl fmt::Display for NoSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no sandbox works here")?;
        for (index, (tier, why)) in self.reasons.iter().enumerate() {
            write!(f, "{} {tier}: {why}", if index == 0 { ":" } else { ";" })?;
        }
        f.write_str(
            ". `stages doctor` says what to do about it; `--sandbox none` grades without one, with your own rights, and \
             is only for programs that you trust",
        )
    }
}

impl std::error::Error for NoSandbox {}

/// The best sandbox that works here, found out by trying; never none.
///
/// # Errors
/// None works: why each does not.
pub fn choose(toolchain: &Toolchain) -> Result<Tier, NoSandbox> {
    let mut reasons = Vec::new();
    for tier in Tier::SANDBOXES {
        match try_tier(tier, toolchain) {
            Ok(()) => return Ok(tier),
            Err(why) => reasons.push((tier, why)),
        }
    }
    Err(NoSandbox { reasons })
}

/// Makes sure that a sandbox that was named works here.
///
/// # Errors
/// It does not: why.
pub fn check(tier: Tier, toolchain: &Toolchain) -> Result<(), NoSandbox> {
    if tier == Tier::None {
        return Ok(());
    }
    try_tier(tier, toolchain).map_err(|why| NoSandbox { reasons: vec![(tier, why)] })
}

/// Finds out whether a tier works here, with these folders of toolchains in it.
///
/// # Errors
/// It does not work.
pub fn try_tier(tier: Tier, toolchain: &Toolchain) -> Result<(), Unready> {
    let order = Order {
        git_dir: PathBuf::from("/"),
        commit: String::new(),
        stages: Vec::new(),
        keep_going: false,
        seed: 0,
        debug: false,
        tier,
        limits: Limits::default(),
        toolchain: toolchain.clone(),
    };
    Worker::ready(&order, true).map(drop)
}
