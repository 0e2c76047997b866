//! `stages list`.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use anyhow::Result;
use stages::stage::catalog;

use super::print;

/// List the stages
///
/// Prints number, id, title and level of each stage, below the name of its track. The tracks `base`, `compression` and
/// `persistence` make up the public challenge; the others can be done after it, in any order.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  the stages are listed\n  \
    2  they cannot be read\n\n\
    Examples:\n  \
    stages list\n  \
    stages list | grep hard")]
pub(crate) struct Args {}

pub(crate) fn run(folder: Option<&Path>) -> Result<ExitCode> {
    let mut text = String::new();
    let mut track = String::new();
    for stage in catalog::all(folder)? {
        if stage.page.track != track {
            track.clone_from(&stage.page.track);
            let _ = writeln!(text, "{track}");
        }
        let (page, number) = (&stage.page, stage.number);
        let _ = writeln!(text, "{number:>4}  {}  {:<36} {}", page.id, page.title, page.level);
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
