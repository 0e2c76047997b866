//! `stages remote`: a grading remote for a repository that is there already.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use stages::{
    git::command as git,
    push::{remote::Remote, setup},
    sandbox::tier::Tier,
};

use super::{
    grade::SandboxArg,
    new::{sandbox, settings},
};

#[derive(Args)]
pub(crate) struct RemoteArgs {
    /// The repository that is to push there; without this, the one around the current folder
    #[arg(value_name = "DIR")]
    repository: Option<PathBuf>,
    /// Where the remote is, or is to be made; a URL of one on another machine is only connected to. Without this, the
    /// grading remote that the repository has, or a new one beside it, with `.git` after its name
    #[arg(long, value_name = "DIR|URL")]
    at: Option<String>,
    /// What the repository calls it; without this `origin`, or `stages` where there is another `origin`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Make the remote alone, for a repository on another machine
    #[arg(long, requires = "at", conflicts_with_all = ["repository", "name"])]
    bare: bool,
    /// The branch that opens stages; without this, the one that is checked out, or `main`, or what a remote that is
    /// there already has
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Grade in this sandbox; without this, in the best one that works here. `none` is kept where it was asked for
    #[arg(long, value_name = "TIER", value_enum)]
    sandbox: Option<SandboxArg>,
}

/// Makes or renews the remote, connects the repository with it, and gives what was done.
pub(crate) fn run(stages: Option<&Path>, args: &RemoteArgs) -> Result<String> {
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
            bail!("{at} is on another machine; call `stages remote --bare --at DIR` there");
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
        text += "There is no your_program.sh yet: the script that starts your server. Commit one.\n";
    }
    text += &format!("\n    git push {name} {branch}\n");
    Ok(text)
}
