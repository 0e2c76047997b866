//! `stages supervise`: the process between the tester and a program; see `program::supervisor`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use stages::program::supervisor;

/// Start a program for the tester, and end everything it leaves behind
#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    sweep: Option<PathBuf>,
    #[arg(long)]
    descriptors: Option<u64>,
    #[arg(long)]
    cell: Option<String>,
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    supervisor::run(args.sweep, args.descriptors, args.cell.as_deref(), &args.command)?;
    Ok(ExitCode::SUCCESS)
}
