//! `stages status`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use jiff::tz::TimeZone;
use stages::push::status::Status;

use super::{Format, print};

/// Show which stages are done, which is current, when, and after how many attempts
///
/// The results are read from the grading remote if it is on this machine, else from the notes that `git fetch` brings.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  the status is shown\n  \
    2  there are no results, or they cannot be read\n\n\
    Examples:\n  \
    stages status                    Of the repository that you are in\n  \
    stages status /srv/ada.git       How far Ada has got, from her grading remote\n  \
    stages status --format json      For a program")]
pub(crate) struct Args {
    /// Repository, or its grading remote [default: the repository that you are in]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(stages: Option<&Path>, args: &Args) -> Result<ExitCode> {
    let folder = args.folder.clone().map_or_else(std::env::current_dir, Ok)?;
    let status = Status::read(&folder, stages)?;
    print(&match args.format {
        Format::Human => status.human(&TimeZone::system()),
        Format::Json => status.json()?,
    })?;
    Ok(ExitCode::SUCCESS)
}
