//! The inner lock-down: what stands between the tester, inside the sandbox's root, and a script of the commit.
//!
//! Two processes. `confine` has the worker's rights in the sandbox; it makes a view of the root in which all is read-only
//! but the tree, `/tmp` and the stage's own folder, by means of bubblewrap or by itself. `enter` is the first process in
//! that view: it gives up all rights, sets limits, starts the script and waits for whatever the script leaves behind. Its
//! standard input is a pipe on which it says how that went; the script does not get it.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::{
        fd::AsRawFd as _,
        unix::process::{CommandExt as _, ExitStatusExt as _},
    },
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use crate::{
    os::{exit::why_not, itself, json_lines},
    sandbox::{cell::Cell, limits::Limits, report::Report, root, tier::Tier},
};
use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};
use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
    process::{
        DumpableBehavior, Pid, Resource, Rlimit, Signal, WaitOptions, getrlimit, set_dumpable_behavior,
        set_parent_process_death_signal, setrlimit, wait,
    },
    thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs},
};

/// The user that a program takes itself for.
const SHOWN_USER: &str = "65534";
/// Bytes of the view's own small folders, in which nothing is to be written.
const SMALL: &str = "65536";

/// The command that starts `command` in a cell; `stage` is the stage's own folder.
pub(crate) fn command(cell: &str, stage: Option<&Path>, command: &[OsString]) -> Command {
    let mut confine = itself::command();
    confine.args(["sandbox", "confine", "--cell", cell]);
    if let Some(stage) = stage {
        confine.arg("--stage").arg(stage);
    }
    confine.arg("--").args(command);
    confine
}

/// The pipe to the supervisor. A command that is started does not get it.
fn pipe() -> io::Result<File> {
    Ok(rustix::stdio::stdin().try_clone_to_owned()?.into())
}

/// Says something to the supervisor.
fn tell(pipe: &File, report: &Report) {
    // The supervisor may be gone, and then everything here ends as well.
    let _ = json_lines::send(&mut &*pipe, report);
}

/// Makes the view and starts the command in it. Comes back with the exit code, or not at all.
///
/// # Errors
/// The system refuses a step: the sandbox's fault, not the command's.
pub fn confine(cell: &str, stage: Option<&Path>, command: &[OsString]) -> io::Result<ExitCode> {
    let cell = Cell::parse(cell)?;
    if let Some(stage) = stage {
        root::give(stage, cell.user)?;
    }
    match cell.tier {
        Tier::None => Err(bare(&cell, command)),
        Tier::Bubblewrap => {
            let error = bubblewrap(&cell, stage, command)?.exec();
            Err(io::Error::new(error.kind(), format!("bwrap cannot be started: {error}")))
        }
        Tier::Unshare => enter_own_mounts(&cell, stage, command),
    }
}

/// Becomes the command, with limits and a clean environment only.
fn bare(cell: &Cell, command: &[OsString]) -> io::Error {
    let (Err(error) | Ok(error)) = bare_or_why(cell, command);
    error
}

fn bare_or_why(cell: &Cell, command: &[OsString]) -> io::Result<io::Error> {
    let pipe = pipe()?;
    set_limits(&cell.limits, false)?;
    tell(&pipe, &Report::Started);
    let error = script(cell, command).exec();
    tell(&pipe, &Report::Failed(why(command, &error)));
    Ok(error)
}

fn bubblewrap(cell: &Cell, stage: Option<&Path>, command: &[OsString]) -> io::Result<Command> {
    let program = cell.bubblewrap.as_ref().ok_or_else(|| io::Error::other("nobody said which bwrap"))?;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC)?;
    limit_shared_memory();
    // It looks for its child in /proc, so that must be of this process namespace.
    mount_proc()?;
    // Bubblewrap opens files with the rights of the user that the script will have.
    drop_user(cell.user)?;
    let mut bwrap = Command::new(&program.path);
    bwrap.args(["--unshare-user", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]);
    bwrap.args(["--uid", SHOWN_USER, "--gid", SHOWN_USER, "--as-pid-1", "--die-with-parent", "--cap-drop", "ALL"]);
    if program.can_disable_userns {
        bwrap.arg("--disable-userns");
    }
    bwrap.args(["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", SMALL, "--tmpfs", root::RUN]);
    for folder in cell.writable.iter().map(PathBuf::as_path).chain(stage) {
        bwrap.arg("--bind").arg(folder).arg(folder);
    }
    // Bubblewrap's /dev is a file system in memory without a limit.
    bwrap.args(["--bind", root::SHARED_MEMORY, root::SHARED_MEMORY, "--remount-ro", "/dev", "--remount-ro", root::RUN]);
    bwrap.args(["--chdir", "/", "--", root::SELF, "sandbox", "enter", "--cell"]).arg(cell.to_text()?);
    bwrap.arg("--").args(command);
    Ok(bwrap)
}

fn enter_own_mounts(cell: &Cell, stage: Option<&Path>, command: &[OsString]) -> io::Result<ExitCode> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS)?;
    limit_shared_memory();
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let again = |from: &Path, to: &Path| mount(Some(from), to, none, MsFlags::MS_BIND | MsFlags::MS_REC, none);
    for folder in cell.writable.iter().map(PathBuf::as_path).chain([Path::new(root::SHARED_MEMORY)]) {
        again(folder, folder)?;
    }
    // The other stages' folders disappear; this one's is held meanwhile.
    let held = stage.map(|stage| open(stage, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()));
    let held = held.transpose()?;
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), root::RUN, Some("tmpfs"), safe, Some(format!("size={SMALL},mode=755").as_str()))?;
    if let (Some(stage), Some(held)) = (stage, held) {
        fs::create_dir_all(stage)?;
        again(Path::new(&format!("/proc/self/fd/{}", held.as_raw_fd())), stage)?;
    }
    root::read_only(Path::new(root::RUN))?;
    root::read_only(Path::new("/"))?;
    let mut enter = Command::new(root::SELF);
    enter.args(["sandbox", "enter", "--cell"]).arg(cell.to_text()?).arg("--").args(command);
    let ended = enter.status()?;
    Ok(if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first process in the view: starts the command, and waits until nothing is left of it.
///
/// # Errors
/// The system refuses a step: the sandbox's fault, not the command's.
pub fn enter(cell: &str, command: &[OsString]) -> io::Result<ExitCode> {
    let cell = Cell::parse(cell)?;
    if cell.tier == Tier::Unshare {
        mount_proc()?;
        drop_user(cell.user)?;
        enter_own_users()?;
    }
    set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        },
    )?;
    set_no_new_privs(true)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_limits(&cell.limits, true)?;
    let pipe = pipe()?;
    let child = match script(&cell, command).spawn() {
        Ok(child) => Pid::from_child(&child),
        Err(error) => {
            tell(&pipe, &Report::Failed(why(command, &error)));
            return Ok(ExitCode::FAILURE);
        }
    };
    tell(&pipe, &Report::Started);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, how))) if pid == child => {
                tell(&pipe, &Report::Ended(ExitStatus::from_raw(how.as_raw()).into()));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Memory that stays without a process to hold it (shmget(2)) is limited by the namespace, in pages. Kernels before 6.9
/// do not let it be set here.
fn limit_shared_memory() {
    let _ = fs::write("/proc/sys/kernel/shmall", "8192");
}

fn mount_proc() -> io::Result<()> {
    let none = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    Ok(mount(Some("proc"), "/proc", Some("proc"), none, None::<&str>)?)
}

/// A user namespace of its own: with it a count of processes of its own, and no rights over anything outside.
fn enter_own_users() -> io::Result<()> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    // A change of user made /proc/self root's.
    set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{SHOWN_USER} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{SHOWN_USER} {group} 1"))?;
    // One namespace less to attack the kernel from. Where this file is not to be had, the program may make some.
    let _ = fs::write("/proc/sys/user/max_user_namespaces", "0");
    Ok(())
}

fn drop_user(user: Option<u32>) -> io::Result<()> {
    let Some(id) = user else {
        return Ok(());
    };
    setgroups(&[])?;
    let (group, user) = (Gid::from_raw(id), Uid::from_raw(id));
    setresgid(group, group, group)?;
    setresuid(user, user, user)?;
    Ok(())
}

/// Sets the limits of this process and of all that it starts. The count of processes is the user's, so it is only
/// set where the user is one of this sandbox's alone.
fn set_limits(limits: &Limits, processes: bool) -> io::Result<()> {
    let for_all = [(Resource::Core, 0), (Resource::Fsize, limits.file), (Resource::Nofile, limits.descriptors)];
    let of_the_user = processes.then_some((Resource::Nproc, limits.processes));
    for (resource, limit) in for_all.into_iter().chain(of_the_user) {
        let limit = getrlimit(resource).maximum.map_or(limit, |most| most.min(limit));
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    // If the machine runs out of memory, the kernel ends these processes first. Everyone may ask for that.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

fn script(cell: &Cell, command: &[OsString]) -> Command {
    let (program, arguments) = command.split_first().map_or((OsString::new(), &[][..]), |(p, a)| (p.clone(), a));
    let mut script = Command::new(program);
    script.args(arguments).env_clear().envs(&cell.environment).current_dir(&cell.folder).stdin(Stdio::null());
    script
}

fn why(command: &[OsString], error: &io::Error) -> String {
    let program = command.first().map(PathBuf::from).unwrap_or_default();
    format!("{}: {}", program.display(), why_not(&program, error))
}
