//! The way into the sandbox: the first process in the namespaces makes the root, checks the commit out into it, and goes
//! there for good.

use std::{
    env, fs, io,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    process::Command,
};

use nix::{
    mount::{MntFlags, umount2},
    unistd::pivot_root,
};

use crate::{
    grading::{
        Verdict,
        checkout::{self, Trouble},
        messages::{self, Event, Task},
    },
    sandbox::root,
};

/// The task, for the short time between two processes that are the warden.
const TASK: &str = "/.task";

/// The first process in the namespaces: makes the root, goes there, and becomes the warden that works.
///
/// # Errors
/// What the system says.
pub(crate) fn enter(task: &Task) -> io::Result<()> {
    let root = &task.place;
    let plan = root::Plan {
        place: root,
        disk: task.order.limits.disk,
        toolchain: &task.order.toolchain,
        user: task.user,
        with_app: task.only_try,
    };
    // Whoever cannot mount has no sandbox; what fails after that is another matter.
    let notes = match root::make(plan) {
        Ok(()) => checkout_into(task),
        Err(error) => Err(Event::Unavailable(format!("its root cannot be made: {error}"))),
    };
    let stdout = &mut io::stdout();
    match notes {
        Err(event) => {
            messages::send(stdout, &event)?;
            return messages::send(stdout, &Event::Done);
        }
        Ok(notes) => {
            let notes: Vec<u8> = serde_json::to_vec(&(task, notes))?;
            let file = root.join(&TASK[1..]);
            fs::write(&file, notes)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        }
    }
    env::set_current_dir(root)?;
    pivot_root(".", ".")?;
    // The old root lies on top of the new one.
    umount2(".", MntFlags::MNT_DETACH)?;
    env::set_current_dir("/")?;
    Err(Command::new(root::SELF).args(["sandbox", "work", "--in-root"]).env("TMPDIR", root::RUN).exec())
}

/// The task that the first process left, and what the checkout had to say.
pub(crate) fn take_task() -> io::Result<(Task, Vec<String>)> {
    let text = fs::read(TASK)?;
    // It holds the seed, which is no business of the program's.
    fs::remove_file(TASK)?;
    messages::parse(&text)
}

fn checkout_into(task: &Task) -> Result<Vec<String>, Event> {
    if task.only_try {
        return Ok(Vec::new());
    }
    let app = task.place.join(&root::APP[1..]);
    let scratch = task.place.join(".git-of-the-grader");
    let fault = |error: io::Error| Event::Verdict(Verdict::GraderFault, error.to_string());
    fs::create_dir(&scratch).map_err(fault)?;
    let order = &task.order;
    let notes =
        checkout::checkout(&order.git_dir, &order.commit, &app, &scratch, &order.limits).map_err(|trouble| {
            let (verdict, why) = match trouble {
                Trouble::Refused(why) => (Verdict::Refused, why),
                Trouble::Fault(why) => (Verdict::GraderFault, why),
            };
            Event::Verdict(verdict, why)
        })?;
    fs::remove_dir_all(&scratch).map_err(fault)?;
    root::give(&app, task.user).map_err(fault)?;
    Ok(notes)
}
