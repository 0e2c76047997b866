//! Grading: a commit of a repository is checked out, built and tested as hostile code, and judged.
//!
//! [`grade`] is the whole of it. [`checkout`] takes the files out of the repository; [`verdict`] says what it came to.

pub mod checkout;
pub mod limits;
pub mod toolchain;
pub mod verdict;

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};

pub use crate::grading::{
    limits::Limits,
    toolchain::Toolchain,
    verdict::{Grade, StageGrade, Verdict},
};
use crate::{
    catalog::Stage,
    failure::{Entry, Failure},
    grading::checkout::Trouble,
    isolate,
    report::Human,
    repository::Repository,
    runner::Options,
    session::{self, Observer, Outcome, Plan},
};

/// The port that every program listens on.
const PORT: u16 = 4221;
/// How long a program may take to listen, and to answer: as `stages test` has it.
const START: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(10);

const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// What shuts pushed code in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Namespaces of our own, and bubblewrap around the program.
    Bubblewrap,
    /// Namespaces of our own alone.
    Unshare,
    /// Nothing but limits: the program runs with the grader's rights.
    None,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Bubblewrap => "bubblewrap",
            Tier::Unshare => "unshare",
            Tier::None => "none",
        })
    }
}

/// Which tier is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// The best that works, or none.
    Best,
    /// The best that works; without one nothing is graded.
    Require,
    /// This one, or nothing is graded.
    Exactly(Tier),
}

/// What is to be graded, and how.
#[derive(Clone, Debug)]
pub struct Order {
    /// The repository, absolute: a bare one, or one with a `.git`.
    pub git_dir: PathBuf,
    /// The full id of the commit.
    pub commit: String,
    /// The stages, in order; up to the first failure unless `keep_going`.
    pub stages: Vec<Stage>,
    /// Whether a failure ends the run.
    pub keep_going: bool,
    /// The seed of all random values, as in `stages test --seed`.
    pub seed: u64,
    /// Whether the report shows every byte.
    pub debug: bool,
    /// Which sandbox.
    pub sandbox: Wanted,
    /// What the program may use.
    pub limits: Limits,
    /// Where compilers and interpreters are.
    pub toolchain: Toolchain,
}

/// Grades a commit, and writes the report to `out` as it is made, with colour (`anstream` takes that away). An error of
/// `out` does not end the grading. Never panics because of what the commit holds, and never blames it for a fault of the
/// grader: that is [`Verdict::GraderFault`].
pub fn grade(order: &Order, out: &mut dyn Write) -> Grade {
    let begin = Instant::now();
    let mut grade = Grade::new(Tier::None, order.seed);
    tell(out, YELLOW, "Sandbox: none - the program runs with your rights; see `stages doctor`");
    if let Err(trouble) = run(order, out, &mut grade) {
        let (verdict, why) = match trouble {
            Trouble::Refused(why) => (Verdict::Refused, why),
            Trouble::Fault(why) => (Verdict::GraderFault, why),
        };
        tell(out, RED, &verdict.sentence(Some(&why)));
        grade.verdict = verdict;
        grade.why = Some(why);
    }
    grade.time = begin.elapsed();
    grade
}

fn tell(out: &mut dyn Write, style: Style, text: &str) {
    // A reader that has gone away wants no more; the verdict is made all the same.
    let _ = writeln!(out, "{style}{text}{style:#}");
    let _ = out.flush();
}

fn fault(error: io::Error) -> Trouble {
    Trouble::Fault(error.to_string())
}

fn run(order: &Order, out: &mut dyn Write, grade: &mut Grade) -> Result<(), Trouble> {
    let mut stages = Vec::new();
    for stage in &order.stages {
        let transcript = stage.transcript().map_err(|error| Trouble::Fault(format!("{error:#}")))?;
        stages.push((stage.clone(), transcript));
    }
    let place = tempfile::Builder::new().prefix("stages-grading-").tempdir().map_err(fault)?;
    let tree = place.path().join("tree");
    let notes = checkout::checkout(&order.git_dir, &order.commit, &tree, place.path(), &order.limits)?;
    for note in notes {
        tell(out, YELLOW, &note);
    }
    let repository = Repository::at(&tree).ok_or_else(|| {
        Trouble::Refused("the commit has no your_program.sh, the script that starts your server".to_owned())
    })?;
    if let Err(failure) = compile(&repository, out) {
        grade.not_compiled(&failure);
        return Ok(());
    }
    let isolated = !repository.compiles_at_start() && isolate::prepare().is_ok();
    let plan = Plan {
        stages,
        repository,
        options: Options { port: PORT, compat: false, start: START, timeout: ANSWER },
        seed: order.seed,
        debug: order.debug,
        stop_at_failure: !order.keep_going,
        isolated,
    };
    let seed = order.seed;
    let again = |stage: &Stage| format!("stages test {} --seed {seed}", stage.number);
    let mut both = Both { human: Human::new(out, false, seed, again), grade };
    session::run(plan, &mut both).map(drop).map_err(fault)
}

/// Compiles; each line goes to `out` as it comes.
fn compile(repository: &Repository, out: &mut dyn Write) -> Result<(), Failure> {
    let (lines, received) = mpsc::channel();
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            session::compile(repository, move |line| {
                let _ = lines.send(line);
            })
        });
        for line in received {
            tell(out, Style::new(), &format!("[compile] {line}"));
        }
        work.join().unwrap_or_else(|_| Err(Failure::Tester("the thread that compiles ended early".to_owned())))
    })
}

/// The report for people, and the grade.
struct Both<'a, 'b> {
    human: Human<'a>,
    grade: &'b mut Grade,
}

impl Observer for Both<'_, '_> {
    fn begin(&mut self, stage: &Stage) {
        self.human.begin(stage);
    }

    fn entry(&mut self, stage: &Stage, entry: Entry) {
        self.human.entry(stage, entry);
    }

    fn end(&mut self, stage: &Stage, outcome: &Outcome) {
        self.human.end(stage, outcome);
        self.grade.add(stage, outcome);
    }
}

/// `path` as it is, or its `.git` if that is there.
fn git_dir(path: &Path) -> PathBuf {
    Some(path.join(".git")).filter(|git| git.exists()).unwrap_or_else(|| path.to_owned())
}
