//! `stages test`.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::{ValueEnum, builder::PossibleValue};
use stages::{
    program::{self, repository::Repository},
    push,
    report::{
        human::Human,
        json, junit,
        results::{Repeat, Results},
        tap,
    },
    run::{
        events::{Observer, Outcome},
        failure::Failure,
        runner::RunOptions,
        schedule::{self, Plan},
    },
    sandbox::network,
    stage::catalog::{self, Stage},
    text,
    transcript::Transcript,
};

use super::{BROKEN, exit_code, on_signals, seed};

/// Test a server against the stages
///
/// Builds the program with `.codecrafters/compile.sh` if there is one, starts it anew for each stage, sends the requests
/// of the stage, and compares the responses. A failure shows the exchange, the first byte that differs, the likely
/// cause, and the command that repeats it. All random values come from a seed, which the report names.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  all stages passed\n  \
    1  a stage failed\n  \
    2  the tester itself failed, or its arguments are not valid\n\n\
    Examples:\n  \
    stages test                          All stages so far, up to the first failure\n  \
    stages test 3..7 --keep-going        Five stages, whatever fails\n  \
    stages test 7 --debug                Every byte that is sent and received\n  \
    stages test 7 --seed 252284423       The same random values again\n  \
    stages test --program ../my-server   A repository elsewhere\n  \
    stages test all --format junit       A report for a CI system")]
pub(crate) struct Args {
    /// Stages to test: number, range, id, slug, track, `all`, or path of a tester.http
    ///
    /// For example `7`, `3..7`, `ap6`, `return-a-file` or `caching`. Without any, the stages up to the current one are
    /// tested if the repository has a grading remote, else those of the public challenge.
    #[arg(value_name = "STAGE")]
    selectors: Vec<String>,

    /// Repository of the server [default: the one that you are in]
    ///
    /// The folder of its your_program.sh. Without this option it is looked for in the current folder and those above.
    #[arg(long, value_name = "DIR", help_heading = "What is tested")]
    program: Option<PathBuf>,
    /// Continue after a failure
    ///
    /// By default the stages after the first that fails are not reported.
    #[arg(long, help_heading = "What is tested")]
    keep_going: bool,
    /// Ask only what the public challenge asks
    ///
    /// By default the testers ask more, as each page says under "Beyond". With this option a stage asks no more than the
    /// public challenge does, and tolerates what that tolerates.
    #[arg(long, help_heading = "What is tested")]
    compat: bool,

    /// Repeat the random values of the run with this seed [default: a new seed]
    #[arg(long, help_heading = "How it is tested")]
    seed: Option<u64>,
    /// Port on which the program listens
    #[arg(long, default_value_t = program::PORT, value_parser = clap::value_parser!(u16).range(1..), help_heading = "How it is tested")]
    port: u16,
    /// Longest wait for a response, in seconds
    #[arg(
        long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600),
        help_heading = "How it is tested"
    )]
    timeout: u64,
    /// Run one stage after the other, on the machine's own port
    ///
    /// By default stages run side by side where the system allows it, each in a network namespace of its own.
    #[arg(long, help_heading = "How it is tested")]
    in_turn: bool,

    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human, help_heading = "Report")]
    format: Format,
    /// Report failures only
    #[arg(long, help_heading = "Report")]
    quiet: bool,
    /// Show every byte that is sent and received
    ///
    /// The same as `debug: true` in the repository's codecrafters.yml.
    #[arg(long, help_heading = "Report")]
    debug: bool,
}

#[derive(Clone, Copy)]
enum Format {
    Human,
    Machine(Machine),
}

#[derive(Clone, Copy)]
enum Machine {
    Tap,
    Junit,
    Json,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        &[Format::Human, Format::Machine(Machine::Tap), Format::Machine(Machine::Junit), Format::Machine(Machine::Json)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Format::Human => PossibleValue::new("human").help("For people"),
            Format::Machine(Machine::Tap) => PossibleValue::new("tap").help("Test Anything Protocol, version 14"),
            Format::Machine(Machine::Junit) => PossibleValue::new("junit").help("JUnit XML, for CI systems"),
            Format::Machine(Machine::Json) => PossibleValue::new("json").help("One JSON document"),
        })
    }
}

pub(crate) fn run(folder: Option<&Path>, args: &Args) -> Result<ExitCode> {
    let script = args.selectors.iter().map(PathBuf::from).find(|path| path.is_file());
    let repository = Repository::find(args.program.as_deref(), script.as_deref())?;
    let stages = chosen(folder, args, &repository)?;
    let count = stages.len();
    let seed = seed(args.seed);
    let repeat = |stage: &Stage| repeat_command(folder, args, stage, seed);

    let built = build(&repository, args);
    let compiles = built.is_ok();
    let play = |observer: &mut dyn Observer| match built {
        Ok(()) => play(args, repository, stages, seed, observer),
        Err(failure) => Ok(vec![not_compiled(failure, &stages[0].0, observer)]),
    };
    let outcomes = match args.format {
        Format::Human => {
            let mut out = anstream::stdout();
            let outcomes = play(&mut Human::new(&mut out, args.quiet, seed, repeat))?;
            if compiles {
                let _ = writeln!(out, "{}", summary(&outcomes, count));
            }
            outcomes
        }
        Format::Machine(format) => {
            let mut results = Results::default();
            let outcomes = play(&mut results)?;
            let mut out = io::stdout().lock();
            let repeat = Repeat { seed, command: &repeat };
            match format {
                Machine::Tap => tap::write(&results, &mut out, repeat),
                Machine::Junit => junit::write(&results, &mut out, repeat),
                Machine::Json => json::write(&results, &mut out, repeat),
            }
            .context("the report could not be written")?;
            outcomes
        }
    };
    Ok(verdict(&outcomes))
}

/// The stages to test, with their transcripts.
fn chosen(folder: Option<&Path>, args: &Args, repository: &Repository) -> Result<Vec<(Stage, Transcript)>> {
    let graded = if args.selectors.is_empty() { push::status::plan(&repository.folder, folder)? } else { None };
    let stages = match graded {
        Some(stages) => stages,
        None => catalog::select(&catalog::all(folder)?, &args.selectors)?,
    };
    stages.into_iter().map(|stage| stage.transcript().map(|transcript| (stage, transcript))).collect()
}

/// Compiles the program, if there is a script that does. What the script prints goes to the terminal; standard output
/// belongs to the report where a machine reads it.
fn build(repository: &Repository, args: &Args) -> Result<(), Failure> {
    let human = matches!(args.format, Format::Human);
    if human && !args.quiet && repository.compile.is_some() && io::stdout().is_terminal() {
        let _ = writeln!(anstream::stdout(), "Compiling …");
    }
    schedule::compile(repository, move |line| {
        let _ = if human {
            writeln!(anstream::stdout(), "[compile] {line}")
        } else {
            writeln!(anstream::stderr(), "[compile] {line}")
        };
    })
}

/// A program that does not compile fails the first stage.
fn not_compiled(failure: Failure, stage: &Stage, observer: &mut dyn Observer) -> Outcome {
    let outcome = Outcome { failure: Some(failure), time: Duration::ZERO };
    observer.begin(stage);
    observer.end(stage, &outcome);
    outcome
}

fn play(
    args: &Args,
    repository: Repository,
    stages: Vec<(Stage, Transcript)>,
    seed: u64,
    observer: &mut dyn Observer,
) -> Result<Vec<Outcome>> {
    // Without a script that builds beforehand the first start may compile, and need the network.
    let isolated = !args.in_turn && !repository.compiles_at_start() && network::prepare().is_ok();
    on_signals(|signal| {
        program::stop_all();
        let _ = writeln!(anstream::stderr(), "stages: interrupted; all programs are stopped");
        std::process::exit(128 + signal);
    })?;
    program::raise_descriptor_limit();
    let plan = Plan {
        stages,
        options: RunOptions {
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
    Ok(schedule::run(plan, observer)?)
}

fn verdict(outcomes: &[Outcome]) -> ExitCode {
    let broken = |outcome: &Outcome| matches!(outcome.failure, Some(Failure::Tester(_)));
    if outcomes.iter().any(broken) {
        ExitCode::from(BROKEN)
    } else {
        exit_code(outcomes.iter().all(|outcome| outcome.failure.is_none()))
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

/// The command that repeats a stage with the same random values.
fn repeat_command(folder: Option<&Path>, args: &Args, stage: &Stage, seed: u64) -> String {
    // By the same script, where the stage was named by it.
    let script = stage.path.display().to_string();
    let by_script = script.contains('/') && args.selectors.contains(&script);
    let what = if by_script { text::quote(&script) } else { stage.number.to_string() };

    let mut command = format!("stages test {what} --seed {seed}");
    for (option, path) in [("--stages", folder), ("--program", args.program.as_deref())] {
        if let Some(path) = path {
            command += &format!(" {option} {}", text::quote(&path.display().to_string()));
        }
    }
    if args.port != program::PORT {
        command += &format!(" --port {}", args.port);
    }
    for (flag, on) in [("--compat", args.compat), ("--in-turn", args.in_turn)] {
        if on {
            command += &format!(" {flag}");
        }
    }
    command
}
