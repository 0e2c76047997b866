//! The `stages` command: lists the stages of the challenge and tests a program against them.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use stages::{
    program::{self, repository::Repository, supervisor},
    push,
    report::{
        human::Human,
        json, junit,
        record::{Record, Repeat},
        tap,
    },
    run::{
        events::{Observer as _, Outcome},
        failure::Failure,
        runner::Options,
        schedule::{self, Plan},
    },
    sandbox::network,
    stage::{
        catalog::{self, Stage},
        lint,
    },
    text,
};

mod commands;

/// The stages of "build your own HTTP server", and the testers of any program that your_program.sh starts.
///
/// Exit code: 0 if all is well, 1 if a stage or a check failed, 2 if the tester itself failed or was called wrongly.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Read the stages from DIR, not from the command itself
    #[arg(long, value_name = "DIR", global = true)]
    stages: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// List the stages
    List,
    /// Show the page of a stage
    Show {
        /// Number, id or slug
        stage: String,
    },
    /// Test a program
    Test(Box<TestArgs>),
    /// Check folders, pages and transcripts
    Check,
    /// Begin a repository of your own, and get a remote that grades what you push
    New(commands::new::NewArgs),
    /// Give a repository that is there a remote that grades what is pushed; or renew its hooks
    Remote(commands::remote::RemoteArgs),
    /// Show which stages are done, which is current, when, and in how many attempts
    Status(commands::status::StatusArgs),
    /// What git starts in a grading remote
    #[command(hide = true)]
    Hook { hook: commands::hook::Hook },
    /// Grade a commit: check it out, build it and test it, in a sandbox
    ///
    /// Exit code: 0 if it passed, 1 if it did not, 2 if the grader failed, was called wrongly, or lacks a sandbox.
    Grade(Box<commands::grade::GradeArgs>),
    /// Say which sandbox works on this machine, and why a better one does not
    ///
    /// Exit code: 0 if one works, 1 if there is none.
    Doctor,
    /// Start a program for the tester, and end all that it leaves behind
    #[command(hide = true)]
    Supervise {
        #[arg(long)]
        sweep: Option<PathBuf>,
        #[arg(long)]
        descriptors: Option<u64>,
        #[arg(long)]
        cell: Option<String>,
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    /// A part of the sandbox of a grading
    #[command(hide = true)]
    Sandbox {
        #[command(subcommand)]
        part: commands::sandbox::Part,
    },
}

#[derive(Args)]
struct TestArgs {
    /// Number, range (3..7), id, slug, track, `all`, or the path of a tester.http; without any, the stages up to the
    /// current one where pushes are graded, else those of the public challenge
    #[arg(value_name = "STAGE")]
    selectors: Vec<String>,
    /// Repository of the program: the folder of its your_program.sh
    #[arg(long, value_name = "DIR")]
    program: Option<PathBuf>,
    /// Run all stages, also after one that failed
    #[arg(long)]
    keep_going: bool,
    /// Give the verdicts of the public challenge: ask no more, and tolerate what it tolerates
    #[arg(long)]
    compat: bool,
    /// Repeat the random values of a run
    #[arg(long)]
    seed: Option<u64>,
    /// Port on which the program listens
    #[arg(long, default_value_t = program::PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Seconds that a response may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Report only what failed
    #[arg(long)]
    quiet: bool,
    /// Show every byte that is sent and received
    #[arg(long)]
    debug: bool,
    /// Run the stages one after the other on the port itself, without namespaces
    #[arg(long)]
    in_turn: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Tap,
    Junit,
    Json,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Supervise { sweep, descriptors, cell, command } => {
            supervisor::run(sweep, descriptors, cell.as_deref(), &command).map(|()| true).map_err(Into::into)
        }
        Command::Doctor => commands::doctor::run().and_then(|(text, works)| print(&text).map(|()| works)),
        Command::List => list(cli.stages),
        Command::Show { stage } => page(cli.stages, &stage),
        Command::Check => check_all(cli.stages),
        Command::Test(args) => {
            return test(cli.stages, &args).unwrap_or_else(|error| fault(&error));
        }
        Command::New(args) => shown(commands::new::run(cli.stages.as_deref(), &args)),
        Command::Remote(args) => shown(commands::remote::run(cli.stages.as_deref(), &args)),
        Command::Status(args) => shown(commands::status::run(cli.stages.as_deref(), &args)),
        Command::Hook { hook } => return commands::hook::run(hook, random_seed()),
        Command::Sandbox { part } => return commands::sandbox::run(part).unwrap_or_else(|error| fault(&error.into())),
        Command::Grade(args) => {
            return commands::grade::run(cli.stages, *args, random_seed()).unwrap_or_else(|error| fault(&error));
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fault(&error),
    }
}

fn fault(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "stages: {error:#}");
    ExitCode::from(2)
}

/// Prints, unless the reader has gone away, as `head` does.
fn print(text: &str) -> Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn shown(text: Result<String>) -> Result<bool> {
    print(&text?)?;
    Ok(true)
}

fn list(folder: Option<PathBuf>) -> Result<bool> {
    let mut text = String::new();
    let mut track = String::new();
    for stage in catalog::all(folder.as_deref())? {
        if stage.page.track != track {
            track.clone_from(&stage.page.track);
            text += &format!("{track}\n");
        }
        text += &format!("{:>4}  {}  {:<36} {}\n", stage.number, stage.page.id, stage.page.title, stage.page.level);
    }
    print(&text)?;
    Ok(true)
}

fn page(folder: Option<PathBuf>, selector: &str) -> Result<bool> {
    for stage in catalog::select(&catalog::all(folder.as_deref())?, &[selector.to_owned()])? {
        print(&stage.page.text)?;
    }
    Ok(true)
}

fn check_all(folder: Option<PathBuf>) -> Result<bool> {
    let problems = match &folder {
        Some(folder) => lint::folder(folder)?,
        None => lint::stages(&catalog::all(None)?),
    };
    if problems.is_empty() {
        print("All folders, pages and transcripts are in order.\n")?;
        if let Some(note) = folder.as_deref().map(lint::not_checked).transpose()?.flatten() {
            print(&format!("{note}\n"))?;
        }
    }
    for problem in &problems {
        print(&format!("{problem}\n"))?;
    }
    Ok(problems.is_empty())
}

fn test(folder: Option<PathBuf>, args: &TestArgs) -> Result<ExitCode> {
    let script = args.selectors.iter().map(PathBuf::from).find(|path| path.is_file());
    let repository = Repository::find(args.program.as_deref(), script.as_deref())?;
    let graded = match &args.selectors[..] {
        [] => push::status::plan(&repository.folder, folder.as_deref())?,
        _ => None,
    };
    let mut stages = Vec::new();
    for stage in graded.map_or_else(|| catalog::select(&catalog::all(folder.as_deref())?, &args.selectors), Ok)? {
        let transcript = stage.transcript()?;
        stages.push((stage, transcript));
    }
    let seed = args.seed.unwrap_or_else(random_seed);
    let human = args.format == Format::Human;

    let shout = human && !args.quiet;
    let compiled = compile(&repository, shout, !human);
    let again = again(folder, args, seed);
    if let Err(failure) = compiled {
        return not_compiled(&failure, &stages[0].0, args, seed, &again);
    }
    // Without a script that builds beforehand the first start may compile, and need the network.
    let isolated = !args.in_turn && !repository.compiles_at_start() && network::prepare().is_ok();
    on_interrupt()?;
    program::raise_descriptor_limit();
    let plan = Plan {
        stages,
        options: Options {
            port: args.port,
            compat: args.compat,
            start: program::START,
            timeout: Duration::from_secs(args.timeout),
        },
        debug: args.debug || repository.debug(),
        repository,
        seed,
        stop_at_failure: !args.keep_going,
        isolated,
        side_by_side: isolated,
        cell: None,
    };
    let count = plan.stages.len();
    let mut out = anstream::stdout();
    let outcomes = if human {
        let outcomes = schedule::run(plan, &mut Human::new(&mut out, args.quiet, seed, &again))?;
        let _ = writeln!(out, "{}", summary(&outcomes, count));
        outcomes
    } else {
        let mut record = Record::default();
        let outcomes = schedule::run(plan, &mut record)?;
        write_record(&record, args.format, seed, &again)?;
        outcomes
    };
    Ok(verdict(&outcomes))
}

fn write_record(record: &Record, format: Format, seed: u64, again: &dyn Fn(&Stage) -> String) -> Result<()> {
    let mut out = io::stdout().lock();
    let repeat = Repeat { seed, command: again };
    match format {
        Format::Tap => tap::write(record, &mut out, repeat),
        Format::Junit => junit::write(record, &mut out, repeat),
        Format::Human | Format::Json => json::write(record, &mut out, repeat),
    }
    .context("the report could not be written")
}

fn compile(repository: &Repository, shout: bool, to_stderr: bool) -> Result<(), Failure> {
    if shout && repository.compile.is_some() && io::stdout().is_terminal() {
        let _ = writeln!(anstream::stdout(), "Compiling …");
    }
    schedule::compile(repository, move |line| {
        // The report of a machine stays clean.
        let _ = match to_stderr {
            true => writeln!(anstream::stderr(), "[compile] {line}"),
            false => writeln!(anstream::stdout(), "[compile] {line}"),
        };
    })
}

/// A program that does not compile fails the first stage.
fn not_compiled(
    failure: &Failure,
    stage: &Stage,
    args: &TestArgs,
    seed: u64,
    again: &dyn Fn(&Stage) -> String,
) -> Result<ExitCode> {
    let outcome = Outcome { failure: Some(failure.clone()), time: Duration::ZERO };
    if args.format == Format::Human {
        let mut out = anstream::stdout();
        let mut report = Human::new(&mut out, args.quiet, seed, again);
        report.begin(stage);
        report.end(stage, &outcome);
    } else {
        let mut record = Record::default();
        record.begin(stage);
        record.end(stage, &outcome);
        write_record(&record, args.format, seed, again)?;
    }
    Ok(verdict(&[outcome]))
}

fn verdict(outcomes: &[Outcome]) -> ExitCode {
    let broken = |outcome: &Outcome| matches!(outcome.failure, Some(Failure::Tester(_)));
    match outcomes {
        all if all.iter().any(broken) => ExitCode::from(2),
        all if all.iter().any(|outcome| outcome.failure.is_some()) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

fn summary(outcomes: &[Outcome], count: usize) -> String {
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let passed = outcomes.len() - failed;
    let skipped = count - outcomes.len();
    let mut text = format!("{passed} of {count} passed");
    if failed > 0 {
        text += &format!(", {failed} failed");
    }
    if skipped > 0 {
        text += &format!(", {skipped} not reported after the failure (--keep-going runs all)");
    }
    text + "."
}

/// The command that repeats a stage.
fn again(folder: Option<PathBuf>, args: &TestArgs, seed: u64) -> impl Fn(&Stage) -> String {
    let mut options = format!(" --seed {seed}");
    let mut path = |name: &str, path: &Option<PathBuf>| {
        if let Some(path) = path {
            options += &format!(" --{name} {}", text::quote(&path.display().to_string()));
        }
    };
    path("stages", &folder);
    path("program", &args.program);
    if args.port != program::PORT {
        options += &format!(" --port {}", args.port);
    }
    for (flag, on) in [("compat", args.compat), ("in-turn", args.in_turn)] {
        if on {
            options += &format!(" --{flag}");
        }
    }
    // The same script, where the stage was named by it.
    let scripts: Vec<String> = args.selectors.iter().filter(|selector| selector.contains('/')).cloned().collect();
    move |stage| {
        let path = stage.path.display().to_string();
        let what = if scripts.contains(&path) { text::quote(&path) } else { stage.number.to_string() };
        format!("stages test {what}{options}")
    }
}

fn random_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed; the process number keeps two runs of one moment apart.
    fastrand::Rng::with_seed(now.as_nanos() as u64 ^ u64::from(std::process::id()) << 32).u64(..1_000_000_000)
}

/// From now on an interruption ends all programs before it ends the tester.
fn on_interrupt() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            program::stop_all();
            let _ = writeln!(anstream::stderr(), "stages: interrupted; all programs are stopped");
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}
