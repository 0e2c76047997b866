//! The way into the sandbox: the first process in the namespaces makes the root, tries it out, checks the commit out into
//! it, and goes there for good.

use std::{
    env, fs,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use nix::{
    mount::{MntFlags, umount2},
    sched::{CloneFlags, unshare},
    unistd::pivot_root,
};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::{
    grading::{
        checkout::{self, Trouble},
        messages::{self, Event, Job, report},
        trial,
        verdict::Verdict,
    },
    os::{exit::Exit, itself, json_lines as lines},
    sandbox::root,
};

/// The first process in the namespaces: makes the root, goes there, and becomes the worker.
///
/// # Errors
/// The grader has gone away, or the system does not let it into the root.
pub fn inside() -> io::Result<()> {
    end_with_the_parent()?;
    let job = messages::receive(io::stdin())?;
    if let Err(why) = make_root(&job) {
        return report(&Event::Unavailable(why));
    }
    // From here on, whatever goes wrong is a verdict of this sandbox.
    report(&Event::Ready)?;
    if job.only_try {
        return Ok(());
    }
    match checkout_into(&job) {
        Ok(notes) => report(&Event::Entering(notes))?,
        Err(event) => {
            report(&event)?;
            return report(&Event::Done);
        }
    }
    go_into(&job.scratch)?;
    // The root's own copy of this command, so that nothing of the machine is held on to; and nothing of its environment,
    // which may lead to files of the commit.
    let mut work = Command::new(root::SELF);
    Err(work.args(["sandbox", "work", "--in-root"]).env_clear().env("TMPDIR", root::RUN).exec())
}

/// Whoever ends the process outside ends this one, and with it everything in its namespaces.
pub(super) fn end_with_the_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

fn make_root(job: &Job) -> Result<(), String> {
    let order = &job.order;
    let layout =
        root::Layout { root: &job.scratch, disk: order.limits.disk, toolchain: &order.toolchain, user: job.user };
    root::make(layout).map_err(|error| format!("its root cannot be created: {error}"))?;
    try_root(job).unwrap_or_else(|error| Err(format!("it cannot be tried out: {error}")))
}

/// Has another process go into the root, with mounts of its own, and run something harmless there as the commit's scripts
/// will be run. This one must still see the repository.
fn try_root(job: &Job) -> io::Result<Result<(), String>> {
    let mut command = itself::command();
    command.args(["sandbox", "try"]).env_clear().env("TMPDIR", root::RUN).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        lines::send(&mut stdin, job)?;
    }
    let output = child.wait_with_output()?;
    Ok(lines::parse(&output.stdout)
        .unwrap_or_else(|_| Err(format!("the trial ended early ({})", Exit::from(output.status)))))
}

/// The process that tries the root out.
///
/// # Errors
/// There is nobody to tell how it went.
pub fn try_out() -> io::Result<()> {
    end_with_the_parent()?;
    let job = messages::receive(io::stdin())?;
    let enter = || -> io::Result<()> {
        unshare(CloneFlags::CLONE_NEWNS)?;
        go_into(&job.scratch)
    };
    let result = enter().map_err(|error| format!("its root cannot be entered: {error}"));
    let result = result.and_then(|()| trial::try_cell(&job));
    let mut out = io::stdout().lock();
    lines::send(&mut out, &result)?;
    out.flush()
}

/// Makes `root` the root of this process and its mounts, and lets go of the old one.
fn go_into(root: &Path) -> io::Result<()> {
    env::set_current_dir(root)?;
    pivot_root(".", ".")?;
    // The old root lies on top of the new one.
    umount2(".", MntFlags::MNT_DETACH)?;
    env::set_current_dir("/")
}

fn checkout_into(job: &Job) -> Result<Vec<String>, Event> {
    let app = job.scratch.join(&root::APP[1..]);
    let scratch = job.scratch.join(".git-of-the-grader");
    let fault = |error: io::Error| Event::Verdict(Verdict::GraderFault, error.to_string());
    fs::create_dir(&scratch).map_err(fault)?;
    let notes = checkout(job, &app, &scratch)?;
    fs::remove_dir_all(&scratch).map_err(fault)?;
    root::give(&app, job.user).map_err(fault)?;
    Ok(notes)
}

/// Checks the commit out into the empty folder `tree`; the error is the verdict that this comes to.
pub(super) fn checkout(job: &Job, tree: &Path, scratch: &Path) -> Result<Vec<String>, Event> {
    let order = &job.order;
    checkout::checkout(&order.git_dir, &order.commit, tree, scratch, &order.limits).map_err(|trouble| match trouble {
        Trouble::Refused(why) => Event::Verdict(Verdict::Refused, why),
        Trouble::Fault(why) => Event::Verdict(Verdict::GraderFault, why),
    })
}
