//! The grader's side of a grading: it starts the warden, hears from it, and makes sure that nothing of it is left.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    grading::{
        Order,
        messages::{self, Event, Task},
    },
    sandbox::{namespaces, scratch::Place, tier::Tier},
    text,
};

/// How long the warden may take to make its namespaces.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end everything when it is told to.
const STOP: Duration = Duration::from_secs(8);
/// Most of its complaints that are kept, in bytes.
const COMPLAINTS: u64 = 2 << 10;

/// How often it looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends all gradings of this process, those that run and those to come.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// A warden that was started.
pub(crate) struct Warden {
    child: Child,
    socket: UnixStream,
    events: mpsc::Receiver<io::Result<Event>>,
    complaints: Option<JoinHandle<Vec<u8>>>,
    /// Dropped after the warden has ended.
    _place: Place,
}

/// What comes from the warden.
pub(crate) enum Next {
    Event(Event),
    /// The time is over.
    Late,
    /// Somebody wants no more of it.
    Interrupted,
    /// It has ended, or says what cannot be understood: why.
    Gone(String),
}

impl Warden {
    /// Starts one. `Err` says why this tier does not work here, or why none can.
    pub(crate) fn start(order: &Order, tier: Tier, only_try: bool) -> Result<Warden, String> {
        let warden = Warden::spawn(tier).map_err(|error| error.to_string())?;
        warden.begin(order, tier, only_try)
    }

    fn spawn(tier: Tier) -> io::Result<Warden> {
        let place = Place::new()?;
        let (socket, theirs) = UnixStream::pair()?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sandbox", "outside", &tier.to_string()])
            .env("TMPDIR", place.path())
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, events) = mpsc::channel();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let complaints = thread::Builder::new().spawn(move || {
            let mut kept = Vec::new();
            if let Some(mut stderr) = stderr {
                // What cannot be read is not there.
                let _ = stderr.by_ref().take(COMPLAINTS).read_to_end(&mut kept);
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            kept
        })?;
        thread::Builder::new().spawn(move || {
            let Some(stdout) = stdout else { return };
            for line in BufReader::new(stdout).split(b'\n') {
                if sender.send(line.and_then(|line| messages::parse(&line))).is_err() {
                    return;
                }
            }
        })?;
        Ok(Warden { child, socket, events, complaints: Some(complaints), _place: place })
    }

    fn begin(mut self, order: &Order, tier: Tier, only_try: bool) -> Result<Warden, String> {
        let mut user = None;
        if tier != Tier::None {
            let mut byte = [0];
            let read = self.socket.set_read_timeout(Some(START)).and_then(|()| self.socket.read(&mut byte));
            if !matches!(read, Ok(1)) || byte != *b"u" {
                return Err(self.why());
            }
            user = namespaces::map_users(self.child.id())
                .map_err(|error| format!("users cannot be mapped into a new namespace: {error}"))?;
            self.socket.write_all(b"m").map_err(|_| self.why())?;
        }
        let place = self._place.path().to_owned();
        let task = Task { order: order.clone(), tier, place, user, only_try };
        match messages::send(&mut self.socket, &task) {
            Ok(()) => Ok(self),
            Err(_) => Err(self.why()),
        }
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
                Ok(Err(error)) => Next::Gone(format!("the warden's report cannot be read ({error})")),
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
        match lines.is_empty() {
            true => format!("the warden ended early ({how})"),
            false => lines.join("; ").trim_start_matches("stages: ").to_owned(),
        }
    }

    fn end(&mut self) -> String {
        // It ends when the socket does.
        let _ = self.socket.shutdown(Shutdown::Both);
        let deadline = Instant::now() + STOP;
        let mut pause = Duration::from_millis(1);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Err(error) => return error.to_string(),
                Ok(None) if Instant::now() >= deadline => break,
                Ok(None) => thread::sleep(pause),
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.end();
    }
}
