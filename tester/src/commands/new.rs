//! `stages new`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use stages::{
    grading,
    push::{config::Config, remote::Settings, setup, words},
    sandbox::{tier::Tier, toolchain::Toolchain},
    stage::{
        catalog,
        starters::{self, Language},
    },
    text,
};

use super::{grade::SandboxArg, print};

/// Create a repository with a starter and a grading remote
///
/// The starter has a program that does almost nothing yet, and the script your_program.sh that starts it. The grading
/// remote is a bare repository whose hooks are this command: each push is saved, built, tested and recorded.
///
/// For a language without a starter, make a repository with a your_program.sh yourself, and run `stages remote` in it.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  both were created\n  \
    2  nothing was created: DIR is not empty, there is no such language, no sandbox works, or git failed\n\n\
    Examples:\n  \
    stages new my-server --language rust\n  \
    stages new my-server -l go --remote /srv/ada.git")]
pub(crate) struct Args {
    /// Folder of the new repository; it must be empty, or not exist yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[arg(
        long, short, value_name = "LANGUAGE", value_parser = starters::find,
        help = format!("Language of the starter: {}", starters::names())
    )]
    language: &'static Language,
    /// Folder of the grading remote [default: DIR.git, next to the repository]
    #[arg(long, value_name = "DIR")]
    remote: Option<PathBuf>,
    /// Sandbox for gradings [default: the best that works here, never `none`]
    #[arg(long, value_name = "TIER", value_enum)]
    sandbox: Option<SandboxArg>,
}

pub(crate) fn run(stages: Option<&Path>, args: &Args) -> Result<ExitCode> {
    let language = args.language;
    let folder = std::path::absolute(&args.folder)?;
    let remote = match &args.remote {
        Some(remote) => std::path::absolute(remote)?,
        None => setup::beside(&folder)?,
    };
    setup::check(&folder, &remote)?;
    let settings = settings(stages, ("main".to_owned(), "sha1".to_owned()), args.sandbox.map(Tier::from))?;
    let known = setup::create(&folder, &remote, &settings, |new| language.write(new))?;
    let first = catalog::all(stages)?.into_iter().next().context("there are no stages")?;
    let mut text = format!(
        "{} is a repository with the {} starter, and {} is its grading remote, `origin`.\n",
        folder.display(),
        language.title,
        remote.display()
    );
    text += &sandbox(settings.config.sandbox);
    text += &format!("The first stage is open: {}.\n\n", words::whole(&first));
    text += &format!("    cd {}\n", text::quote(&args.folder.display().to_string()));
    text += &format!("    $EDITOR {}\n", language.source);
    if !known {
        text += "    git config --global user.name 'Your Name'\n    git config --global user.email you@example.org\n";
    }
    text += &format!("    git commit -am {}\n    git push origin main\n", text::quote(&first.page.title));
    let missing: Vec<&str> = (language.programs.iter().copied())
        .filter(|program| !settings.config.toolchain.path.iter().any(|folder| folder.join(program).is_file()))
        .collect();
    if !missing.is_empty() {
        text += &format!(
            "\n{} needs programs that are not on your PATH: `{}`. Install them, then run `stages remote` in the repository, so \
             that gradings find them, too.\n",
            language.title,
            missing.join("` and `")
        );
    }
    if !known {
        text += "\nGit does not know your name yet: the two lines with `git config` set it, once and for all.\n";
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// A line that says what pushes are graded in.
pub(super) fn sandbox(tier: Option<Tier>) -> String {
    match tier {
        Some(Tier::None) => "Pushes are graded without a sandbox: pushed programs run with your rights.\n".to_owned(),
        Some(tier) => format!("Pushes are graded in the sandbox {tier}.\n"),
        None => String::new(),
    }
}

/// The settings of a grading remote made on this machine, for a repository with this branch and object format. Finds the
/// best sandbox that works, unless one is named.
pub(super) fn settings(
    stages: Option<&Path>,
    (branch, objects): (String, String),
    sandbox: Option<Tier>,
) -> Result<Settings> {
    let stages = stages.map(std::path::absolute).transpose()?;
    catalog::all(stages.as_deref())?;
    let toolchain = Toolchain::detect();
    let sandbox = match sandbox {
        Some(tier) => grading::check(tier, &toolchain).map(|()| tier),
        None => grading::choose(&toolchain),
    }?;
    Ok(Settings {
        command: std::env::current_exe().context("the path of this command is unknown")?,
        branch,
        objects,
        config: Config { sandbox: Some(sandbox), toolchain, stages, ..Config::default() },
    })
}
