//! The process between the tester and the program: it makes sure that nothing of the program survives.
//!
//! The tester starts itself again as `stages supervise -- COMMAND`, with one end of a socket as standard input. The
//! supervisor starts the command in a process group of its own, tells the tester how it ends, and stops it when the
//! tester says so, or is gone: a socket closes however its owner dies. In a process namespace of its own the
//! supervisor is its init, so that the kernel ends everything with it; elsewhere it adopts orphans and ends them.

use std::{
    ffi::OsString,
    fs,
    io::{self, PipeReader},
    os::unix::{
        net::UnixStream,
        process::{CommandExt as _, ExitStatusExt as _},
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::{Errno, read},
    process::{
        Pid, Resource, Rlimit, Signal, WaitOptions, getpid, getrlimit, kill_process, kill_process_group,
        set_child_subreaper, setrlimit, wait,
    },
};

use crate::{
    os::{
        exit::{Exit, why_not},
        json_lines, proc,
        remove::remove,
    },
    program::protocol::Report,
    sandbox::{cell::Cell, confine},
};

/// Longest time for a program to end after SIGTERM, before SIGKILL.
const GRACE: Duration = Duration::from_secs(1);

/// Runs the supervisor. `sweep` is removed if the tester is gone; `descriptors` is the command's limit on them; `cell`
/// says how the command is shut in.
pub fn run(
    sweep: Option<PathBuf>,
    descriptors: Option<u64>,
    cell: Option<&str>,
    command: &[OsString],
) -> io::Result<()> {
    let (wake, on_signal) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, on_signal)?;
    set_child_subreaper(Some(getpid()))?;
    if descriptors.is_some() {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: descriptors, maximum })?;
    }
    match Tree::start(wake, cell, sweep.as_deref(), command)? {
        Some(tree) => watch(tree, sweep),
        None => Ok(()),
    }
}

/// Waits until the command and all that it has started have ended, or the tester says so or is gone, and ends them.
fn watch(mut tree: Tree, sweep: Option<PathBuf>) -> io::Result<()> {
    loop {
        let control = rustix::stdio::stdin();
        let mut fds = [PollFd::new(&control, PollFlags::IN), PollFd::new(&tree.wake, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let asked = !fds[0].revents().is_empty();
        if tree.reap() {
            tell(&Report::Gone);
            return Ok(());
        }
        if asked {
            let mut byte = [0];
            // Whatever byte it is: there is only `STOP`.
            let alive = matches!(read(control, &mut byte), Ok(1));
            tree.stop(if alive { GRACE } else { Duration::from_millis(200) });
            tell(&Report::Gone);
            if let Some(folder) = sweep.filter(|_| !alive) {
                // Best effort: the folder's owner is gone, and nobody is left to hear of an error.
                let _ = remove(&folder);
            }
            return Ok(());
        }
    }
}

fn tell(report: &Report) {
    let Ok(socket) = rustix::stdio::stdin().try_clone_to_owned() else { return };
    // The tester may be gone, which the next poll finds out.
    let _ = json_lines::send(&mut fs::File::from(socket), report);
}

/// The command and all that it has started.
struct Tree {
    wake: UnixStream,
    main: Pid,
    /// The pipe on which a cell says how its command went.
    report: Option<PipeReader>,
    /// True if a cell outlives its command, and so says how that ended.
    outlives: bool,
    stopping: bool,
}

impl Tree {
    /// Starts the command. `None`: it cannot be started, which the tester has been told.
    fn start(
        wake: UnixStream,
        cell: Option<&str>,
        sweep: Option<&Path>,
        command: &[OsString],
    ) -> io::Result<Option<Tree>> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let (mut report, mut outlives) = (None, false);
        let mut start = match cell {
            Some(cell) => {
                let (reader, writer) = io::pipe()?;
                report = Some(reader);
                outlives = Cell::parse(cell)?.has_namespaces();
                let mut start = confine::command(cell, sweep, command);
                start.stdin(writer);
                start
            }
            None => {
                let mut start = Command::new(program);
                start.args(arguments).stdin(Stdio::null());
                start
            }
        };
        // With `start` goes this end of the pipe.
        match start.process_group(0).spawn() {
            Ok(child) => Ok(Some(Tree { wake, main: Pid::from_child(&child), report, outlives, stopping: false })),
            Err(error) => {
                let why = why_not(Path::new(program), &error);
                tell(&Report::Failed(format!("{}: {}", program.to_string_lossy(), why)));
                Ok(None)
            }
        }
    }

    /// Takes note of the children that have ended. `true`: none is left.
    fn reap(&mut self) -> bool {
        let mut buffer = [0; 64];
        while matches!(io::Read::read(&mut self.wake, &mut buffer), Ok(count) if count > 0) {}
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.main => {
                    self.main_ended(ExitStatus::from_raw(status.as_raw()).into());
                }
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    /// Tells how the command ended: what the cell says of it, if there is one.
    fn main_ended(&mut self, exit: Exit) {
        let Some(report) = self.report.take() else {
            return tell(&Report::Ended(exit));
        };
        let (mut started, mut known) = (false, false);
        for report in reports(&report) {
            match report {
                Report::Started => started = true,
                Report::Failed(_) | Report::Ended(_) => {
                    known = true;
                    tell(&report);
                }
                Report::Broken(_) | Report::Gone => {}
            }
        }
        if known {
            return;
        }
        // A cell without a word was not the command's to end.
        let broken = !started || (self.outlives && !self.stopping);
        tell(&if broken { Report::Broken(exit) } else { Report::Ended(exit) });
    }

    fn stop(&mut self, grace: Duration) {
        self.stopping = true;
        // Errors mean that they have ended already.
        let _ = kill_process_group(self.main, Signal::TERM);
        let deadline = Instant::now() + grace;
        while !self.reap() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            self.pause(left);
        }
        let _ = kill_process_group(self.main, Signal::KILL);
        if getpid().is_init() {
            // The kernel ends a process namespace with its init.
            return;
        }
        while !self.reap() {
            // Those that they leave behind become this process's children in turn.
            for pid in proc::children(getpid().as_raw_nonzero().get()).into_iter().filter_map(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
            self.pause(Duration::from_millis(10));
        }
    }

    fn pause(&self, time: Duration) {
        if let Ok(time) = time.try_into() {
            let _ = poll(&mut [PollFd::new(&self.wake, PollFlags::IN)], Some(&time));
        }
    }
}

/// Reads what the processes of a cell have reported. The pipe's other end may still be held, so it waits for nothing.
fn reports(pipe: &PipeReader) -> Vec<Report> {
    let mut text = Vec::new();
    if rustix::io::ioctl_fionbio(pipe, true).is_ok() {
        // Bytes read before an error are kept.
        let _ = io::Read::read_to_end(&mut &*pipe, &mut text);
    }
    text.split(|byte| *byte == b'\n').filter_map(|line| json_lines::parse(line).ok()).collect()
}
