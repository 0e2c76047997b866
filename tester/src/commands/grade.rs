//! `stages grade`: a commit, graded once.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use stages::{
    grading::{self, Order},
    sandbox::{limits::Limits, tier::Tier, toolchain::Toolchain},
    stage::catalog,
};

#[derive(Args)]
pub(crate) struct GradeArgs {
    /// The repository: bare, or with a `.git`
    repository: PathBuf,
    /// The commit: its id, a branch, `HEAD`
    commit: String,
    /// Stages to run: number, range (3..7), id, slug, track or `all`; without any, those of the public challenge
    #[arg(long = "stage", value_name = "STAGE")]
    selectors: Vec<String>,
    /// Run all stages, also after one that failed
    #[arg(long)]
    keep_going: bool,
    /// Repeat the random values of a run
    #[arg(long)]
    seed: Option<u64>,
    /// Grade in this sandbox, or not at all; without this, in the best one that works here, never in `none`
    #[arg(long, value_name = "TIER", value_enum)]
    sandbox: Option<SandboxArg>,
    /// A folder that the build may read, at the same place, such as a cache of dependencies
    #[arg(long = "share", value_name = "DIR")]
    shared: Vec<PathBuf>,
    /// MiB of memory that all processes of the commit may hold together
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().memory >> 20)]
    memory: u64,
    /// MiB that all its files may take, the tree and what is built included (in a sandbox)
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().disk >> 20, value_parser = clap::value_parser!(u64).range(1..))]
    disk: u64,
    /// Processes and threads that it may have at once (in a sandbox)
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().processes)]
    processes: u64,
    /// Seconds that building may take
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().compile_seconds)]
    compile_timeout: u64,
    /// Seconds that the whole grading may take
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().total_seconds)]
    total_timeout: u64,
    /// Form of the report; with `json` the report for people goes to standard error
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Show every byte that is sent and received
    #[arg(long)]
    debug: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxArg {
    /// Namespaces, and bubblewrap around the program
    Bubblewrap,
    /// Namespaces alone
    Unshare,
    /// Nothing but limits: the program runs with your rights
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

/// Grades, reports, and gives the exit code: 0 passed, 1 the commit's fault, 2 the grader's.
pub(crate) fn run(folder: Option<PathBuf>, args: GradeArgs, random_seed: u64) -> Result<ExitCode> {
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
        stages: catalog::select(&catalog::all(folder.as_deref())?, &args.selectors)?,
        keep_going: args.keep_going,
        seed: args.seed.unwrap_or(random_seed),
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
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().spawn(move || signals.forever().for_each(|_| grading::interrupt()))?;
    let grade = match args.format {
        Format::Human => grading::grade(&order, &mut anstream::stdout()),
        Format::Json => {
            let grade = grading::grade(&order, &mut anstream::stderr());
            let mut out = io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &grade)?;
            writeln!(out).context("the grade could not be written")?;
            grade
        }
    };
    Ok(ExitCode::from(grade.exit_code()))
}
