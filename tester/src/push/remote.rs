//! A grading remote: a bare repository, its configuration, and its hooks.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};

use super::{config::Config, record::Record};
use crate::{git::command as git, text};

/// The hooks that are this command.
pub const HOOKS: [&str; 3] = ["pre-receive", "proc-receive", "post-receive"];
/// The folder in the bare repository that is the grader's.
const FOLDER: &str = "grading";
/// Most that one push may bring, in git's notation. A program's source is far below it.
const LARGEST_PUSH: &str = "64m";

/// The configuration of git in every remote.
const FIXED: [(&str, &str); 8] = [
    // Relative to the bare repository, which may then be moved.
    ("core.hooksPath", "grading/hooks"),
    ("receive.advertisePushOptions", "true"),
    ("receive.fsckObjects", "true"),
    ("receive.procReceiveRefs", "refs/for"),
    // Graded commits stay, also those that a forced push has replaced.
    ("core.logAllRefUpdates", "always"),
    ("gc.reflogExpire", "never"),
    ("gc.reflogExpireUnreachable", "never"),
    ("receive.denyNonFastForwards", "false"),
];

/// References that git itself keeps everybody from writing to, also while this command is missing. Everybody may fetch the
/// notes on grading. `pre-receive` says what else is refused.
const HIDDEN: [&str; 4] = ["refs/notes", "refs/replace", "refs/heads/refs", "refs/tags/refs"];

/// Configuration that whoever runs the grader may change afterwards.
const DEFAULTS: [(&str, &str); 2] = [("receive.denyDeletes", "true"), ("receive.maxInputSize", LARGEST_PUSH)];

/// A grading remote.
#[derive(Clone, Debug)]
pub struct Remote {
    folder: PathBuf,
}

/// The settings that a remote is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This command.
    pub command: PathBuf,
    /// The default branch: only pushes to it advance the learner.
    pub branch: String,
    /// Format of its objects' names, `sha1` or `sha256`: as in the repository that is to push there.
    pub objects: String,
    /// Its configuration.
    pub config: Config,
}

impl Remote {
    /// The grading remote in this folder, if it is one.
    pub fn open(folder: &Path) -> Option<Remote> {
        let folder = fs::canonicalize(folder).ok()?;
        folder.join(FOLDER).join("hooks").is_dir().then_some(Remote { folder })
    }

    /// Makes a grading remote where there is nothing yet, or an empty folder; or makes a bare repository one. On a
    /// grading remote it renews the hooks and the environment, and keeps everything else.
    ///
    /// # Errors
    /// There is something else already, or git or the system does not let us.
    pub fn create(folder: &Path, settings: &Settings) -> Result<Remote> {
        if git::is_bare(folder) {
            configure(folder, settings)?;
        } else {
            check_free(folder)?;
            whole(folder, |folder| {
                let names = ["--object-format", &settings.objects, "--initial-branch", &settings.branch];
                git::run(folder, &[&["init", "--quiet", "--bare", "--template="][..], &names].concat())?;
                configure(folder, settings)
            })?;
        }
        Remote::open(folder).with_context(|| format!("{} could not be made a grading remote", folder.display()))
    }

    /// The bare repository.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its record.
    pub fn record(&self) -> Record {
        Record::new(self.folder.join(FOLDER).join("record.jsonl"))
    }

    /// Its default branch, without `refs/heads/`.
    pub fn default_branch(&self) -> Result<String> {
        // Not with --short: once there is a tag of the same name, that says `heads/main`.
        let name = git::run(&self.folder, &["symbolic-ref", "HEAD"])?;
        Ok(name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned())
    }

    /// Makes another branch the default branch; it need not be there yet.
    ///
    /// # Errors
    /// It cannot be the name of a branch.
    pub fn set_default_branch(&self, branch: &str) -> Result<()> {
        git::run(&self.folder, &["check-ref-format", "--branch", branch])
            .map_err(|_| anyhow!("`{}` cannot be the name of a branch", text::visible(branch.as_bytes())))?;
        git::run(&self.folder, &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]).map(drop)
    }

    /// Its configuration.
    ///
    /// # Errors
    /// Its `config.json` is wrong.
    pub fn config(&self) -> Result<Config> {
        Config::read(&self.folder.join(FOLDER).join("config.json"))
    }
}

/// Makes sure that there is nothing in the way.
///
/// # Errors
/// There is something at `folder` already.
pub fn check_free(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => {
                bail!("{} already exists and is not empty; name another folder, or move it away", folder.display())
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            bail!("{} already exists and is not a folder; name another, or move it away", folder.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", folder.display())),
    }
}

/// Makes a folder whole or not at all: `make` fills one beside it, which then takes its place.
pub(super) fn whole(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let cannot = || format!("{} cannot be created", folder.display());
    fs::create_dir_all(parent).with_context(cannot)?;
    let new = tempfile::Builder::new().prefix(".stages-").tempdir_in(parent).with_context(cannot)?;
    // A folder for temporary files is closed to others; this one is to be as open as any that is made with mkdir.
    let inner = new.path().join("new");
    fs::create_dir(&inner).with_context(cannot)?;
    make(&inner)?;
    fs::rename(&inner, folder).with_context(cannot)
}

fn configure(folder: &Path, settings: &Settings) -> Result<()> {
    let set = |key: &str, value: &str| git::run(folder, &["config", "--replace-all", key, value]).map(drop);
    for (key, value) in FIXED {
        set(key, value)?;
    }
    let key = "receive.hideRefs";
    let known = git::run(folder, &["config", "--local", "--get-all", key]).unwrap_or_default();
    for name in HIDDEN.iter().filter(|name| !known.lines().any(|known| known == **name)) {
        git::run(folder, &["config", "--add", key, name])?;
    }
    for (key, value) in DEFAULTS {
        if git::run(folder, &["config", "--local", "--get", key]).is_err() {
            set(key, value)?;
        }
    }
    let hooks = folder.join(FOLDER).join("hooks");
    fs::create_dir_all(&hooks)?;
    let config = folder.join(FOLDER).join("config.json");
    if config.exists() {
        settings.config.renew(&config)?;
    } else {
        settings.config.write(&config)?;
    }
    for hook in HOOKS {
        let path = hooks.join(hook);
        fs::write(&path, script(hook, &text(&settings.command)?))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.contains('\n'));
    text.map(str::to_owned).with_context(|| format!("the path {} is not one line of text in UTF-8", path.display()))
}

/// A hook. It relies on nothing but `sh`: neither on the folder that it is started in, nor on HOME or PATH.
fn script(hook: &str, command: &str) -> String {
    let command = text::quote(command);
    // Work is saved also where nobody can grade it.
    let code = i32::from(hook == "proc-receive");
    let silent = hook == "pre-receive";
    let message = if silent {
        String::new()
    } else {
        r#"what="there is no $command"
if [ -x "$command" ]; then what="$command cannot be started"; fi
echo "The grader is missing: $what. What you pushed to a branch is saved, but not graded." >&2
echo "For the person who runs the grader: install it again, then run \`stages remote --bare --at\` with this repository." >&2
"#
        .to_owned()
    };
    // While a new version is copied, there is none, or none that may be started yet.
    format!(
        r#"#!/bin/sh
# Written by `stages`, which is this hook; `stages remote` rewrites it.
command={command}
for wait in 1 1 0; do
    if "$command" --version < /dev/null > /dev/null 2>&1; then
        exec "$command" hook {hook}
    fi
    sleep $wait
done
{message}exit {code}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            command: "/opt/it's here/stages".into(),
            branch: "trunk".to_owned(),
            objects: "sha1".to_owned(),
            config: Config::default(),
        }
    }

    #[test]
    fn a_remote_is_made_and_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/it.git");
        assert!(Remote::open(&path).is_none());
        let remote = Remote::create(&path, &settings()).unwrap();
        assert_eq!(remote.default_branch().unwrap(), "trunk");
        assert_eq!(remote.config().unwrap(), Config::default());
        git::run(&path, &["config", "receive.maxInputSize", "1g"]).unwrap();
        fs::write(remote.record().path(), "{}\n").unwrap();
        let mut changed = settings();
        changed.config.toolchain.path.push("/new/bin".into());
        let remote = Remote::create(&path, &changed).unwrap();
        assert_eq!(remote.config().unwrap(), changed.config);
        remote.set_default_branch("master").unwrap();
        assert!(remote.set_default_branch("a..b").is_err());
        assert_eq!(remote.default_branch().unwrap(), "master");
        assert_eq!(git::run(&path, &["config", "receive.maxInputSize"]).unwrap(), "1g");
        assert_eq!(fs::read_to_string(remote.record().path()).unwrap(), "{}\n");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(folder.path().join("below")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_in_the_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        for (path, what) in [(folder.path(), "is not empty"), (file.as_path(), "is not a folder")] {
            let error = Remote::create(path, &settings()).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_hook_without_its_command_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hook");
        for (hook, code) in [("pre-receive", 0), ("post-receive", 0), ("proc-receive", 1)] {
            fs::write(&path, script(hook, "/no/such `thing`")).unwrap();
            let output = std::process::Command::new("sh").arg(&path).output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{hook}");
            assert_eq!(text.contains("there is no /no/such `thing`."), hook != "pre-receive", "{text}");
        }
    }
}
