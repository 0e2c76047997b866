//! `stages status`: where a learner stands.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use stages::push::status::Status;

#[derive(Args)]
pub(crate) struct StatusArgs {
    /// The repository, or its grading remote; without this, the repository around the current folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// The status, as text.
pub(crate) fn run(stages: Option<&Path>, args: &StatusArgs) -> Result<String> {
    let folder = args.folder.clone().map_or_else(std::env::current_dir, Ok)?;
    let status = Status::read(&folder, stages)?;
    match args.format {
        Format::Human => Ok(status.human(&TimeZone::system())),
        Format::Json => status.json(),
    }
}
