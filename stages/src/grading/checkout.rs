//! From a commit to a folder, though everything in the commit may be hostile.
//!
//! The tree is read with a git directory of our own that borrows the repository's objects. So no configuration, hook,
//! filter, attribute or replacement of the repository takes part, and nothing is written into it. Files that
//! `export-ignore` names are there, as they are in a clone. Submodules are left out.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    grading::{Limits, git_dir},
    show,
};

/// Most files of a tree.
const MOST_FILES: usize = 100_000;
/// What the grader itself looks at in a tree, or starts.
const SCRIPTS: [&str; 5] =
    ["your_program.sh", ".codecrafters", ".codecrafters/compile.sh", ".codecrafters/run.sh", "codecrafters.yml"];

/// Why a commit cannot be graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Because of what it is.
    Refused(String),
    /// Because of the grader.
    Fault(String),
}

fn refused(why: impl Into<String>) -> Trouble {
    Trouble::Refused(why.into())
}

/// Writes the files of `commit` into the new folder `tree`. `place` is an empty folder for what git needs. Gives what
/// the report should tell of it.
///
/// # Errors
/// The commit is not there, or has a tree that is too large or that leads outside; or git fails.
pub fn checkout(
    repository: &Path,
    commit: &str,
    tree: &Path,
    place: &Path,
    limits: &Limits,
) -> Result<Vec<String>, Trouble> {
    let git = Git::borrow(repository, place)?;
    if !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) || commit.len() < 40 {
        return Err(refused(format!("`{}` is not the full id of a commit", show::visible(commit.as_bytes()))));
    }
    if !git.says(&["cat-file", "-e", &format!("{commit}^{{commit}}")]) {
        return Err(refused(format!("the repository has no commit {commit}")));
    }
    let listing = git.run(&["ls-tree", "-r", "-l", "-z", "--full-tree", commit])?;
    let contents = Contents::read(&listing)?;
    if contents.files > MOST_FILES {
        return Err(refused(format!("the commit has {} files; {MOST_FILES} are the most", contents.files)));
    }
    if contents.bytes > limits.disk / 2 {
        return Err(refused(format!(
            "the files of the commit have {} MiB together; half of the {} MiB that a grading may write are the most",
            contents.bytes >> 20,
            limits.disk >> 20
        )));
    }
    fs::create_dir(tree).map_err(|error| Trouble::Fault(format!("{}: {error}", tree.display())))?;
    git.run(&["read-tree", commit])?;
    git.write(tree, &["checkout-index", "--all", "--force", "--quiet"])?;
    stays_inside(tree)?;
    Ok(contents.notes)
}

/// Checks that what the grader starts and reads is not a link to somewhere else.
fn stays_inside(tree: &Path) -> Result<(), Trouble> {
    let root = fs::canonicalize(tree).map_err(|error| Trouble::Fault(format!("{}: {error}", tree.display())))?;
    for name in SCRIPTS {
        let path = tree.join(name);
        if fs::symlink_metadata(&path).is_err() {
            continue;
        }
        match fs::canonicalize(&path) {
            Ok(real) if real.starts_with(&root) => {}
            _ => {
                let target = fs::read_link(&path).unwrap_or_default();
                return Err(refused(format!(
                    "{name} is a symbolic link that leads out of the repository, to {}; commit the file itself",
                    show::visible(target.as_os_str().as_bytes())
                )));
            }
        }
    }
    Ok(())
}

/// What a tree holds.
struct Contents {
    files: usize,
    bytes: u64,
    notes: Vec<String>,
}

impl Contents {
    /// Reads `git ls-tree -r -l -z`: mode, type, id and size, a tab, the path, NUL.
    fn read(listing: &[u8]) -> Result<Contents, Trouble> {
        let mut contents = Contents { files: 0, bytes: 0, notes: Vec::new() };
        for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let tab = entry.iter().position(|byte| *byte == b'\t');
            let (head, path) = entry.split_at(tab.unwrap_or(entry.len()));
            let path = path.get(1..).unwrap_or_default();
            let head = String::from_utf8_lossy(head);
            let words: Vec<_> = head.split_ascii_whitespace().collect();
            if let [_, "commit", ..] = words[..] {
                let path = show::visible(path);
                contents.notes.push(format!("{path} is a submodule; it is left out: commit the files themselves"));
                continue;
            }
            contents.files += 1;
            contents.bytes += words.get(3).and_then(|size| size.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(contents)
    }
}

/// Git with a directory of its own.
struct Git {
    dir: PathBuf,
    objects: PathBuf,
    index: PathBuf,
}

impl Git {
    fn borrow(repository: &Path, place: &Path) -> Result<Git, Trouble> {
        let theirs = git_dir(repository);
        let ask = |what: &[&str]| -> Result<PathBuf, Trouble> {
            let mut command = plain();
            command.arg("--git-dir").arg(&theirs).arg("rev-parse").args(what);
            let answer = output(&mut command)
                .map_err(|why| refused(format!("{} is not a git repository: {why}", repository.display())))?;
            Ok(PathBuf::from(OsStr::from_bytes(answer.trim_ascii_end())))
        };
        let objects = ask(&["--path-format=absolute", "--git-path", "objects"])?;
        let format = ask(&["--show-object-format"])?;
        let dir = place.join("git");
        let make = || {
            fs::create_dir(&dir)?;
            fs::create_dir(dir.join("refs"))?;
            fs::create_dir(dir.join("objects"))?;
            fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")?;
            let mut config = fs::File::create(dir.join("config"))?;
            writeln!(config, "[core]\n\trepositoryformatversion = 1\n\tsymlinks = true")?;
            writeln!(config, "[extensions]\n\tobjectFormat = {}", format.display())
        };
        make().map_err(|error: std::io::Error| Trouble::Fault(format!("{}: {error}", dir.display())))?;
        Ok(Git { index: place.join("index"), dir, objects })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plain();
        command
            .arg("--no-replace-objects")
            .arg("--git-dir")
            .arg(&self.dir)
            .env("GIT_OBJECT_DIRECTORY", &self.objects)
            .env("GIT_INDEX_FILE", &self.index)
            .args(arguments);
        command
    }

    fn says(&self, arguments: &[&str]) -> bool {
        output(&mut self.command(arguments)).is_ok()
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Trouble> {
        // After the commit was found, what fails is a tree that git refuses, such as one with a `.git` in it.
        output(&mut self.command(arguments)).map_err(|why| refused(format!("git {}: {why}", arguments[0])))
    }

    fn write(&self, tree: &Path, arguments: &[&str]) -> Result<(), Trouble> {
        let mut command = self.command(arguments);
        command.env("GIT_WORK_TREE", tree).current_dir(tree);
        output(&mut command).map(drop).map_err(|why| refused(format!("git {}: {why}", arguments[0])))
    }
}

/// Git without anything of the caller's repository, user or system.
fn plain() -> Command {
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
        .stdin(Stdio::null());
    command
}

/// What git prints, or the first line of its complaint.
fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| format!("git cannot be started ({error}); install it"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = output.stderr.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Err(show::visible(complaint))
}
