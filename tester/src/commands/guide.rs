//! `stages` alone: the first steps.

use std::process::ExitCode;

use anyhow::Result;

use super::print;

const GUIDE: &str = "\
Build your own HTTP server, stage by stage, in any language.

First steps:
  stages new my-server --language rust   Create a repository with a starter
  cd my-server
  stages show 1                          Read what stage 1 asks for
  stages test 1                          Test your server
  git commit -am 'Bind to a port'
  git push origin main                   Have it graded; a pass opens the next stage

With a repository of your own:
  stages test 1                          Needs only your_program.sh, a script that starts your server
  stages remote                          Add a grading remote

At any time:
  stages list                            List all stages
  stages status                          Show your progress
  stages doctor                          Find out what is missing on this machine
  stages --help                          List all commands
";

pub(crate) fn run() -> Result<ExitCode> {
    print(GUIDE)?;
    Ok(ExitCode::SUCCESS)
}
