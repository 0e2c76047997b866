//! `stages new`: a repository to begin with, and its grading remote.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use stages::{
    grading,
    push::{config::Config, remote::Settings, setup, words},
    sandbox::{tier::Tier, toolchain::Toolchain},
    stage::{catalog, starters},
    text,
};

use super::grade::SandboxArg;

#[derive(Args)]
pub(crate) struct NewArgs {
    /// The folder of the new repository
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The language of its starter: rust, python, javascript, go, c or java
    #[arg(long, short, value_name = "LANGUAGE")]
    language: String,
    /// Make the grading remote in DIR; without this, beside the repository, with `.git` after its name
    #[arg(long, value_name = "DIR")]
    remote: Option<PathBuf>,
    /// Grade in this sandbox; without this, in the best one that works here, never in `none`
    #[arg(long, value_name = "TIER", value_enum)]
    sandbox: Option<SandboxArg>,
}

/// Makes both, and gives what to do next.
pub(crate) fn run(stages: Option<&Path>, args: &NewArgs) -> Result<String> {
    let language = starters::find(&args.language)?;
    let folder = std::path::absolute(&args.folder)?;
    let remote = match &args.remote {
        Some(remote) => std::path::absolute(remote)?,
        None => setup::beside(&folder)?,
    };
    setup::check(&folder, &remote)?;
    let settings = settings(stages, ("main".to_owned(), "sha1".to_owned()), args.sandbox.map(Tier::from))?;
    let known = setup::create(&folder, &remote, &settings, |new| starters::write(language.name, new))?;
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
            "\n{} needs what is not on the PATH here: `{}`. Install it, then call `stages remote` in the repository, so \
             that pushes have it as well.\n",
            language.title,
            missing.join("` and `")
        );
    }
    if !known {
        text += "\nGit does not know your name yet: the two lines with `git config` tell it, once and for all.\n";
    }
    Ok(text)
}

/// A line that says what pushes are graded in.
pub(super) fn sandbox(tier: Option<Tier>) -> String {
    match tier {
        Some(Tier::None) => "Pushes are graded without a sandbox: pushed programs run with your rights.\n".to_owned(),
        Some(tier) => format!("Pushes are graded in the sandbox {tier}.\n"),
        None => String::new(),
    }
}

/// What a grading remote made here is to know; of the repository, its branch and how it names its objects. Finds the
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
        command: std::env::current_exe().context("the path of this command cannot be found out")?,
        branch,
        objects,
        config: Config { sandbox: Some(sandbox), toolchain, stages, ..Config::default() },
    })
}
