//! `stages sandbox`: the processes that the grader starts of itself; see `grading`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Subcommand, ValueEnum as _};
use stages::{
    grading::{enter, work},
    sandbox::{confine, namespaces},
};

use super::grade::SandboxArg;

/// A part of the sandbox of a grading
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// The first process: makes namespaces
    Outside {
        #[arg(value_parser = |text: &str| SandboxArg::from_str(text, false))]
        tier: SandboxArg,
    },
    /// The first process in the namespaces: makes the root
    Inside,
    /// Runs something harmless in the root, before the commit is looked at
    Try,
    /// The first process, in its root: compiles and tests
    Work {
        #[arg(long)]
        in_root: bool,
    },
    /// Makes the view of one script
    Confine {
        #[arg(long)]
        cell: String,
        #[arg(long)]
        stage: Option<PathBuf>,
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    /// The first process in the view
    Enter {
        #[arg(long)]
        cell: String,
        #[arg(last = true)]
        command: Vec<OsString>,
    },
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    Ok(match args.part {
        Part::Outside { tier } => namespaces::enter(tier.into())?,
        Part::Inside => enter::inside().map(|()| ExitCode::SUCCESS)?,
        Part::Try => enter::try_out().map(|()| ExitCode::SUCCESS)?,
        Part::Work { in_root } => work::run(in_root)?,
        Part::Confine { cell, stage, command } => confine::confine(&cell, stage.as_deref(), &command)?,
        Part::Enter { cell, command } => confine::enter(&cell, &command)?,
    })
}
