//! Git that reads a repository of which everything may be hostile.
//!
//! It has a git directory of our own that borrows the repository's objects. So no configuration, hook, filter, attribute
//! or replacement of the repository takes part, and nothing is written into it.

use std::{
    ffi::OsStr,
    fmt, fs,
    io::{self, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::text;

/// A failure of git.
#[derive(Debug)]
pub(crate) enum Error {
    /// It cannot be started.
    Start(io::Error),
    /// The directory that it is given cannot be made.
    Directory(PathBuf, io::Error),
    /// It refuses, in these words, of which there may be none.
    Refusal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Start(error) => write!(f, "git cannot be started ({error}); install it"),
            Error::Directory(path, error) => write!(f, "{}: {error}", path.display()),
            Error::Refusal(why) => f.write_str(why),
        }
    }
}

/// Git with a directory of its own, and the objects of a repository.
pub(crate) struct Borrowed {
    directory: PathBuf,
    objects: PathBuf,
    index: PathBuf,
}

impl Borrowed {
    /// Borrows the objects of `repository`; `scratch` is an empty folder for what git needs.
    pub(crate) fn new(repository: &Path, scratch: &Path) -> Result<Borrowed, Error> {
        let theirs = git_dir(repository);
        let ask = |what: &[&str]| -> Result<PathBuf, Error> {
            let mut command = plain();
            command.arg("--git-dir").arg(&theirs).arg("rev-parse").args(what);
            Ok(PathBuf::from(OsStr::from_bytes(output(&mut command)?.trim_ascii_end())))
        };
        let objects = ask(&["--path-format=absolute", "--git-path", "objects"])?;
        let format = ask(&["--show-object-format"])?;
        let directory = scratch.join("git");
        make(&directory, &format.to_string_lossy()).map_err(|error| Error::Directory(directory.clone(), error))?;
        Ok(Borrowed { index: scratch.join("index"), directory, objects })
    }

    /// A command that reads, or writes the index.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plain();
        command
            .arg("--no-replace-objects")
            .arg("--git-dir")
            .arg(&self.directory)
            .env("GIT_OBJECT_DIRECTORY", &self.objects)
            .env("GIT_INDEX_FILE", &self.index)
            .args(arguments);
        command
    }

    /// Runs such a command, and gives its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        output(&mut self.command(arguments))
    }

    /// Runs a command that writes files to the folder `tree`.
    pub(crate) fn run_in(&self, tree: &Path, arguments: &[&str]) -> Result<(), Error> {
        let mut command = self.command(arguments);
        command.env("GIT_WORK_TREE", tree).current_dir(tree);
        output(&mut command).map(drop)
    }
}

/// Makes a git directory that says as little as git lets it.
fn make(directory: &Path, object_format: &str) -> io::Result<()> {
    fs::create_dir(directory)?;
    for folder in ["refs", "objects", "info"] {
        fs::create_dir(directory.join(folder))?;
    }
    fs::write(directory.join("HEAD"), "ref: refs/heads/none\n")?;
    // Before those of the tree: files are graded as they were committed, and no converter reads hostile text.
    fs::write(directory.join("info/attributes"), "* !text !crlf !eol !ident !filter !working-tree-encoding\n")?;
    let mut config = fs::File::create(directory.join("config"))?;
    writeln!(config, "[core]\n\trepositoryformatversion = 1\n\tsymlinks = true")?;
    writeln!(config, "[extensions]\n\tobjectFormat = {object_format}")
}

/// The git directory of a repository: `path` as it is, or its `.git` if that is there.
pub(crate) fn git_dir(path: &Path) -> PathBuf {
    Some(path.join(".git")).filter(|git| git.exists()).unwrap_or_else(|| path.to_owned())
}

/// Git without anything of the caller's repository, user or system.
pub(crate) fn plain() -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        // A superset of `git rev-parse --local-env-vars`.
        if name.as_bytes().starts_with(b"GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null", "-c", "core.fsmonitor=false"])
        // A relative part of the `PATH` must not lead into a repository.
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// Gives git's output, or the first line of its complaint.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, Error> {
    let output = command.output().map_err(Error::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = output.stderr.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Err(Error::Refusal(text::visible(complaint)))
}
