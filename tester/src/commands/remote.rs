//! `stages remote`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};
use stages::{
    git::command as git,
    push::{remote::Remote, setup},
    sandbox::tier::Tier,
};

use super::{
    grade::SandboxArg,
    new::{sandbox, settings},
    print,
};

/// Add a grading remote to an existing repository, or refresh its hooks
///
/// The grading remote is a bare repository whose hooks are this command: each push is saved, built, tested and recorded.
/// Where the repository has one already, its hooks, its sandbox and its list of toolchains are brought up to date with this
/// command and this machine.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  the remote is ready\n  \
    2  it could not be created\n\n\
    Examples:\n  \
    stages remote                                   Next to the repository that you are in\n  \
    stages remote --at /srv/ada.git                 In a folder of your choice\n  \
    stages remote --bare --at /srv/ada.git          On the machine that is to grade, then\n  \
    stages remote --at ssh://host/srv/ada.git       on the learner's machine")]
pub(crate) struct Args {
    /// Repository that is to push there [default: the one that you are in]
    #[arg(value_name = "DIR")]
    repository: Option<PathBuf>,
    /// Folder or URL of the remote [default: DIR.git, next to the repository]
    ///
    /// The remote at a URL is on another machine; the repository is only connected to it. Without this option the grading
    /// remote that the repository has already is refreshed, or a new one is made next to the repository.
    #[arg(long, value_name = "DIR|URL")]
    at: Option<String>,
    /// Name of the remote [default: `origin`, or `stages` if there is another `origin`]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Make only the remote, for a repository on another machine
    #[arg(long, requires = "at", conflicts_with_all = ["repository", "name"])]
    bare: bool,
    /// Branch that opens stages [default: the one that an existing remote has, the one checked out, or `main`]
    ///
    /// Pushes to other branches are graded, too, but open no stage.
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Sandbox for gradings [default: the best that works here]
    ///
    /// A remote that was made with `none` keeps it until another is named.
    #[arg(long, value_name = "TIER", value_enum)]
    sandbox: Option<SandboxArg>,
}

pub(crate) fn run(stages: Option<&Path>, args: &Args) -> Result<ExitCode> {
    print(&prepare(stages, args)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes or refreshes the remote, connects the repository with it, and says what was done.
fn prepare(stages: Option<&Path>, args: &Args) -> Result<String> {
    git::check_version()?;
    let make = |folder: &Path, like: (String, String)| -> Result<Remote> {
        let known = Remote::open(folder).and_then(|remote| remote.config().ok()?.sandbox);
        let sandbox = args.sandbox.map(Tier::from).or(known.filter(|tier| *tier == Tier::None));
        let remote = Remote::create(folder, &settings(stages, like, sandbox)?)?;
        // One that was there keeps its own, unless it is to have another.
        if let Some(branch) = &args.branch {
            remote.set_default_branch(branch)?;
        }
        Ok(remote)
    };
    if let (true, Some(at)) = (args.bare, &args.at) {
        if setup::is_elsewhere(at) {
            bail!("{at} is on another machine; run `stages remote --bare --at DIR` there");
        }
        let branch = args.branch.clone().unwrap_or_else(|| "main".to_owned());
        let remote = make(&std::path::absolute(at)?, (branch, "sha1".to_owned()))?;
        return Ok(format!(
            "{} is a grading remote; pushes to {} open stages.\n{}In the repository that is to push there: stages remote --at URL\n",
            remote.folder().display(),
            remote.default_branch()?,
            sandbox(remote.config()?.sandbox)
        ));
    }
    let folder = args.repository.clone().map_or_else(std::env::current_dir, Ok)?;
    let top = setup::top(&folder)?;
    let branch = args.branch.clone().unwrap_or_else(|| setup::branch(&top));
    if let (None, None, Some((name, remote))) = (&args.at, &args.name, setup::named_remote_of(&top)) {
        let remote = make(remote.folder(), (branch, setup::objects(&top)?))?;
        // A clone does not have them yet.
        setup::fetch_notes(&top, &name)?;
        let default = remote.default_branch()?;
        return Ok(format!(
            "{} is up to date with this command and this machine; pushes to {default} open stages.\n{}",
            remote.folder().display(),
            sandbox(remote.config()?.sandbox)
        ));
    }
    let place = match &args.at {
        Some(at) if setup::is_elsewhere(at) => None,
        Some(at) => Some(std::path::absolute(at)?),
        None => Some(setup::beside(&top)?),
    };
    let url = place.as_ref().map_or_else(|| args.at.clone().unwrap_or_default(), |place| place.display().to_string());
    let name = args.name.clone().unwrap_or_else(|| setup::name_for(&top, &url));
    // Before anything is made.
    setup::check_name(&top, &name, &url)?;
    let (mut what, mut graded) = (String::new(), String::new());
    if let Some(place) = place {
        let remote = make(&place, (branch.clone(), setup::objects(&top)?))?;
        what = format!("; pushes to {} open stages", remote.default_branch()?);
        graded = sandbox(remote.config()?.sandbox);
    }
    setup::connect(&top, &name, &url)?;
    let mut text = format!("{url} is the grading remote `{name}` of {}{what}.\n{graded}", top.display());
    if !top.join("your_program.sh").is_file() {
        text += "There is no your_program.sh yet, the script that starts your server. Commit one.\n";
    }
    text += &format!("\n    git push {name} {branch}\n");
    Ok(text)
}
