//! The warden at work: it compiles and tests the commit, and reports to the grader. In a sandbox it is the first process
//! of its namespaces, and everything in them ends with it.

use std::{
    fs,
    io::{self, Read as _, Write},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    },
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use nix::sys::statvfs::statvfs;

use crate::{
    grading::{
        Order, StageGrade, Verdict,
        checkout::{self, Trouble},
        enter,
        messages::{self, Event, Task},
    },
    program::{self, Launch, Program, repository::Repository},
    report::human::Human,
    run::{
        events::{Entry, Observer, Outcome},
        failure::{Failure, Limit},
        runner::Options,
        schedule::{self, Plan},
    },
    sandbox::{confine::Cell, memory::Watch, network, root, tier::Tier},
    stage::catalog::Stage,
};

/// The port that every program listens on.
const PORT: u16 = 4221;
/// How long a program may take to listen, and to answer: as `stages test` has it.
const START: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(10);
/// How long the sandbox may take to run a program that does nothing.
const TRIAL: Duration = Duration::from_secs(20);
/// A disk with less left than this, in bytes, is full.
const FULL: u64 = 64 << 10;

const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The first process in the namespaces.
///
/// # Errors
/// What the system says.
pub fn inside() -> io::Result<ExitCode> {
    enter::enter(&read_task()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the task from the socket to the grader.
fn read_task() -> io::Result<Task> {
    let (mut text, mut buffer) = (Vec::new(), [0; 16 << 10]);
    while text.last() != Some(&b'\n') {
        match io::stdin().read(&mut buffer)? {
            0 => return Err(io::Error::other("the grader has gone away")),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    messages::parse(&text)
}

/// Does the work. `in_root`: in a sandbox's root, where the task lies.
///
/// # Errors
/// The grader has gone away, or the system refuses a thread.
pub fn run(in_root: bool) -> io::Result<ExitCode> {
    let (task, notes) = match in_root {
        true => enter::take_task()?,
        false => (read_task()?, Vec::new()),
    };
    // While there is one thread.
    let isolated = in_root || network::prepare().is_ok();
    let place = (!in_root).then(|| task.place.clone());
    thread::Builder::new().spawn(move || end_with_the_grader(place.as_deref()))?;
    program::raise_descriptor_limit();
    let _port = if isolated { None } else { Some(port_of_the_machine()?) };
    let work = Work { cell: Arc::new(cell(&task, in_root)), task, in_root, isolated };
    match work.all(notes) {
        Ok(()) => {}
        Err(Stop::Grader(error)) => return Err(error),
        Err(Stop::Event(event)) => report(&event)?,
    }
    report(&Event::Done)?;
    Ok(ExitCode::SUCCESS)
}

/// Waits until the grader is gone, and ends everything.
fn end_with_the_grader(place: Option<&Path>) {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    if let Some(place) = place {
        program::stop_all();
        // Best effort: what is left is for the next grading to sweep.
        let _ = crate::os::remove::remove(place);
    }
    std::process::exit(1);
}

/// Waits until no other grading uses the port of this network. The name is free again when its holder is gone.
fn port_of_the_machine() -> io::Result<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("stages-grading-{PORT}"))?;
    loop {
        match UnixListener::bind_addr(&name) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => thread::sleep(Duration::from_millis(50)),
            listener => return listener,
        }
    }
}

fn report(event: &Event) -> io::Result<()> {
    messages::send(&mut io::stdout().lock(), event)
}

/// Why the work stops early.
enum Stop {
    /// Something to report.
    Event(Event),
    /// There is nobody to report to.
    Grader(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Grader(error)
    }
}

fn refused(why: impl Into<String>) -> Stop {
    Stop::Event(Event::Verdict(Verdict::Refused, why.into()))
}

fn fault(why: impl ToString) -> Stop {
    Stop::Event(Event::Verdict(Verdict::GraderFault, why.to_string()))
}

struct Work {
    task: Task,
    cell: Arc<Cell>,
    in_root: bool,
    isolated: bool,
}

impl Work {
    fn all(&self, mut notes: Vec<String>) -> Result<(), Stop> {
        if self.in_root {
            self.try_cell().map_err(|why| Stop::Event(Event::Unavailable(why)))?;
        }
        report(&Event::Ready)?;
        let order = &self.task.order;
        if self.task.only_try {
            return Ok(());
        }
        if !self.in_root {
            let (tree, place) = (self.cell.folder.as_path(), self.task.place.join("git"));
            fs::create_dir(self.task.place.join("tmp")).and_then(|()| fs::create_dir(&place)).map_err(fault)?;
            notes =
                checkout::checkout(&order.git_dir, &order.commit, tree, &place, &order.limits).map_err(|trouble| {
                    match trouble {
                        Trouble::Refused(why) => refused(why),
                        Trouble::Fault(why) => fault(why),
                    }
                })?;
        }
        for note in notes {
            report(&Event::Line(format!("{YELLOW}{note}{YELLOW:#}")))?;
        }
        let mut stages = Vec::new();
        for stage in &order.stages {
            stages.push((stage.clone(), stage.transcript().map_err(|error| fault(format!("{error:#}")))?));
        }
        let repository = Repository::at(&self.cell.folder).ok_or_else(|| {
            refused(
                "the commit has no your_program.sh, the script that starts your server; add one, commit and try again",
            )
        })?;
        let watch = Watch::start(order.limits.memory, self.task.tier).map_err(fault)?;
        self.compile(&repository, order, &watch)?;
        let plan = Plan {
            stages,
            side_by_side: !repository.compiles_at_start(),
            repository,
            options: Options { port: PORT, compat: false, start: START, timeout: ANSWER },
            seed: order.seed,
            debug: order.debug,
            stop_at_failure: !order.keep_going,
            isolated: self.isolated,
            cell: Some(Arc::clone(&self.cell)),
        };
        let again = |stage: &Stage| format!("stages test {} --seed {}", stage.number, order.seed);
        let mut lines = Lines::default();
        let human = Human::new(&mut lines, false, order.seed, again);
        schedule::run(plan, &mut Both { human, work: self, watch: &watch }).map(drop).map_err(fault)
    }

    /// Runs a program that does nothing, in the way in which the commit's are run.
    fn try_cell(&self) -> Result<(), String> {
        let launch = Launch {
            command: vec!["true".into()],
            folder: self.cell.folder.clone(),
            sweep: None,
            namespace: true,
            cell: Some(Arc::clone(&self.cell)),
        };
        let (said, hears) = mpsc::channel();
        let start = Program::start(&launch, move |line| drop(said.send(line)));
        let mut program = start.map_err(|error| error.to_string())?;
        let deadline = Instant::now() + TRIAL;
        let mut how = None;
        while how.is_none() && Instant::now() < deadline {
            // Where the sandbox breaks, something of it may hang.
            let ended = program.ended_within(Duration::from_millis(10));
            how = ended.map(|ended| ended.to_string()).or_else(|| program.broken());
        }
        program.stop();
        if program.succeeded() {
            return Ok(());
        }
        let said: Vec<_> = hears.try_iter().take(5).collect();
        let how = how.unwrap_or_else(|| format!("not done after {} s", TRIAL.as_secs()));
        Err(if said.is_empty() { how } else { said.join("; ") })
    }

    fn compile(&self, repository: &Repository, order: &Order, watch: &Watch) -> Result<(), Stop> {
        let (lines, received) = mpsc::channel();
        let result = thread::scope(|scope| {
            let cell = Arc::clone(&self.cell);
            let work = scope.spawn(move || {
                let line = move |line| drop(lines.send(line));
                schedule::compile_in(repository, Some(cell), order.limits.compile(), line)
            });
            for line in received {
                report(&Event::Line(format!("[compile] {line}")))?;
            }
            Ok(work.join().unwrap_or_else(|_| Err(Failure::Tester("the thread that compiles ended early".to_owned()))))
        });
        let Err(failure) = result.map_err(Stop::Grader)? else {
            return Ok(());
        };
        let failure = self.over_a_limit(watch).unwrap_or(failure);
        Err(Stop::Event(Event::Verdict(failure.verdict(), failure.summary())))
    }

    /// The limit that was gone over, where that explains a failure.
    fn over_a_limit(&self, watch: &Watch) -> Option<Failure> {
        let limits = &self.task.order.limits;
        if watch.exceeded() {
            return Some(Failure::Limit(Limit::Memory(limits.memory)));
        }
        let full = self.in_root
            && statvfs("/")
                .is_ok_and(|disk| disk.blocks_available() * disk.fragment_size() < FULL || disk.files_available() == 0);
        full.then_some(Failure::Limit(Limit::Disk(limits.disk)))
    }
}

/// How scripts are shut in.
fn cell(task: &Task, in_root: bool) -> Cell {
    let toolchain = &task.order.toolchain;
    let (folder, temporary) = match in_root {
        true => (PathBuf::from(root::APP), PathBuf::from("/tmp")),
        false => (task.place.join("app"), task.place.join("tmp")),
    };
    let mut writable = vec![folder.clone(), temporary.clone()];
    writable.extend(root::cargo_home(toolchain).filter(|home| home.is_dir()));
    let usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from);
    let mut path: Vec<&Path> = Vec::new();
    for folder in toolchain.path.iter().chain(&usual).filter(|folder| folder.is_dir()) {
        if !path.contains(&folder.as_path()) {
            path.push(folder);
        }
    }
    let mut environment = toolchain.variables.clone();
    environment.retain(|_, value| Path::new(value.as_str()).exists());
    let path = std::env::join_paths(path).unwrap_or_default();
    for (name, value) in [
        ("PATH", path.to_string_lossy().as_ref()),
        ("HOME", temporary.to_string_lossy().as_ref()),
        ("LANG", "C.UTF-8"),
        // There is no network, so nobody should wait for it.
        ("CARGO_NET_OFFLINE", "true"),
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    Cell {
        tier: task.tier,
        user: task.user.filter(|_| in_root),
        folder,
        writable,
        environment,
        limits: task.order.limits,
        disable_userns: task.tier == Tier::Bubblewrap && super::bubblewrap_can_disable_userns(),
    }
}

/// Turns what is written into lines of the report.
#[derive(Default)]
struct Lines {
    partial: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = memchr::memchr(b'\n', &self.partial) {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            report(&Event::Line(String::from_utf8_lossy(&line[..end]).into_owned()))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The report for people, and the grades.
struct Both<'a> {
    human: Human<'a>,
    work: &'a Work,
    watch: &'a Watch,
}

impl Observer for Both<'_> {
    fn begin(&mut self, stage: &Stage) {
        self.human.begin(stage);
    }

    fn entry(&mut self, stage: &Stage, entry: Entry) {
        self.human.entry(stage, entry);
    }

    fn end(&mut self, stage: &Stage, outcome: &Outcome) {
        let mut outcome = outcome.clone();
        if let Some(failure) = &mut outcome.failure
            && let Some(limit) = self.work.over_a_limit(self.watch)
        {
            *failure = limit;
        }
        self.human.end(stage, &outcome);
        // A grader that is gone is noticed elsewhere.
        let _ = report(&Event::Stage(Box::new(StageGrade::new(stage, &outcome))));
    }
}
