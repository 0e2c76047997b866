//! Runs stages: each in a namespace of its own and side by side, or else in turn; with the report in order.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    lock::lock,
    os::ports,
    program::{self, Launch, Program, repository::Repository},
    run::{
        events::{Entry, Log, Observer, Outcome},
        failure::{Failure, Limit},
        folders::Disk,
        runner::{RunOptions, Runner},
    },
    sandbox::{cell::Cell, network},
    stage::catalog::Stage,
    transcript::{
        Leave, Transcript,
        values::{Scope, Values},
    },
};

/// Longest time to compile.
const COMPILING: Duration = Duration::from_secs(600);
/// A program that listens this soon is light enough for all stages at once.
const LIGHT: Duration = Duration::from_millis(300);
/// Time that the kernel keeps a closed connection in TIME-WAIT (tcp(7): 60 s), and some more.
const TIME_WAIT: Duration = Duration::from_secs(65);
/// The reason why a port is not to be had though nobody listens on it.
const LEFT_BEHIND: &str = "connections that an earlier program closed still block it, for up to a minute";
/// Most stages that run at once.
const MOST: usize = 16;

/// A run: which stages, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stages with their transcripts, in order.
    pub stages: Vec<(Stage, Transcript)>,
    /// The repository under test.
    pub repository: Repository,
    /// The options of each stage's run.
    pub options: RunOptions,
    /// The seed of all random values.
    pub seed: u64,
    /// True if bytes are shown.
    pub debug: bool,
    /// True if the first failure ends the run.
    pub stop_at_failure: bool,
    /// True if each stage has namespaces of its own.
    pub isolated: bool,
    /// True if stages may run at the same time, where they have those.
    pub side_by_side: bool,
    /// The program's confinement, if it has one.
    pub cell: Option<Arc<Cell>>,
}

/// Builds the program, where the repository has a script for it. `line` is given each line that the script prints.
///
/// # Errors
/// It did not compile, or the tester could not run it.
pub fn compile(repository: &Repository, line: impl FnMut(String) + Send + 'static) -> Result<(), Failure> {
    compile_in(repository, None, COMPILING, line)
}

/// The same in a cell, for at most `time`.
///
/// # Errors
/// It did not compile, went over a limit, or the tester could not run it.
pub fn compile_in(
    repository: &Repository,
    cell: Option<Arc<Cell>>,
    time: Duration,
    line: impl FnMut(String) + Send + 'static,
) -> Result<(), Failure> {
    let Some(script) = &repository.compile else {
        return Ok(());
    };
    let launch = Launch {
        command: Repository::command(script),
        folder: repository.folder.clone(),
        sweep: None,
        namespace: cell.as_ref().is_some_and(|cell| cell.has_namespaces()),
        cell,
    };
    let mut program = Program::start(&launch, line).map_err(broken)?;
    let how = program.ended_within(time);
    program.stop();
    judge_limits(&program)?;
    match how {
        Some(_) if program.succeeded() => Ok(()),
        Some(how) => Err(Failure::NotCompiled { how }),
        None => Err(Failure::Limit(Limit::Compiling(time.as_secs()))),
    }
}

/// Fails if the sandbox did not work, or the program printed too much: that comes before how it went.
fn judge_limits(program: &Program) -> Result<(), Failure> {
    if let Some(broken) = program.broken() {
        return Err(Failure::Tester(broken.to_string()));
    }
    if program.flooded() {
        return Err(Failure::Limit(Limit::Output));
    }
    Ok(())
}

/// The state that the threads of a run share.
struct Shared {
    plan: Plan,
    next: AtomicUsize,
    stopped: AtomicBool,
    /// True once all lanes may be used, and the lanes that wait for it.
    wide: (Mutex<bool>, Condvar),
}

/// Runs the stages of the plan. `observer` hears of them one after the other. Gives the outcomes of those that were
/// reported.
///
/// # Errors
/// The system refuses a thread.
pub fn run(plan: Plan, observer: &mut dyn Observer) -> io::Result<Vec<Outcome>> {
    let count = plan.stages.len();
    let stages: Vec<Stage> = plan.stages.iter().map(|(stage, _)| stage.clone()).collect();
    let stop_at_failure = plan.stop_at_failure;
    let side_by_side = plan.isolated && plan.side_by_side;
    let shared = Arc::new(Shared {
        plan,
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        wide: (Mutex::new(false), Condvar::new()),
    });
    let (mut senders, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (entries, outcomes) = (mpsc::channel(), mpsc::channel());
        senders.push(Some((entries.0, outcomes.0)));
        receivers.push((entries.1, outcomes.1));
    }
    let senders = Arc::new(Mutex::new(senders));
    let (lanes, at_once) =
        if side_by_side { (MOST.min(count), thread::available_parallelism().map_or(1, usize::from)) } else { (1, 1) };
    let mut threads = Vec::new();
    for lane in 0..lanes {
        let (shared, senders) = (Arc::clone(&shared), Arc::clone(&senders));
        threads.push(thread::Builder::new().spawn(move || {
            if lane >= at_once {
                shared.wait_until_wide();
            }
            while let Some(index) = shared.take() {
                let sender = lock(&senders)[index].take();
                if let Some((entries, outcomes)) = sender {
                    let outcome = shared.stage(index, entries);
                    let _ = outcomes.send(outcome);
                }
            }
            shared.widen();
        })?);
    }
    let mut done = Vec::new();
    for (stage, (entries, outcomes)) in stages.iter().zip(receivers) {
        observer.begin(stage);
        for entry in entries {
            observer.entry(stage, entry);
        }
        let outcome = outcomes.recv().unwrap_or_else(|_| Outcome {
            failure: Some(Failure::Tester("the thread of the stage ended early".to_owned())),
            time: Duration::ZERO,
        });
        observer.end(stage, &outcome);
        let failed = outcome.failure.is_some();
        done.push(outcome);
        if failed && stop_at_failure {
            shared.stopped.store(true, Ordering::SeqCst);
            shared.widen();
            program::stop_all();
            break;
        }
    }
    for thread in threads {
        let _ = thread.join();
    }
    Ok(done)
}

fn broken(error: io::Error) -> Failure {
    Failure::Tester(error.to_string())
}

impl Plan {
    /// The program's command with the arguments that the transcript gives it, which is shown.
    fn launch(&self, transcript: &Transcript, values: &mut Values, disk: &Disk, log: &Log) -> Result<Launch, Failure> {
        let args = match &transcript.args {
            Some(args) => values.render(args, Scope::default()).map_err(Failure::Tester)?,
            None => Vec::new(),
        };
        let args = String::from_utf8_lossy(&args).into_owned();
        log.add(Entry::Command([self.repository.shown, &args].join(" ").trim_end().to_owned()));

        let mut command = Repository::command(&self.repository.run);
        command.extend(args.split_whitespace().map(Into::into));
        Ok(Launch {
            command,
            folder: self.repository.folder.clone(),
            sweep: Some(PathBuf::from(disk.base())),
            namespace: self.isolated,
            cell: self.cell.clone(),
        })
    }
}

/// Waits until the port is free for the next program.
fn wait_for_port(port: u16, log: &Log) -> Result<(), Failure> {
    let holders = ports::holders(port);
    if !holders.is_empty() {
        return Err(Failure::Tester(format!(
            "port {port} is in use by {}; end that, or let your program use another port and name it with --port",
            holders.join(", ")
        )));
    }
    let say_so = || log.add(Entry::Note(format!("Waiting for port {port}: {LEFT_BEHIND} …")));
    if !ports::wait_until_free(port, TIME_WAIT, say_so) {
        return Err(Failure::Tester(format!("port {port} is not available: {LEFT_BEHIND}")));
    }
    Ok(())
}

impl Shared {
    fn take(&self) -> Option<usize> {
        if self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        Some(self.next.fetch_add(1, Ordering::SeqCst)).filter(|index| *index < self.plan.stages.len())
    }

    fn widen(&self) {
        *lock(&self.wide.0) = true;
        self.wide.1.notify_all();
    }

    fn wait_until_wide(&self) {
        let mut wide = lock(&self.wide.0);
        while !*wide {
            wide = self.wide.1.wait(wide).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stage(&self, index: usize, entries: mpsc::Sender<Entry>) -> Outcome {
        let begin = Instant::now();
        let log = Log::new(entries, self.plan.debug);
        let (stage, transcript) = &self.plan.stages[index];
        let failure = self.play(stage, transcript, &log).err();
        Outcome { failure, time: begin.elapsed() }
    }

    fn play(&self, stage: &Stage, transcript: &Transcript, log: &Log) -> Result<(), Failure> {
        let plan = &self.plan;
        if plan.isolated {
            network::enter_network().map_err(broken)?;
        } else {
            wait_for_port(plan.options.port, log)?;
        }
        let mut disk = Disk::new().map_err(broken)?;
        let mut values = Values::draw(&transcript.lets, plan.seed, &stage.page.id, &disk.dir(), &disk.root())
            .map_err(Failure::Tester)?;
        disk.prepare(transcript, &mut values).map_err(Failure::Tester)?;
        let launch = plan.launch(transcript, &mut values, &disk, log)?;
        // Once the stage has passed, what the program says about being stopped is of no interest.
        let passed = Arc::new(AtomicBool::new(false));
        let (output, quiet) = (log.clone(), Arc::clone(&passed));
        let mut program = Program::start(&launch, move |line| {
            if !quiet.load(Ordering::SeqCst) {
                output.add(Entry::Program(line));
            }
        })
        .map_err(broken)?;
        let started = |time: Duration| {
            if time < LIGHT {
                self.widen();
            }
        };
        let mut runner = Runner::new(transcript, plan.options, values, disk, &program, log, &started);
        let result = runner.run();
        let result = result.map_err(|failure| judge_limits(&program).err().unwrap_or(failure));
        let (connections, disk) = runner.finish();
        passed.store(result.is_ok(), Ordering::SeqCst);
        if plan.isolated {
            drop(connections);
            program.stop();
        } else {
            program.stop();
            // A reset leaves no TIME-WAIT behind that would keep the next program from the port.
            for (_, mut connection) in connections {
                let _ = connection.leave(Leave::Abort);
            }
        }
        match &plan.cell {
            // It goes with the sandbox; and whoever removes what a hostile program made must be patient.
            Some(cell) if cell.has_namespaces() => disk.leave(),
            _ => drop(disk),
        }
        result
    }
}
