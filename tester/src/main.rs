//! The `stages` command: which subcommands there are, and how each is called.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod commands;

use commands::{check, doctor, grade, guide, hook, list, new, remote, sandbox, show, status, supervise, test};

/// Build your own HTTP server: read its stages, test a server, grade what is pushed
///
/// A stage is one thing that a server must be able to do: a page that says what to build, and a tester that says whether
/// it works. `stages` shows the pages, tests a server in any language that is started by `your_program.sh`, and makes
/// repositories whose pushes are graded.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Run `stages` alone for the first steps, `stages COMMAND --help` for the details of a command.",
    after_long_help = "Exit codes:\n  \
        0  all is well\n  \
        1  a stage or a check failed\n  \
        2  the tester itself failed, or its arguments are not valid\n\n\
        Examples:\n  \
        stages new my-server --language python   Create a repository\n  \
        stages show 1                            Read the page of stage 1\n  \
        stages test                              Test the repository that you are in\n\n\
        Run `stages` alone for the first steps, `stages COMMAND --help` for the details of a command."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Read the stages from DIR [default: those built into this command]
    ///
    /// DIR holds a folder NN-title for each stage, with its README.md and tester.http. Without this option the stages
    /// are those that were built into this command.
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    stages: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Test(Box<test::Args>),
    New(new::Args),
    Remote(remote::Args),
    Status(status::Args),
    Grade(Box<grade::Args>),
    Doctor(doctor::Args),
    Check(check::Args),
    #[command(hide = true)]
    Hook(hook::Args),
    #[command(hide = true)]
    Supervise(supervise::Args),
    #[command(hide = true)]
    Sandbox(sandbox::Args),
}

fn main() -> ExitCode {
    let Cli { command, stages } = Cli::parse();
    let stages = stages.as_deref();
    let result = match command {
        None => guide::run(),
        Some(Command::List(_)) => list::run(stages),
        Some(Command::Show(args)) => show::run(stages, &args),
        Some(Command::Test(args)) => test::run(stages, &args),
        Some(Command::New(args)) => new::run(stages, &args),
        Some(Command::Remote(args)) => remote::run(stages, &args),
        Some(Command::Status(args)) => status::run(stages, &args),
        Some(Command::Grade(args)) => grade::run(stages, *args),
        Some(Command::Doctor(_)) => doctor::run(),
        Some(Command::Check(_)) => check::run(stages),
        Some(Command::Hook(args)) => Ok(hook::run(&args)),
        Some(Command::Supervise(args)) => supervise::run(args),
        Some(Command::Sandbox(args)) => sandbox::run(args),
    };
    result.unwrap_or_else(|error| commands::failed(&error))
}
