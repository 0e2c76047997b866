//! `stages show`.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use stages::stage::catalog;

use super::print;

/// Show the page of a stage
///
/// The page says what to build, shows an exchange, and gives hints. It is Markdown, as it is in the stage's folder.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  the page is shown\n  \
    2  there is no such stage\n\n\
    Examples:\n  \
    stages show 7\n  \
    stages show ap6\n  \
    stages show base | less")]
pub(crate) struct Args {
    /// Number, id, slug, range or track
    #[arg(value_name = "STAGE")]
    stage: String,
}

pub(crate) fn run(folder: Option<&Path>, args: &Args) -> Result<ExitCode> {
    for stage in catalog::select(&catalog::all(folder)?, std::slice::from_ref(&args.stage))? {
        print(&stage.page.text)?;
    }
    Ok(ExitCode::SUCCESS)
}
