//! The worker: it compiles and tests the commit, and reports to the grader. In a sandbox it is the first process of its
//! namespaces, and everything in them ends with it.

use std::{
    fs,
    io::{self, Write},
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    },
    path::Path,
    process::ExitCode,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use nix::sys::statvfs::statvfs;

use crate::{
    grading::{
        enter,
        messages::{self, Event, Job, remark, report},
        order::Order,
        trial::cell,
        verdict::{StageGrade, Verdict},
    },
    program::{self, Ending, PORT, START, repository::Repository},
    report::human::Human,
    run::{
        events::{Entry, Observer, Outcome},
        failure::{Failure, Limit},
        runner::RunOptions,
        schedule::{self, Plan},
    },
    sandbox::{cell::Cell, memory::Watch, network, scratch},
    stage::catalog::Stage,
};

/// Longest time for a response, as `stages test` has it by default.
const ANSWER: Duration = Duration::from_secs(10);
/// A disk with less left than this, in bytes, is full.
const FULL: u64 = 64 << 10;

/// Does the work. `in_root`: in a sandbox's root, where the tree is already.
///
/// # Errors
/// The grader has gone away, or the system refuses a thread.
pub fn run(in_root: bool) -> io::Result<ExitCode> {
    if in_root {
        enter::end_with_the_parent()?;
    }
    let job = messages::receive(io::stdin())?;
    // While there is one thread.
    let isolated = in_root || network::prepare().is_ok();
    let scratch = (!in_root).then(|| job.scratch.clone());
    thread::Builder::new().spawn(move || end_with_the_grader(scratch.as_deref()))?;
    program::raise_descriptor_limit();
    let work = Work { cell: Arc::new(cell(&job, in_root)), job, in_root, isolated };
    match work.all() {
        Ok(()) => {}
        Err(Stop::Grader(error)) => return Err(error),
        Err(Stop::Event(event)) => report(&event)?,
    }
    report(&Event::Done)?;
    Ok(ExitCode::SUCCESS)
}

/// Waits until the grader is gone, and ends everything.
fn end_with_the_grader(scratch: Option<&Path>) {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    if let Some(scratch) = scratch {
        program::stop_all();
        // Best effort: what is left is for the next grading to sweep.
        let _ = crate::os::remove::remove(scratch);
    }
    std::process::exit(1);
}

/// Waits until no other grading uses the port of this network. The name is free again when its holder is gone.
fn port_of_the_machine() -> io::Result<UnixListener> {
    let name = SocketAddr::from_abstract_name(format!("{}{PORT}", scratch::PREFIX))?;
    loop {
        match UnixListener::bind_addr(&name) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => thread::sleep(Duration::from_millis(50)),
            listener => return listener,
        }
    }
}

/// A reason to stop early.
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
    job: Job,
    cell: Arc<Cell>,
    in_root: bool,
    isolated: bool,
}

impl Work {
    fn all(&self) -> Result<(), Stop> {
        let order = &self.job.order;
        let mut _port = None;
        if !self.in_root {
            // Without a sandbox there is nothing that could fail to work.
            report(&Event::Ready)?;
            if !self.isolated {
                _port = Some(port_of_the_machine()?);
            }
            self.checkout()?;
        }
        let mut stages = Vec::new();
        for stage in &order.stages {
            stages.push((stage.clone(), stage.transcript().map_err(|error| fault(format!("{error:#}")))?));
        }
        let repository = Repository::at(&self.cell.folder).ok_or_else(|| {
            refused(
                "the commit has no your_program.sh, the script that starts your server; add one, commit and push again",
            )
        })?;
        let watch = Watch::start(order.limits.memory, order.tier).map_err(fault)?;
        self.compile(&repository, order, &watch)?;
        let plan = Plan {
            stages,
            side_by_side: !repository.compiles_at_start(),
            repository,
            options: RunOptions { port: PORT, compat: false, start: START, timeout: ANSWER },
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

    /// Puts the tree where it is built, where that is not in a sandbox.
    fn checkout(&self) -> Result<(), Stop> {
        let git = self.job.scratch.join("git");
        for folder in self.cell.writable.iter().chain([&git]) {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        for note in enter::checkout(&self.job, &self.cell.folder, &git).map_err(Stop::Event)? {
            report(&Event::Line(remark(&note)))?;
        }
        Ok(())
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
        let why = failure.summary();
        Err(Stop::Event(match &failure {
            Failure::NotCompiled { how: Ending::Exited(exit) } => Event::NotCompiled(*exit, why),
            failure => Event::Verdict(failure.verdict(), why),
        }))
    }

    /// The limit that was gone over, where that explains a failure.
    fn over_a_limit(&self, watch: &Watch) -> Option<Failure> {
        let limits = &self.job.order.limits;
        if watch.exceeded() {
            return Some(Failure::Limit(Limit::Memory(limits.memory)));
        }
        let full = self.in_root
            && statvfs("/")
                .is_ok_and(|disk| disk.blocks_available() * disk.fragment_size() < FULL || disk.files_available() == 0);
        full.then_some(Failure::Limit(Limit::Disk(limits.disk)))
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
