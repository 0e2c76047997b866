//! From a commit to a folder, though everything in the commit may be hostile.
//!
//! The tree is read with a git directory of our own that borrows the repository's objects. So no configuration, hook,
//! filter, attribute or replacement of the repository takes part, and nothing is written into it. Files that
//! `export-ignore` names are there, as they are in a clone. Submodules are left out.

use std::{
    ffi::OsStr,
    fs,
    io::{self, BufRead, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{grading::git_dir, sandbox::limits::Limits, text};

/// Most files of a tree.
const MOST_FILES: usize = 100_000;
/// Most remarks on a tree that are told.
const MOST_NOTES: usize = 20;
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
        return Err(refused(format!("`{}` is not the full id of a commit", text::visible(commit.as_bytes()))));
    }
    if !git.says(&["cat-file", "-e", &format!("{commit}^{{commit}}")]) {
        return Err(refused(format!("the repository has no commit {commit}")));
    }
    let contents = git.contents(commit)?;
    if contents.entries > MOST_FILES {
        return Err(refused(format!("the commit has more files and folders than a grading takes, {MOST_FILES}")));
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

/// The full id of the commit that `name` stands for: an id, a branch, `HEAD`, …
///
/// # Errors
/// There is no such repository or commit.
pub fn resolve(repository: &Path, name: &str) -> Result<String, String> {
    let mut command = plain();
    command.arg("--git-dir").arg(git_dir(repository)).args(["rev-parse", "--verify", "--quiet", "--end-of-options"]);
    command.arg(format!("{name}^{{commit}}"));
    let shown = repository.display();
    match output(&mut command) {
        Ok(id) => Ok(String::from_utf8_lossy(id.trim_ascii()).into_owned()),
        Err(why) if why.is_empty() => Err(format!("{shown} has no commit {}", text::visible(name.as_bytes()))),
        Err(why) => Err(format!("{shown} is not a git repository: {why}")),
    }
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
                    text::visible(target.as_os_str().as_bytes())
                )));
            }
        }
    }
    Ok(())
}

/// What a tree holds.
#[derive(Debug, Default)]
struct Contents {
    entries: usize,
    bytes: u64,
    notes: Vec<String>,
}

impl Contents {
    /// Reads `git ls-tree -r -t -l -z`, files and folders: mode, type, id and size, a tab, the path, NUL. Stops where there is too much: a tree
    /// of a few kilobytes can name more files than there is memory for.
    fn read(mut listing: impl BufRead) -> io::Result<Contents> {
        let mut contents = Contents::default();
        let mut entry = Vec::new();
        while contents.entries <= MOST_FILES {
            entry.clear();
            if listing.read_until(0, &mut entry)? == 0 {
                break;
            }
            contents.entries += 1;
            let text = entry.strip_suffix(b"\0").unwrap_or(&entry);
            let (head, path) = text.split_at(text.iter().position(|byte| *byte == b'\t').unwrap_or(text.len()));
            let head = String::from_utf8_lossy(head);
            let words: Vec<_> = head.split_ascii_whitespace().collect();
            if words.get(1) == Some(&"commit") {
                if contents.notes.len() < MOST_NOTES {
                    let path = text::visible(path.get(1..).unwrap_or_default());
                    contents.notes.push(format!("{path} is a submodule; it is left out: commit the files themselves"));
                }
                continue;
            }
            let size = words.get(3).and_then(|size| size.parse().ok()).unwrap_or(0);
            contents.bytes = contents.bytes.saturating_add(size);
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
            fs::create_dir(dir.join("info"))?;
            // Before those of the tree: files are graded as they were committed, and no converter reads hostile text.
            fs::write(dir.join("info/attributes"), "* !text !crlf !eol !ident !filter !working-tree-encoding\n")?;
            writeln!(config, "[extensions]\n\tobjectFormat = {}", format.display())
        };
        make().map_err(|error: io::Error| Trouble::Fault(format!("{}: {error}", dir.display())))?;
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

    /// What the tree of a commit holds.
    fn contents(&self, commit: &str) -> Result<Contents, Trouble> {
        let mut command = self.command(&["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit]);
        let fault = |error: io::Error| Trouble::Fault(format!("git ls-tree: {error}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(fault)?;
        let contents = match child.stdout.take() {
            Some(stdout) => Contents::read(io::BufReader::new(stdout)),
            None => Ok(Contents::default()),
        };
        let full = contents.as_ref().is_ok_and(|contents| contents.entries > MOST_FILES);
        if full {
            // It may go on for ever.
            let _ = child.kill();
        }
        let status = child.wait().map_err(fault)?;
        if !full && !status.success() {
            return Err(refused("git cannot read its tree"));
        }
        contents.map_err(fault)
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
    Err(text::visible(complaint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_added_up_and_submodules_are_told() {
        let listing = b"100644 blob 01ab    1200\ta\tb\n\x001000755 blob 02cd      34\tdir/c\x00\
            160000 commit 03ef       -\tevil\x1b[31m\x00";
        let contents = Contents::read(&listing[..]).unwrap();
        assert_eq!((contents.entries, contents.bytes), (3, 1234));
        assert_eq!(contents.notes, ["evil\\x1B[31m is a submodule; it is left out: commit the files themselves"]);
        for end in 0..listing.len() {
            Contents::read(&listing[..end]).unwrap();
        }
    }

    #[test]
    fn a_listing_without_end_is_not_read_to_the_end() {
        let endless = io::BufReader::new(io::repeat(0));
        assert_eq!(Contents::read(endless).unwrap().entries, MOST_FILES + 1);
    }
}
