//! The hooks `pre-receive` and `post-receive`: a push to branches, tags and whatever else.
//!
//! What is pushed is saved, always, unless its options make no sense: then it is refused before it is saved, so that the
//! same push can be repeated with better ones.

use std::io::{BufRead, Write};

use anyhow::Result;

use super::{
    grader::Grader,
    options::{self, Options},
};
use crate::{
    report::style::{PLAIN, RED, YELLOW, tell},
    text,
};

/// Prefix of the names of references that are for tests only.
pub const FOR: &str = "refs/for/";
const BRANCHES: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

/// A reference that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The object id that it has from now on; zeros if it is deleted.
    pub new: String,
    /// Its whole name.
    pub name: String,
}

impl Update {
    /// Reads what git tells its hooks of a reference: `OLD NEW NAME`.
    pub fn parse(line: &[u8]) -> Option<Update> {
        let text = String::from_utf8_lossy(line);
        let mut words = text.splitn(3, ' ').skip(1);
        Some(Update { new: words.next()?.to_owned(), name: words.next()?.to_owned() })
    }

    /// Checks whether the reference is deleted.
    pub fn deletes(&self) -> bool {
        self.new.bytes().all(|byte| byte == b'0')
    }
}

/// Reads what git tells the two hooks: a line for each reference.
pub fn updates(input: impl BufRead) -> Vec<Update> {
    input.split(b'\n').map_while(Result::ok).filter_map(|line| Update::parse(&line)).collect()
}

/// The push options that git hands to a hook in its environment.
pub fn options_of_hook() -> Vec<String> {
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let count = variable("GIT_PUSH_OPTION_COUNT").and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    (0..count).map_while(|index| variable(&format!("GIT_PUSH_OPTION_{index}"))).collect()
}

/// Whether a push has branches, tags and tests only. All else is refused, and `out` is told so: notes, of which the grader's
/// are a learner's verdict; replacements of commits (git-replace(1)); and a branch or a tag that git takes for one of these
/// as long as there is no other of that name, as `refs/heads/refs/notes/grading` is (gitrevisions(7)).
pub fn takes(updates: &[Update], out: &mut dyn Write) -> bool {
    let is_taken = |update: &&Update| {
        let names = [BRANCHES, TAGS].iter().find_map(|kind| update.name.strip_prefix(kind));
        names.map_or(update.name.starts_with(FOR), |name| !name.starts_with("refs/"))
    };
    let mut all = true;
    for update in updates.iter().filter(|update| !is_taken(update)) {
        let name = text::visible(update.name.as_bytes());
        tell(out, PLAIN, &format!("Not pushed: {name} cannot be saved here; push a branch or a tag."));
        all = false;
    }
    all
}

/// Checks the options before anything is saved. `false`: the push is refused, and `out` was told why.
pub fn check(grader: &Grader, given: &[String], out: &mut dyn Write) -> bool {
    let Err(problems) = options::parse(given, grader.stages()) else {
        return true;
    };
    for problem in problems {
        tell(out, RED, &format!("Not pushed: {problem}."));
    }
    tell(out, PLAIN, "The push options are:");
    for line in options::help(grader.stages()) {
        tell(out, PLAIN, &format!("  {line}"));
    }
    false
}

/// Grades the branches among `updates`, the default branch first. A commit that is on two of them is graded once.
///
/// # Errors
/// The record cannot be read.
pub fn grade(grader: &Grader, updates: &[Update], options: &Options, seed: u64, out: &mut dyn Write) -> Result<()> {
    let first = format!("{BRANCHES}{}", grader.branch());
    let (mut sorted, others): (Vec<_>, Vec<_>) = updates.iter().partition(|update| update.name == first);
    sorted.extend(others);
    let mut graded: Vec<(&str, &str)> = Vec::new();
    for update in sorted {
        let name = text::visible(update.name.as_bytes());
        if update.name.starts_with(FOR) {
            // `proc-receive` has dealt with it.
        } else if update.deletes() {
            tell(out, YELLOW, &format!("{name} is deleted; there is nothing to grade."));
        } else if let Some(branch) = update.name.strip_prefix(BRANCHES) {
            if let Some((_, other)) = graded.iter().find(|(commit, _)| *commit == update.new) {
                tell(out, YELLOW, &format!("{name} is the same commit as {other}, which was graded above."));
                continue;
            }
            grader.branch_pushed(branch, &update.new, options, seed, out)?;
            graded.push((&update.new, branch));
        } else {
            let what = update.name.strip_prefix(TAGS).map(|tag| format!("The tag {}", text::visible(tag.as_bytes())));
            tell(out, YELLOW, &format!("{} is saved; only branches are graded.", what.unwrap_or(name)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_tags_and_tests_are_taken() {
        let takes = |name: &str| {
            let mut out = Vec::new();
            let update = Update { new: "1".repeat(40), name: name.to_owned() };
            let takes = takes(&[update], &mut out);
            assert_eq!(takes, out.is_empty());
            takes
        };
        for name in
            ["refs/heads/main", "refs/heads/notes/grading", "refs/tags/v1", "refs/for/current", "refs/heads/refs"]
        {
            assert!(takes(name), "{name}");
        }
        for name in [
            "refs/notes/grading",
            "refs/notes/commits",
            "refs/replace/0123456789012345678901234567890123456789",
            "refs/heads/refs/notes/grading",
            "refs/tags/refs/notes/grading",
            "refs/stash",
            "refs/fortune/1",
        ] {
            assert!(!takes(name), "{name}");
        }
    }

    #[test]
    fn updates_are_read() {
        let zeros = "0".repeat(40);
        let ones = "1".repeat(40);
        let text = format!("{zeros} {ones} refs/heads/main\n{ones} {zeros} refs/heads/a b\nnonsense\n");
        let found = updates(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].new.as_str(), found[0].name.as_str()), (ones.as_str(), "refs/heads/main"));
        assert_eq!((found[0].deletes(), found[1].deletes(), found[1].name.as_str()), (false, true, "refs/heads/a b"));
    }
}
