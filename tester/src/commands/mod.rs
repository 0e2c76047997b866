//! The subcommands, each in a file: its arguments, its help, and what it does. What several of them need is here.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use clap::ValueEnum;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod grade;
pub(crate) mod guide;
pub(crate) mod hook;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod remote;
pub(crate) mod sandbox;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod supervise;
pub(crate) mod test;

/// The exit code where the tester or the grader failed, or was called wrongly.
const BROKEN: u8 = 2;

/// Form of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Prints, unless the reader has gone away, as `head` does.
fn print(text: &str) -> Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Exit code 0 if `right`, else 1.
fn exit_code(right: bool) -> ExitCode {
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says why a command could not do its work. Exit code 2.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "stages: {error:#}");
    ExitCode::from(BROKEN)
}

/// The seed of a run's random values: the one asked for, or a new one.
fn seed(wanted: Option<u64>) -> u64 {
    wanted.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The process number keeps apart two runs of one moment. The seed is short enough to be typed.
        fastrand::Rng::with_seed(now.as_nanos() as u64 ^ u64::from(std::process::id()) << 32).u64(..1_000_000_000)
    })
}

/// From now on SIGINT, SIGTERM and SIGHUP do not end this process: each calls `act` with its number.
fn on_signals(act: impl Fn(i32) + Send + 'static) -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().spawn(move || signals.forever().for_each(act))?;
    Ok(())
}
