//! The program under test, as seen by the tester: started, listened to, stopped.

mod protocol;
pub mod repository;
pub mod supervisor;

use std::{
    ffi::OsString,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream, unix::process::CommandExt as _},
    path::PathBuf,
    process::Child,
    sync::{
        Arc, Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, unshare};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub use self::protocol::{Broken, Ending};
use crate::{
    lock::lock,
    os::{exit::Exit, itself, json_lines},
    program::protocol::{Report, STOP},
    sandbox::cell::Cell,
    text,
};

/// The port that a program listens on, unless it is told of another.
pub const PORT: u16 = 4221;
/// Longest time for a program to listen: a first start may compile.
pub const START: Duration = Duration::from_secs(15);

/// Longest line of the program's output that is shown, in bytes.
const LONGEST_LINE: u64 = 4 << 10;
/// Most output of a program that is shown, in bytes.
const MOST_OUTPUT: usize = 1 << 20;
/// Multiple of what is shown that a program may print, where there is a limit.
const FAR_BEYOND: usize = 15;
/// Longest time for the last output once everything has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Longest time for a supervisor to end everything.
const STOPPING: Duration = Duration::from_secs(5);

/// The sockets of all supervisors, for an interruption.
static RUNNING: Mutex<Vec<UnixStream>> = Mutex::new(Vec::new());

/// The limit on open descriptors that the tester was started with, once it has raised its own.
static DESCRIPTORS: OnceLock<u64> = OnceLock::new();

/// Raises the tester's limit on open descriptors to what the system allows: a transcript may open thousands of
/// connections. Programs still get the limit that they would have without the tester.
pub fn raise_descriptor_limit() {
    let limits = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, maximum: limits.maximum });
    if let (Some(current), Ok(())) = (limits.current, raised) {
        let _ = DESCRIPTORS.set(current);
    }
}

/// A command to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// The folder that it is started in.
    pub folder: PathBuf,
    /// A folder to remove if the tester is killed.
    pub sweep: Option<PathBuf>,
    /// True if it gets a process namespace of its own.
    pub namespace: bool,
    /// Its confinement, if it has one.
    pub cell: Option<Arc<Cell>>,
}

/// A program that was started.
#[derive(Debug)]
pub struct Program {
    control: UnixStream,
    supervisor: Child,
    state: Arc<(Mutex<State>, Condvar)>,
    output: mpsc::Receiver<()>,
    flooded: Arc<AtomicBool>,
}

/// The reports of its supervisor.
#[derive(Debug, Default)]
struct State {
    ended: Option<Exit>,
    gone: bool,
    failed: Option<String>,
    broken: Option<Broken>,
}

impl Program {
    /// Starts a program. Each line that it prints, in a form that a terminal can show, is given to `line`.
    ///
    /// # Errors
    /// The supervisor could not be started: the tester's own fault.
    pub fn start(launch: &Launch, line: impl FnMut(String) + Send + 'static) -> io::Result<Program> {
        let (control, theirs) = UnixStream::pair()?;
        let (reader, writer) = io::pipe()?;
        let mut command = itself::command();
        command.arg("supervise");
        if let Some(limit) = DESCRIPTORS.get() {
            command.arg("--descriptors").arg(limit.to_string());
        }
        if let Some(folder) = &launch.sweep {
            command.arg("--sweep").arg(folder);
        }
        if let Some(cell) = &launch.cell {
            // The processes around a hostile program take nothing from its folder: neither they nor bubblewrap may find
            // their libraries there, whatever the grader's environment says. The cell has what the program gets.
            command.arg("--cell").arg(cell.to_text()?).env_clear().current_dir("/");
        } else {
            command.current_dir(&launch.folder);
        }
        command
            .arg("--")
            .args(&launch.command)
            .stdin(OwnedFd::from(theirs))
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // An interrupt from the terminal goes to the tester, which then stops what it started.
            .process_group(0);
        let namespace = launch.namespace;
        let spawn = move || {
            if namespace {
                unshare(CloneFlags::CLONE_NEWPID)?;
            }
            command.spawn()
        };
        // The thread's children live in the namespace; the thread itself could start no more threads.
        let supervisor = thread::Builder::new().spawn(spawn)?.join().map_err(|_| io::ErrorKind::Other)??;
        lock(&RUNNING).push(control.try_clone()?);

        let state = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let (socket, theirs) = (control.try_clone()?, Arc::clone(&state));
        thread::Builder::new().spawn(move || watch(socket, &theirs))?;
        let (done, output) = mpsc::channel();
        let limit = launch.cell.as_ref().map(|cell| cell.limits.output);
        let flooded = Arc::new(AtomicBool::new(false));
        let (full, stop) = (Arc::clone(&flooded), control.try_clone()?);
        thread::Builder::new().spawn(move || {
            let too_much = || {
                full.store(true, Ordering::SeqCst);
                // A supervisor that has ended is not there to hear it.
                let _ = (&stop).write_all(&[STOP]);
            };
            listen(reader, line, limit, &too_much);
            drop(done);
        })?;
        Ok(Program { control, supervisor, state, output, flooded })
    }

    /// The end of the program; `None` while it, or something that it started, still runs.
    pub fn ended(&self) -> Option<Ending> {
        self.ended_within(Duration::ZERO)
    }

    /// Like `ended`, but gives it `time` to end.
    pub fn ended_within(&self, time: Duration) -> Option<Ending> {
        let (state, changed) = &*self.state;
        let deadline = Instant::now() + time;
        let mut state = lock(state);
        while !state.gone {
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            (state, _) = changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        let failed = state.failed.clone().map(Ending::NotStarted);
        Some(failed.or_else(|| state.ended.map(Ending::Exited)).unwrap_or(Ending::Unknown))
    }

    /// The reason why it could not be started at all; `None` if it was, or that is not known yet.
    pub fn refused(&self) -> Option<String> {
        lock(&self.state.0).failed.clone()
    }

    /// A failure around the program, if there was one: no fault of the program's.
    pub fn broken(&self) -> Option<Broken> {
        lock(&self.state.0).broken
    }

    /// Checks whether it was stopped because it printed far more than may be shown.
    pub fn flooded(&self) -> bool {
        self.flooded.load(Ordering::SeqCst)
    }

    /// Checks whether the program ended by itself with exit code 0.
    pub fn succeeded(&self) -> bool {
        lock(&self.state.0).ended == Some(Exit::SUCCESS)
    }

    /// Stops the program and everything that it started: SIGTERM, then SIGKILL.
    pub fn stop(&mut self) {
        // A supervisor that has ended is not there to hear it.
        let _ = self.control.write_all(&[STOP]);
        if self.ended_within(STOPPING).is_none() {
            let _ = self.supervisor.kill();
        }
        let _ = self.supervisor.wait();
        let _ = self.output.recv_timeout(LAST_WORDS);
    }
}

/// Ends every program that runs, with everything that it started and its folder. For an interruption, or a run that
/// has failed: whoever waits for one of the programs finds it gone.
pub fn stop_all() {
    let running = std::mem::take(&mut *lock(&RUNNING));
    for control in &running {
        let _ = control.shutdown(Shutdown::Write);
    }
    let deadline = Instant::now() + STOPPING;
    for mut control in running {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        // Another thread reads the same socket; either of the two sees its end.
        if control.set_read_timeout(Some(left)).is_ok() {
            let mut buffer = [0; 64];
            while matches!(control.read(&mut buffer), Ok(count) if count > 0) {}
        }
    }
}

/// Reads what the supervisor tells.
fn watch(socket: UnixStream, shared: &(Mutex<State>, Condvar)) {
    let (state, changed) = shared;
    let mut whole = false;
    for line in BufReader::new(socket).split(b'\n').map_while(Result::ok) {
        // Both are the same binary: what cannot be read was cut off by the supervisor's end.
        let Ok(report) = json_lines::parse(&line) else { break };
        let mut state = lock(state);
        match report {
            Report::Ended(exit) => state.ended = Some(exit),
            Report::Failed(why) => state.failed = Some(why),
            Report::Broken(exit) => state.broken = Some(Broken::Sandbox(exit)),
            Report::Started => {}
            Report::Gone => whole = true,
        }
    }
    let mut state = lock(state);
    if !whole && state.ended.is_none() && state.failed.is_none() {
        state.broken.get_or_insert(Broken::Supervisor);
    }
    state.gone = true;
    changed.notify_all();
}

/// Passes on what the program prints. With a limit on what is shown, `too_much` is called once when there is far more.
fn listen(reader: impl io::Read, mut line: impl FnMut(String), limit: Option<u64>, too_much: &dyn Fn()) {
    let most = limit.map_or(MOST_OUTPUT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut reader = BufReader::new(reader);
    let mut total = 0;
    let mut unseen = 0;
    loop {
        let mut bytes = Vec::new();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(count) if total <= most => {
                total += count;
                let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                let text = text.strip_suffix(b"\r").unwrap_or(text);
                line(text.split(|byte| *byte == b'\t').map(text::visible).collect::<Vec<_>>().join("\t"));
                if total > most {
                    line("… (it prints more than is shown)".to_owned());
                }
            }
            // Read on, or the program would wait for somebody to do so.
            Ok(count) => {
                let before = unseen;
                unseen += count;
                let far = most.saturating_mul(FAR_BEYOND);
                if limit.is_some() && before <= far && unseen > far {
                    too_much();
                }
            }
        }
    }
}
