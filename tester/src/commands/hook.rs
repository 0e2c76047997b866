//! `stages hook NAME`: what git starts when something is pushed to a grading remote.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Result;
use clap::ValueEnum;
use stages::{
    grading,
    push::{dry_run, grader::Grader, options, receive},
};

use super::{BROKEN, exit_code, on_signals, seed};

/// Do the work of a hook of a grading remote
#[derive(clap::Args)]
pub(crate) struct Args {
    hook: Hook,
}

#[derive(Clone, Copy, ValueEnum)]
enum Hook {
    /// Before anything is saved.
    #[value(name = "pre-receive")]
    Check,
    /// For references that are not saved at all.
    #[value(name = "proc-receive")]
    Test,
    /// Once everything is saved.
    #[value(name = "post-receive")]
    Grade,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let result = match args.hook {
        Hook::Check => before(),
        Hook::Test => dry_run().map(|()| true),
        Hook::Grade => after().map(|()| true),
    };
    let why = match (result, args.hook) {
        (Ok(right), _) => return exit_code(right),
        // Work is saved also where it cannot be graded, and the next hook says so.
        (Err(_), Hook::Check) => return ExitCode::SUCCESS,
        (Err(error), Hook::Grade) => {
            format!("What you pushed is saved, but not graded. The grader failed: {error:#}")
        }
        (Err(error), Hook::Test) => format!("Nothing was tested. The grader failed: {error:#}"),
    };
    let _ = writeln!(io::stderr(), "{why}");
    ExitCode::from(BROKEN)
}

fn before() -> Result<bool> {
    // Whether or not the grader can work.
    if !receive::takes(&receive::updates(io::stdin().lock()), &mut io::stderr()) {
        return Ok(false);
    }
    let grader = Grader::of_hook()?;
    let given = receive::options_of_hook();
    Ok(receive::check(&grader, &given, &mut *coloured(io::stderr(), !options::plain(&given))))
}

fn after() -> Result<()> {
    // An interrupt at the terminal, or its end, is meant for the push. The grading goes on, and its result is kept.
    let _ = rustix::process::setsid();
    // A signal ends the grading, not this process: what runs is stopped, and the result says so.
    on_signals(|_| grading::interrupt())?;
    let grader = Grader::of_hook()?;
    let updates = receive::updates(io::stdin().lock());
    // They were found good before the push was taken in, unless the stages have changed since.
    let options = options::parse(&receive::options_of_hook(), grader.stages())
        .map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))?;
    receive::grade(&grader, &updates, &options, seed(None), &mut *coloured(io::stdout(), !options.plain))
}

fn dry_run() -> Result<()> {
    // A signal ends the grading, not this process: what runs is stopped, and the result says so.
    on_signals(|_| grading::interrupt())?;
    let grader = Grader::of_hook()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    dry_run::run(&grader, &mut input, &mut output, seed(None), |plain| coloured(io::stderr(), !plain))
}

/// Git passes colour on to the terminal of whoever pushes, if there is one, so nothing is known of it here; but `NO_COLOR`
/// comes through where the push is on this machine.
fn coloured(out: impl Write + 'static, colour: bool) -> Box<dyn Write> {
    if colour && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
        Box::new(out)
    } else {
        Box::new(anstream::StripStream::new(Box::new(out) as Box<dyn Write>))
    }
}
