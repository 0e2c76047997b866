//! `stages grade`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use stages::{
    grading::{self, Order},
    sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain},
    stage::catalog,
};

use super::{Format, on_signals, print, seed};

/// Grade one commit: check it out, build it and test it, in a sandbox
///
/// This is what a push to a grading remote does, without the push: nothing is recorded. The program's scripts run in the
/// sandbox, without network, and within the limits below.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  the commit passed\n  \
    1  the commit failed\n  \
    2  the grader failed, has no sandbox, or its arguments are not valid\n\n\
    Examples:\n  \
    stages grade ~/my-server HEAD                         The stages of the public challenge\n  \
    stages grade /srv/ada.git main --stage 1..7           Seven stages\n  \
    stages grade . HEAD --format json                     For a script that grades")]
pub(crate) struct Args {
    /// Repository that holds the commit, bare or not
    repository: PathBuf,
    /// Commit: an id, a branch, a tag, or HEAD
    commit: String,

    /// Stages to test: a number, range, id, slug, track or `all`; may be repeated
    ///
    /// Without any, those of the public challenge.
    #[arg(long = "stage", value_name = "STAGE", help_heading = "What is tested")]
    selectors: Vec<String>,
    /// Continue after a failure
    #[arg(long, help_heading = "What is tested")]
    keep_going: bool,
    /// Repeat the random values of the run with this seed [default: a new seed]
    #[arg(long, help_heading = "What is tested")]
    seed: Option<u64>,

    /// Grade in this sandbox or not at all [default: the best that works, never `none`]
    #[arg(long, value_name = "TIER", value_enum, help_heading = "Sandbox")]
    sandbox: Option<SandboxArg>,
    /// Let the build read this folder, such as a cache of dependencies; may be repeated
    ///
    /// It appears at the same path, read-only.
    #[arg(long = "share", value_name = "DIR", help_heading = "Sandbox")]
    shared: Vec<PathBuf>,

    /// Memory of all processes together, in MiB
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().memory >> 20, help_heading = "Limits")]
    memory: u64,
    /// Size of all files, in MiB: the checkout and what is built; needs a sandbox
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().disk >> 20, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Limits")]
    disk: u64,
    /// Processes and threads at once; needs a sandbox
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().processes, help_heading = "Limits")]
    processes: u64,
    /// Time for building, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().compile_seconds, help_heading = "Limits")]
    compile_timeout: u64,
    /// Time for the whole grading, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().total_seconds, help_heading = "Limits")]
    total_timeout: u64,

    /// Form of the report
    ///
    /// With `json` the report for people goes to standard error.
    #[arg(long, value_enum, default_value_t = Format::Human, help_heading = "Report")]
    format: Format,
    /// Show every byte that is sent and received
    #[arg(long, help_heading = "Report")]
    debug: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxArg {
    /// Namespaces, and bubblewrap around the program
    Bubblewrap,
    /// Namespaces alone
    Unshare,
    /// No sandbox, only limits: the program runs with your rights
    None,
}

impl From<SandboxArg> for Tier {
    fn from(arg: SandboxArg) -> Tier {
        match arg {
            SandboxArg::Bubblewrap => Tier::Bubblewrap,
            SandboxArg::Unshare => Tier::Unshare,
            SandboxArg::None => Tier::None,
        }
    }
}

pub(crate) fn run(folder: Option<&Path>, args: Args) -> Result<ExitCode> {
    let mut toolchain = Toolchain::detect();
    for folder in args.shared {
        let folder = std::path::absolute(&folder).with_context(|| format!("--share {}", folder.display()))?;
        anyhow::ensure!(folder.is_dir(), "--share: there is no folder {}", folder.display());
        toolchain.folders.push(folder);
    }
    let git_dir = std::path::absolute(&args.repository)?;
    let commit = grading::checkout::resolve(&git_dir, &args.commit)?;
    let order = Order {
        git_dir,
        commit,
        stages: catalog::select(&catalog::all(folder)?, &args.selectors)?,
        keep_going: args.keep_going,
        seed: seed(args.seed),
        debug: args.debug,
        tier: args.sandbox.map_or_else(|| grading::choose(&toolchain), |tier| Ok(tier.into()))?,
        limits: Limits {
            memory: args.memory.saturating_mul(1 << 20),
            disk: args.disk.saturating_mul(1 << 20),
            processes: args.processes,
            compile_seconds: args.compile_timeout,
            total_seconds: args.total_timeout,
            ..Limits::default()
        },
        toolchain,
    };
    // So that nothing is left of it, not even an empty folder.
    on_signals(|_| grading::interrupt())?;
    let grade = match args.format {
        Format::Human => grading::grade(&order, &mut anstream::stdout()),
        Format::Json => {
            let grade = grading::grade(&order, &mut anstream::stderr());
            print(&format!("{}\n", serde_json::to_string_pretty(&grade)?)).context("the grade could not be written")?;
            grade
        }
    };
    Ok(ExitCode::from(grade.exit_code()))
}
