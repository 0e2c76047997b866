//! `stages hook NAME`: what git starts when something is pushed to a grading remote.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Result;
use clap::ValueEnum;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use stages::{
    grading,
    push::{dry_run, grader::Grader, options, receive},
};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Hook {
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

/// Runs a hook. `seed` is used where the push names none.
pub(crate) fn run(hook: Hook, seed: u64) -> ExitCode {
    let result = match hook {
        Hook::Check => before(),
        Hook::Test => dry_run(seed).map(|()| true),
        Hook::Grade => after(seed).map(|()| true),
    };
    match (result, hook) {
        (Ok(true), _) => ExitCode::SUCCESS,
        (Ok(false), _) => ExitCode::FAILURE,
        // Work is saved also where it cannot be graded, and the next hook says so.
        (Err(_), Hook::Check) => ExitCode::SUCCESS,
        (Err(error), Hook::Grade) => {
            let _ = writeln!(io::stderr(), "What you pushed is saved, but not graded. The grader failed: {error:#}");
            ExitCode::from(2)
        }
        (Err(error), Hook::Test) => {
            let _ = writeln!(io::stderr(), "Nothing was tested. The grader failed: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn before() -> Result<bool> {
    // Whether or not the grader can work.
    if !receive::spares_the_notes(&receive::updates(io::stdin().lock()), &mut io::stderr()) {
        return Ok(false);
    }
    let grader = Grader::of_hook()?;
    let given = receive::options_of_hook();
    Ok(receive::check(&grader, &given, &mut *coloured(io::stderr(), !options::are_plain(&given))))
}

fn after(seed: u64) -> Result<()> {
    // An interrupt at the terminal, or its end, is meant for the push. The grading goes on, and its result is kept.
    let _ = rustix::process::setsid();
    end_on_signals()?;
    let grader = Grader::of_hook()?;
    let updates = receive::updates(io::stdin().lock());
    // They were found good before the push was taken in, unless the stages have changed since.
    let options = options::parse(&receive::options_of_hook(), grader.stages())
        .map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))?;
    receive::grade(&grader, &updates, &options, seed, &mut *coloured(io::stdout(), !options.plain))
}

fn dry_run(seed: u64) -> Result<()> {
    end_on_signals()?;
    let grader = Grader::of_hook()?;
    dry_run::run(&grader, &mut io::stdin().lock(), &mut io::stdout().lock(), seed, |plain| {
        coloured(io::stderr(), !plain)
    })
}

/// From now on a signal ends the grading, not this process: what runs is stopped, and the result says so.
fn end_on_signals() -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().spawn(move || signals.forever().for_each(|_| grading::interrupt()))?;
    Ok(())
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
