//! `stages check`.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use stages::stage::{catalog, lint};

use super::{exit_code, print};

/// Check the pages and transcripts of the stages, for authors of stages
///
/// Reads every folder, page and transcript, and prints what is wrong, with file and line: a section that a page lacks, a
/// line of a transcript that is not understood, an example that the transcript does not contain.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  all is in order\n  \
    1  something is wrong\n  \
    2  a folder cannot be read\n\n\
    Examples:\n  \
    stages check\n  \
    stages check --stages my-stages")]
pub(crate) struct Args {}

pub(crate) fn run(folder: Option<&Path>) -> Result<ExitCode> {
    let problems = match folder {
        Some(folder) => lint::folder(folder)?,
        None => lint::stages(&catalog::all(None)?),
    };
    if let Some(note) = folder.map(lint::not_checked).transpose()?.flatten() {
        print(&format!("{note}\n"))?;
    }
    if problems.is_empty() {
        print("All folders, pages and transcripts are in order.\n")?;
    }
    for problem in &problems {
        print(&format!("{problem}\n"))?;
    }
    Ok(exit_code(problems.is_empty()))
}
