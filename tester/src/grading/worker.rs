//! The grader's side of a grading: it starts the worker, waits until its sandbox works, hears from it, and makes sure that
//! nothing of it is left.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read as _},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    grading::{
        messages::{Event, Job},
        order::Order,
    },
    os::{exit::Exit, itself, json_lines},
    sandbox::{
        bubblewrap::Bubblewrap,
        namespaces::{self, Handshake},
        scratch::Scratch,
        tier::Tier,
    },
    text,
};

/// Longest time for the first process to make its namespaces.
const START: Duration = Duration::from_secs(20);
/// Longest time for the sandbox to show, from then on, that it works.
const READY: Duration = Duration::from_secs(40);
/// Number of tries of the same sandbox: something may fail for a moment, on a machine that is short of memory.
const TRIES: u32 = 2;
/// Longest time for it to end everything when it is told to.
const STOP: Duration = Duration::from_secs(8);
/// Most of its complaints that are kept, in bytes.
const COMPLAINTS: u64 = 2 << 10;

/// Time between two looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends all gradings of this process, those that run and those to come.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// A worker that was started.
pub(crate) struct Worker {
    child: Child,
    socket: UnixStream,
    events: mpsc::Receiver<io::Result<Event>>,
    complaints: Option<JoinHandle<Vec<u8>>>,
    job: Job,
    /// Dropped after the worker has ended.
    _scratch: Scratch,
}

/// The next thing to come from the worker.
pub(crate) enum Next {
    Event(Event),
    /// The time is over.
    Late,
    /// Somebody wants no more of it.
    Interrupted,
    /// It has ended, or says what cannot be understood: why.
    Gone(String),
}

/// The reason why there is no worker with a sandbox that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// The sandbox does not work here: why.
    Unavailable(String),
    /// Somebody wants no more of it.
    Interrupted,
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unready::Unavailable(why) => f.write_str(why),
            Unready::Interrupted => f.write_str("it was interrupted"),
        }
    }
}

impl Worker {
    /// Starts a worker in the sandbox that is ordered, and in no other, and waits until it works. Until then nothing of the
    /// commit has been looked at, so what fails is tried once more.
    pub(crate) fn ready(order: &Order, only_try: bool) -> Result<Worker, Unready> {
        let mut result = Worker::once(order, only_try);
        for _ in 1..TRIES {
            if !matches!(result, Err(Unready::Unavailable(_))) {
                break;
            }
            result = Worker::once(order, only_try);
        }
        result
    }

    fn once(order: &Order, only_try: bool) -> Result<Worker, Unready> {
        let unavailable = |error: io::Error| Unready::Unavailable(error.to_string());
        let bubblewrap = (order.tier == Tier::Bubblewrap).then(|| Bubblewrap::find(&order.toolchain));
        let bubblewrap = bubblewrap.transpose().map_err(unavailable)?;
        let scratch = Scratch::new().map_err(unavailable)?;
        let job = Job { order: order.clone(), scratch: scratch.path().to_owned(), user: None, bubblewrap, only_try };
        let mut worker = Worker::spawn(job, scratch).map_err(unavailable)?;
        worker.begin().map_err(Unready::Unavailable)?;
        match worker.next(Instant::now() + READY) {
            Next::Event(Event::Ready) => Ok(worker),
            Next::Event(Event::Unavailable(why)) | Next::Gone(why) => Err(Unready::Unavailable(why)),
            Next::Event(event) => Err(Unready::Unavailable(format!("the worker says {event:?} before it is ready"))),
            Next::Interrupted => Err(Unready::Interrupted),
            Next::Late => Err(Unready::Unavailable(format!("it is not ready after {} s", READY.as_secs()))),
        }
    }

    fn spawn(job: Job, scratch: Scratch) -> io::Result<Worker> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(START))?;
        socket.set_write_timeout(Some(START))?;
        let mut child = itself::command()
            .args(["sandbox", "outside", &job.order.tier.to_string()])
            .env("TMPDIR", scratch.path())
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", itself::EXE)))?;
        let (sender, events) = mpsc::channel();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let complaints = thread::Builder::new().spawn(move || {
            let mut kept = Vec::new();
            if let Some(mut stderr) = stderr {
                // A line that cannot be read is not there.
                let _ = stderr.by_ref().take(COMPLAINTS).read_to_end(&mut kept);
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            kept
        })?;
        thread::Builder::new().spawn(move || {
            let Some(stdout) = stdout else { return };
            for line in BufReader::new(stdout).split(b'\n') {
                if sender.send(line.and_then(|line| json_lines::parse(&line))).is_err() {
                    return;
                }
            }
        })?;
        Ok(Worker { child, socket, events, complaints: Some(complaints), job, _scratch: scratch })
    }

    /// Maps users where there are namespaces, and sends the job.
    fn begin(&mut self) -> Result<(), String> {
        if self.job.order.tier != Tier::None {
            Handshake::Unshared.await_step(&self.socket).map_err(|_| self.why())?;
            self.job.user = namespaces::map_users(self.child.id())
                .map_err(|error| format!("users cannot be mapped into a new namespace: {error}"))?;
            Handshake::Mapped.send(&self.socket).map_err(|_| self.why())?;
        }
        self.send_job().map_err(|_| self.why())
    }

    /// Sends the job: to the first process, and to the worker in the sandbox's root.
    pub(crate) fn send_job(&mut self) -> io::Result<()> {
        json_lines::send(&mut self.socket, &self.job)
    }

    /// The next event.
    pub(crate) fn next(&mut self, deadline: Instant) -> Next {
        loop {
            if INTERRUPTED.load(Ordering::SeqCst) {
                return Next::Interrupted;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            return match self.events.recv_timeout(left.min(LOOK)) {
                Ok(Ok(event)) => Next::Event(event),
                Ok(Err(error)) => Next::Gone(format!("the worker's report cannot be read ({error})")),
                Err(RecvTimeoutError::Timeout) if left <= LOOK => Next::Late,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => Next::Gone(self.why()),
            };
        }
    }

    /// Ends it, and says what it complained of.
    fn why(&mut self) -> String {
        let how = self.end();
        let said = self.complaints.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let lines: Vec<_> =
            said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(text::visible).collect();
        if lines.is_empty() {
            format!("the sandbox ended early ({how})")
        } else {
            lines.join("; ").trim_start_matches("stages: ").to_owned()
        }
    }

    fn end(&mut self) -> String {
        match self.end_or_kill() {
            Ok(status) => Exit::from(status).to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn end_or_kill(&mut self) -> io::Result<ExitStatus> {
        // It ends when the socket does.
        let _ = self.socket.shutdown(Shutdown::Both);
        let deadline = Instant::now() + STOP;
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                break;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        self.child.wait()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
