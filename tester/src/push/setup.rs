//! Sets up a learner's repository and its grading remote.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{
    notes,
    remote::{Remote, Settings, check_free, whole},
};
use crate::git::command as git;

/// Author of the first commit if git does not know the learner.
const NOBODY: [&str; 4] = ["-c", "user.name=stages", "-c", "user.email=stages@localhost"];

/// The folder for a grading remote beside the repository `folder`: its name with `.git`.
///
/// # Errors
/// The folder has no name, as `/` has none.
pub fn beside(folder: &Path) -> Result<PathBuf> {
    let mut name: OsString = folder
        .file_name()
        .with_context(|| {
            format!(
                "{} has no name that its remote could be named after; choose a folder for the remote",
                folder.display()
            )
        })?
        .to_owned();
    name.push(".git");
    Ok(folder.with_file_name(name))
}

/// Makes sure that both folders of [`create`] are free, and that there is a git that can make repositories in them.
///
/// # Errors
/// One of them is taken, or git is missing or too old.
pub fn check(folder: &Path, remote: &Path) -> Result<()> {
    git::check_version()?;
    check_free(folder)?;
    check_free(remote)
}

/// Makes a repository in `folder` that `fill` has filled and that has one commit, and its grading remote in `remote`,
/// called `origin`. `false`: git does not know who the learner is, so the commit is by nobody.
///
/// # Errors
/// A folder that is not free, or what git or the system says. Then nothing is left of it.
pub fn create(
    folder: &Path,
    remote: &Path,
    settings: &Settings,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<bool> {
    check(folder, remote)?;
    let mut known = true;
    whole(folder, |new| {
        let names = ["--object-format", &settings.objects, "--initial-branch", &settings.branch];
        git::run(new, &[&["init", "--quiet", "--template="][..], &names].concat())?;
        fill(new)?;
        git::run(new, &["add", "--all"])?;
        known = git::run(new, &["var", "GIT_COMMITTER_IDENT"]).is_ok() && has_identity(new);
        let mut commit: Vec<&str> = if known { Vec::new() } else { NOBODY.to_vec() };
        // Signing may ask for a password, and hooks of the learner's know nothing of this repository.
        commit.extend(["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null"]);
        commit.extend(["commit", "--quiet", "-m", "Begin with the starter"]);
        git::run(new, &commit)?;
        let made = Remote::create(remote, settings)?;
        connect(new, "origin", &made.folder().display().to_string())?;
        Ok(())
    })
    .inspect_err(|_| {
        // It was free before, so all that is in it is ours.
        if Remote::open(remote).is_some() {
            let _ = fs::remove_dir_all(remote);
        }
    })?;
    Ok(known)
}

fn has_identity(folder: &Path) -> bool {
    let from_environment = std::env::var_os("GIT_COMMITTER_EMAIL").is_some();
    from_environment || git::run(folder, &["config", "user.email"]).is_ok()
}

/// Gives the repository `folder` the remote `name` at `url`, of which it also fetches the notes on grading.
///
/// # Errors
/// It has another remote of this name, or what git says.
pub fn connect(folder: &Path, name: &str, url: &str) -> Result<()> {
    if check_name(folder, name, url)? {
        git::run(folder, &["remote", "add", name, url])?;
    }
    fetch_notes(folder, name)
}

/// Lets the repository `folder` fetch the notes on grading of its remote `name`, and show them.
pub fn fetch_notes(folder: &Path, name: &str) -> Result<()> {
    // Patterns, since git complains of a plain name as long as there are no notes.
    let pattern = format!("{}*", notes::REFERENCE);
    add(folder, &format!("remote.{name}.fetch"), &format!("+{pattern}:{pattern}"))?;
    add(folder, "notes.displayRef", &pattern)?;
    if git::run(folder, &["config", "push.autoSetupRemote"]).is_err() {
        git::run(folder, &["config", "push.autoSetupRemote", "true"])?;
    }
    Ok(())
}

/// Checks whether the remote `name` is still to be added to the repository `folder`; `false` if it is `url` already.
///
/// # Errors
/// It is another.
pub fn check_name(folder: &Path, name: &str, url: &str) -> Result<bool> {
    match git::run(folder, &["remote", "get-url", name]) {
        Err(_) => Ok(true),
        Ok(known) if known == url => Ok(false),
        Ok(known) => bail!("this repository already has a remote `{name}`, {known}; choose another name with --name"),
    }
}

/// Chooses the name by which the repository `folder` calls its grading remote at `url`: `origin`, unless another remote
/// has that name.
pub fn name_for(folder: &Path, url: &str) -> String {
    match git::run(folder, &["remote", "get-url", "origin"]) {
        Ok(known) if known != url => "stages".to_owned(),
        _ => "origin".to_owned(),
    }
}

/// Adds a value to a key of the repository's configuration, unless it has it.
fn add(folder: &Path, key: &str, value: &str) -> Result<()> {
    let known = git::run(folder, &["config", "--local", "--get-all", key]).unwrap_or_default();
    if !known.lines().any(|line| line == value) {
        git::run(folder, &["config", "--local", "--add", key, value])?;
    }
    Ok(())
}

/// Checks whether `text` names a repository on another machine, as git reads it: a URL, or `host:path`.
pub fn is_elsewhere(text: &str) -> bool {
    if let Some((scheme, _)) = text.split_once("://") {
        return scheme != "file";
    }
    // A colon behind a slash belongs to a path.
    text.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'))
}

/// The repository that `folder` is in: the top of its files.
///
/// # Errors
/// It is in none.
pub fn top(folder: &Path) -> Result<PathBuf> {
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    let top = git::run(folder, &["rev-parse", "--show-toplevel"]).with_context(|| {
        format!("{} is not in a git repository; go to yours, name it, or make one with `git init`", folder.display())
    })?;
    Ok(PathBuf::from(top))
}

/// The branch that is checked out in `folder`; without one, `main`.
pub fn branch(folder: &Path) -> String {
    git::run(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]).unwrap_or_else(|_| "main".to_owned())
}

/// Format in which the repository `folder` names its objects, `sha1` or `sha256`.
pub fn objects(folder: &Path) -> Result<String> {
    git::run(folder, &["rev-parse", "--show-object-format"])
}

/// The grading remote of the repository `folder` on this machine, if it has one: of its remotes, `origin` first.
pub fn remote_of(folder: &Path) -> Option<Remote> {
    Remote::open(folder).or_else(|| named_remote_of(folder).map(|(_, remote)| remote))
}

/// The grading remote on this machine that the repository `folder` pushes to, with its name there: `origin` first.
pub fn named_remote_of(folder: &Path) -> Option<(String, Remote)> {
    let text = git::run(folder, &["config", "--get-regexp", r"^remote\..*\.url$"]).ok()?;
    let mut urls: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    urls.sort_by_key(|(key, _)| *key != "remote.origin.url");
    urls.into_iter().filter(|(_, url)| !is_elsewhere(url)).find_map(|(key, url)| {
        let name = key.strip_prefix("remote.")?.strip_suffix(".url")?;
        let path = url.strip_prefix("file://").unwrap_or(url);
        Some((name.to_owned(), Remote::open(&folder.join(path))?))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::config::Config, *};

    fn settings() -> Settings {
        Settings {
            command: "/bin/true".into(),
            branch: "main".to_owned(),
            objects: "sha1".to_owned(),
            config: Config::default(),
        }
    }

    #[test]
    fn what_is_elsewhere_is_told_from_a_path() {
        for there in ["ssh://host/x.git", "https://host/x.git", "host:x.git", "git@host:a/b.git"] {
            assert!(is_elsewhere(there), "{there}");
        }
        for here in ["/x.git", "../x.git", "x", "./a:b", "file:///x.git", ":x", "/a:b"] {
            assert!(!is_elsewhere(here), "{here}");
        }
    }

    #[test]
    fn a_repository_is_made_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (work, remote) = (folder.path().join("work"), folder.path().join("work.git"));
        assert_eq!(beside(&work).unwrap(), remote);
        assert!(beside(Path::new("/")).is_err());
        let error = create(&work, &remote, &settings(), |_| bail!("no ink")).unwrap_err();
        assert_eq!(error.to_string(), "no ink");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::create_dir(&work).unwrap();
        create(&work, &remote, &settings(), |new| Ok(fs::write(new.join("file"), "text")?)).unwrap();
        assert_eq!(git::run(&work, &["log", "--format=%s"]).unwrap(), "Begin with the starter");
        assert_eq!(remote_of(&work).unwrap().folder(), fs::canonicalize(&remote).unwrap());
        assert_eq!(git::run(&work, &["status", "--porcelain"]).unwrap(), "");
        // A remote without notes can be fetched from, and the log does not complain.
        git::run(&work, &["fetch", "--quiet"]).unwrap();
        let output = git::command(&work).unwrap().arg("log").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        for taken in [&work, &remote] {
            let other = folder.path().join("other");
            let (work, remote) = if taken == &work { (&work, &other) } else { (&other, &remote) };
            let error = create(work, remote, &settings(), |_| Ok(()));
            assert!(error.unwrap_err().to_string().contains("is not empty"));
        }
    }

    #[test]
    fn connecting_twice_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path();
        git::run(work, &["init", "--quiet", "--initial-branch", "trunk"]).unwrap();
        assert_eq!((branch(work), top(work).unwrap()), ("trunk".to_owned(), fs::canonicalize(work).unwrap()));
        for _ in 0..2 {
            connect(work, "origin", "../x.git").unwrap();
        }
        let fetch = git::run(work, &["config", "--get-all", "remote.origin.fetch"]).unwrap();
        assert_eq!(fetch.lines().count(), 2);
        let error = connect(work, "origin", "../y.git").unwrap_err().to_string();
        assert!(error.contains("already has a remote `origin`, ../x.git"), "{error}");
        assert!(remote_of(work).is_none());
    }
}
