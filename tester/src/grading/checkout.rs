//! From a commit to a folder, though everything in the commit may be hostile.
//!
//! [`hermetic`](crate::git::hermetic) says how git is kept from obeying it. Files that `export-ignore` names are there, as
//! they are in a clone. Submodules are left out.

use std::{
    fmt, fs,
    io::{self, BufRead},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::Stdio,
};

use crate::{
    git::hermetic::{self as git, Borrowed},
    sandbox::limits::Limits,
    text,
};

/// Most files of a tree.
const MOST_FILES: usize = 100_000;
/// Longest path in a tree, in bytes: with the path of a sandbox before it, it is still one that the system takes (PATH_MAX).
const LONGEST_PATH: usize = 3 << 10;
/// Most remarks on a tree that are told.
const MOST_NOTES: usize = 20;
/// Files take whole pages of this many bytes in memory, as on most disks.
const PAGE: u64 = 4096;
/// Most bytes that git's index takes for a file, besides its path (gitformat-index(5)).
const IN_THE_INDEX: u64 = 128;
/// Files that the grader itself looks at in a tree, or starts.
const SCRIPTS: [&str; 5] =
    ["your_program.sh", ".codecrafters", ".codecrafters/compile.sh", ".codecrafters/run.sh", "codecrafters.yml"];

/// A commit cannot be graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Because of what it is.
    Refused(String),
    /// Because of the grader.
    Fault(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Trouble::Refused(why) | Trouble::Fault(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Trouble {}

fn refused(why: impl Into<String>) -> Trouble {
    Trouble::Refused(why.into())
}

/// Writes the files of `commit` into the empty folder `tree`. `scratch` is an empty folder for what git needs. Gives what
/// the report should tell of it.
///
/// # Errors
/// The commit is not there, or has a tree that is too large or that leads outside; or git fails.
pub(crate) fn checkout(
    repository: &Path,
    commit: &str,
    tree: &Path,
    scratch: &Path,
    limits: &Limits,
) -> Result<Vec<String>, Trouble> {
    let git = Borrowed::new(repository, scratch).map_err(|error| match error {
        git::Error::Refusal(why) => refused(format!("{} is not a git repository: {why}", repository.display())),
        fault => Trouble::Fault(fault.to_string()),
    })?;
    if !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) || commit.len() < 40 {
        return Err(refused(format!("`{}` is not a full commit id", text::visible(commit.as_bytes()))));
    }
    match git.run(&["cat-file", "-e", &format!("{commit}^{{commit}}")]) {
        Err(git::Error::Refusal(_)) => return Err(refused(format!("the repository has no commit {commit}"))),
        found => found.map_err(|error| trouble("cat-file", error))?,
    };
    let contents = contents(&git, commit)?;
    if contents.entries > MOST_FILES {
        return Err(refused(format!(
            "the commit has more than {MOST_FILES} files and folders, the most that can be graded"
        )));
    }
    if contents.longest_path > LONGEST_PATH {
        return Err(refused(format!(
            "the commit has a path of {} bytes; the longest that is graded has {LONGEST_PATH}",
            contents.longest_path
        )));
    }
    if contents.bytes > limits.disk / 2 {
        return Err(refused(format!(
            "the files of the commit take {} MiB, which leaves too little room to build them: at most half of the {} MiB \
             of disk is allowed for the commit itself",
            contents.bytes.div_ceil(1 << 20),
            limits.disk >> 20
        )));
    }
    git.run(&["read-tree", commit]).map_err(|error| trouble("read-tree", error))?;
    git.run_in(tree, &["checkout-index", "--all", "--force", "--quiet"])
        .map_err(|error| trouble("checkout-index", error))?;
    stays_inside(tree)?;
    Ok(contents.notes)
}

/// The full id of the commit that `name` stands for: an id, a branch, `HEAD`, …
///
/// # Errors
/// There is no such repository or commit.
pub fn resolve(repository: &Path, name: &str) -> Result<String, Trouble> {
    let mut command = git::plain();
    command.arg("--git-dir").arg(git::git_dir(repository));
    command.args(["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(format!("{name}^{{commit}}"));
    let shown = repository.display();
    match git::output(&mut command) {
        Ok(id) => Ok(String::from_utf8_lossy(id.trim_ascii()).into_owned()),
        Err(git::Error::Refusal(why)) if why.is_empty() => {
            Err(refused(format!("{shown} has no commit {}", text::visible(name.as_bytes()))))
        }
        Err(git::Error::Refusal(why)) => Err(refused(format!("{shown} is not a git repository: {why}"))),
        Err(fault) => Err(Trouble::Fault(fault.to_string())),
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

/// The size of a tree.
#[derive(Debug, Default)]
struct Contents {
    entries: usize,
    /// Bytes that they and git's index of them take on the disk.
    bytes: u64,
    /// In bytes.
    longest_path: usize,
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
            // The path is what stands behind a tab.
            contents.longest_path = contents.longest_path.max(path.len().saturating_sub(1));
            let head = String::from_utf8_lossy(head);
            let words: Vec<_> = head.split_ascii_whitespace().collect();
            if words.get(1) == Some(&"commit") {
                if contents.notes.len() < MOST_NOTES {
                    let path = text::visible(path.get(1..).unwrap_or_default());
                    contents.notes.push(format!("{path} is a submodule and is left out: commit the files themselves"));
                }
                continue;
            }
            // Folders have none; on the disk a file takes whole pages.
            let size: u64 = words.get(3).and_then(|size| size.parse().ok()).unwrap_or(0);
            let pages = size.div_ceil(PAGE).saturating_mul(PAGE);
            contents.bytes = contents.bytes.saturating_add(pages).saturating_add(IN_THE_INDEX + path.len() as u64);
        }
        Ok(contents)
    }
}

/// Measures the tree of a commit.
fn contents(git: &Borrowed, commit: &str) -> Result<Contents, Trouble> {
    let mut command = git.command(&["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit]);
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

/// Whose fault it is that a git command failed. Once the commit is found, git refuses a tree for what is in it, such as
/// a `.git`.
fn trouble(command: &str, error: git::Error) -> Trouble {
    match error {
        git::Error::Refusal(why) => Trouble::Refused(format!("git {command}: {why}")),
        fault => Trouble::Fault(fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_added_up_and_submodules_are_told() {
        let listing = b"100644 blob 01ab    1200\ta\tb\n\x001000755 blob 02cd      34\tdir/c\x00\
            160000 commit 03ef       -\tevil\x1b[31m\x00";
        let contents = Contents::read(&listing[..]).unwrap();
        let index = 2 * IN_THE_INDEX + "\ta\tb\n".len() as u64 + "\tdir/c".len() as u64;
        assert_eq!((contents.entries, contents.bytes), (3, 2 * PAGE + index));
        assert_eq!(contents.longest_path, "evil\x1b[31m".len());
        assert_eq!(contents.notes, ["evil\\x1B[31m is a submodule and is left out: commit the files themselves"]);
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
