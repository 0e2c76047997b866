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
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::{Errno, read, write},
    process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait},
};

use crate::{
    os::{
        exit::{Exit, why_not},
        remove::remove,
    },
    sandbox::confine,
};

/// The byte that asks for a stop.
pub(crate) const STOP: u8 = b's';
/// How long a program may take to end after SIGTERM, before SIGKILL.
const GRACE: Duration = Duration::from_secs(1);

/// Runs the supervisor. `sweep` is removed if the tester is gone; `descriptors` is the command's limit on them; `cell`
/// says how the command is shut in.
///
/// # Errors
/// What the system says.
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
    let Some((program, arguments)) = command.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut report = None;
    let mut start = match cell {
        Some(cell) => {
            let (reader, writer) = io::pipe()?;
            report = Some(reader);
            let mut start = confine::command(cell, sweep.as_deref(), command)?;
            start.stdin(writer);
            start
        }
        None => {
            let mut start = Command::new(program);
            start.args(arguments).stdin(Stdio::null());
            start
        }
    };
    let main = match start.process_group(0).spawn() {
        Ok(child) => Pid::from_child(&child),
        Err(error) => {
            tell(&format!("failed {}: {}", program.to_string_lossy(), why_not(Path::new(program), &error)));
            return Ok(());
        }
    };
    // With it goes this end of the pipe.
    drop(start);
    let mut family = Family { wake, main, report };
    loop {
        let control = rustix::stdio::stdin();
        let mut fds = [PollFd::new(&control, PollFlags::IN), PollFd::new(&family.wake, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let asked = !fds[0].revents().is_empty();
        if family.reap() {
            tell("gone");
            return Ok(());
        }
        if asked {
            let mut byte = [0];
            let alive = matches!(read(control, &mut byte), Ok(1));
            family.stop(if alive { GRACE } else { Duration::from_millis(200) });
            if let Some(folder) = sweep.filter(|_| !alive) {
                // Best effort: the folder's owner is gone, and nobody is left to hear of an error.
                let _ = remove(&folder);
            }
            return Ok(());
        }
    }
}

fn tell(message: &str) {
    // The tester may be gone, which the next poll finds out.
    let _ = write(rustix::stdio::stdin(), format!("{message}\n").as_bytes());
}

struct Family {
    wake: UnixStream,
    main: Pid,
    /// Where a cell says how its command went.
    report: Option<PipeReader>,
}

impl Family {
    /// Takes note of the children that have ended. `true`: none is left.
    fn reap(&mut self) -> bool {
        let mut buffer = [0; 64];
        while matches!(io::Read::read(&mut self.wake, &mut buffer), Ok(count) if count > 0) {}
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.main => self.main_ended(status.as_raw()),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    /// Tells how the command ended: what the cell says of it, if there is one.
    fn main_ended(&mut self, status: i32) {
        let exit = Exit::of_status(status);
        let ended_so = || tell(&format!("ended {}", serde_json::json!(exit)));
        let Some(report) = self.report.take() else {
            return ended_so();
        };
        let mut text = vec![0; 4 << 10];
        // What has been written is there; the pipe's other end may still be held.
        let ready = rustix::io::ioctl_fionbio(&report, true).and_then(|()| read(&report, &mut text[..]));
        text.truncate(ready.unwrap_or(0));
        let text = String::from_utf8_lossy(&text);
        let mut started = false;
        let mut ended = false;
        for line in text.lines() {
            started |= line == "started";
            ended |= line.starts_with("ended ");
            if line.starts_with("failed ") || line.starts_with("ended ") {
                tell(line);
            }
        }
        match (started, ended) {
            (true, false) => ended_so(),
            (false, _) if !text.contains("failed ") => tell(&format!("broken {exit}")),
            _ => {}
        }
    }

    fn stop(&mut self, grace: Duration) {
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
            for pid in children() {
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

/// The children of this process. Those that they leave behind become its children in turn.
fn children() -> Vec<Pid> {
    let me = getpid().as_raw_nonzero().get();
    let Ok(all) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    all.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The name in parentheses may hold anything; the parent is the second word after it.
            let parent =
                stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
            parent == Some(me)
        })
        .filter_map(Pid::from_raw)
        .collect()
}
