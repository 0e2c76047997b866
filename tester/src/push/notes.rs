//! The copy of the record that a learner can fetch: `refs/notes/grading`.
//!
//! A note on each graded commit tells how it went, so that `git log` shows it; and each commit of the notes' own history
//! carries one line of the record, from which progress can be derived without the grading remote.

use std::{fmt::Write as _, path::Path};

use anyhow::{Result, bail};

use super::record::{Contents, Grading};
use crate::{git::command as git, grading::Verdict, stage::catalog::tag};

/// The reference of the notes.
pub(crate) const REFERENCE: &str = "refs/notes/grading";

/// Adds to the notes of the repository `folder` what the record has and they have not: the last grading, and what an
/// earlier grading could not write. The record must be locked.
pub(crate) fn update(folder: &Path, contents: &Contents) -> Result<()> {
    if std::env::var_os("GIT_QUARANTINE_PATH").is_some() {
        bail!("notes cannot be written before git has accepted the push");
    }
    let tip = tip(folder);
    let last = match &tip {
        Some(tip) => parse(&messages(folder, "-1", tip)?).entries.pop(),
        None => None,
    };
    let known = last.and_then(|last| contents.entries.iter().rposition(|entry| *entry == last)).map_or(0, |at| at + 1);
    let mut stream = String::new();
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (index, entry) in contents.entries.iter().enumerate().skip(known) {
        let message = format!("{}\n\n{}\n", subject(entry), serde_json::to_string(entry)?);
        let seconds = entry.time.as_second();
        let _ = write!(stream, "commit {REFERENCE}\ncommitter stages <stages@localhost> {seconds} +0000\n");
        let _ = write!(stream, "data {}\n{message}\n", message.len());
        if let Some(tip) = tip.as_ref().filter(|_| index == known) {
            let _ = writeln!(stream, "from {tip}");
        }
        // A commit that is no longer there cannot have a note.
        if git::run(folder, &["cat-file", "-e", &format!("{}^{{commit}}", entry.commit)]).is_err() {
            continue;
        }
        let earlier = match texts.iter().rposition(|(commit, _)| *commit == entry.commit) {
            Some(at) => texts.remove(at).1,
            None if tip.is_none() => String::new(),
            None => git::run(folder, &["notes", "--ref", REFERENCE, "show", &entry.commit])
                .map(|text| text + "\n")
                .unwrap_or_default(),
        };
        let text = earlier + &note(entry);
        let _ = write!(stream, "N inline {}\ndata {}\n{text}\n", entry.commit, text.len());
        texts.push((&entry.commit, text));
    }
    if !stream.is_empty() {
        git::run_with(folder, &["fast-import", "--quiet", "--done"], (stream + "done\n").as_bytes())?;
    }
    Ok(())
}

/// All gradings that the notes of the repository `folder` tell of, oldest first; `None` if it has none.
pub(crate) fn read(folder: &Path) -> Result<Option<Contents>> {
    let Some(tip) = tip(folder) else {
        return Ok(None);
    };
    Ok(Some(parse(&messages(folder, "--reverse", &tip)?)))
}

/// The last commit of the notes. Not by `rev-parse`, for which a missing reference is a branch or a tag of that name.
fn tip(folder: &Path) -> Option<String> {
    git::run(folder, &["show-ref", "--verify", "--hash", REFERENCE]).ok()
}

/// Messages of the notes' commits up to `tip`, whatever the user's configuration makes of a log.
fn messages(folder: &Path, which: &str, tip: &str) -> Result<String> {
    let utf8 = ["-c", "i18n.logOutputEncoding=UTF-8", "-c", "log.showSignature=false"];
    git::run(folder, &[&utf8[..], &["log", which, "--format=%B", tip, "--"]].concat())
}

/// The lines of the record among the lines of messages.
fn parse(messages: &str) -> Contents {
    let lines: String = messages.lines().filter(|line| line.starts_with('{')).flat_map(|line| [line, "\n"]).collect();
    Contents::parse(lines.as_bytes())
}

fn subject(entry: &Grading) -> String {
    let short: String = entry.commit.chars().take(10).collect();
    format!("Grade {short}: {}", if entry.verdict == Verdict::Passed { "passed" } else { "not passed" })
}

/// The note on a commit about a grading.
fn note(entry: &Grading) -> String {
    let (mut passed, mut failed) = (String::new(), String::new());
    for stage in &entry.stages {
        let _ = write!(if stage.passed() { &mut passed } else { &mut failed }, " {}", tag(&stage.id));
    }
    let mut text = String::new();
    if entry.verdict != Verdict::Passed {
        let what = if failed.is_empty() { "Not passed".to_owned() } else { format!("Failed:{failed}") };
        let why = entry
            .why
            .as_deref()
            .map_or_else(|| format!("{}.", entry.verdict.in_short()), |why| entry.verdict.sentence(why));
        let _ = writeln!(text, "{what}. {why}");
    }
    if !passed.is_empty() {
        let _ = writeln!(text, "Passed:{passed}");
    }
    let time = entry.time.strftime("%Y-%m-%d %H:%M UTC");
    let _ = writeln!(text, "  {} at {time}, seed {}, sandbox: {}", entry.branch, entry.seed, entry.tier);
    text
}

#[cfg(test)]
mod tests {
    use super::{super::record::tests::grading, *};

    /// A bare repository with a commit.
    fn repository() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        git::run(folder.path(), &["init", "--quiet", "--bare"]).unwrap();
        let stream = "commit refs/heads/main\ncommitter a <a@example.org> 1700000000 +0000\ndata 2\nx\n\n";
        git::run_with(folder.path(), &["fast-import", "--quiet"], stream.as_bytes()).unwrap();
        let commit = git::run(folder.path(), &["rev-parse", "main"]).unwrap();
        (folder, commit)
    }

    fn contents(entries: Vec<Grading>) -> Contents {
        Contents { entries, unreadable: Vec::new() }
    }

    #[test]
    fn a_branch_or_a_tag_is_not_the_notes() {
        let (folder, commit) = repository();
        let folder = folder.path();
        let forged = Grading { commit: commit.clone(), ..grading(&["at4", "ia4"], 2) };
        let message = format!("Grade it: passed\n\n{}\n", serde_json::to_string(&forged).unwrap());
        for kind in ["heads", "tags"] {
            let stream = format!(
                "commit refs/{kind}/{REFERENCE}\ncommitter a <a@example.org> 1700000000 +0000\ndata {}\n{message}\n",
                message.len()
            );
            git::run_with(folder, &["fast-import", "--quiet"], stream.as_bytes()).unwrap();
        }
        assert_eq!(read(folder).unwrap(), None);
        let first = Grading { commit, ..grading(&["at4"], 0) };
        update(folder, &contents(vec![first.clone()])).unwrap();
        assert_eq!(read(folder).unwrap(), Some(contents(vec![first])));
    }

    #[test]
    fn notes_follow_the_record() {
        let (folder, commit) = repository();
        let folder = folder.path();
        assert_eq!(read(folder).unwrap(), None);
        let first = Grading { commit: commit.clone(), ..grading(&["at4", "ia4"], 1) };
        update(folder, &contents(vec![first.clone()])).unwrap();
        let text = git::run(folder, &["notes", "--ref", "grading", "show", "main"]).unwrap();
        assert_eq!(
            text,
            "Failed: #IA4. Your program gave a wrong response.\nPassed: #AT4\n  main at 2023-11-14 22:13 UTC, seed 7, sandbox: none"
        );
        // Two gradings that were not written in time, one of a commit that is gone, come with the next.
        let more = [
            Grading { commit: commit.clone(), ..grading(&["at4"], 1) },
            grading(&["at4"], 0),
            Grading { commit, why: Some("No ink.".to_owned()), stages: vec![], ..grading(&["at4"], 0) },
        ];
        let all: Vec<Grading> = [first].into_iter().chain(more).collect();
        update(folder, &contents(all.clone())).unwrap();
        assert_eq!(read(folder).unwrap(), Some(contents(all.clone())));
        let text = git::run(folder, &["notes", "--ref", "grading", "show", "main"]).unwrap();
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(text.contains("Not passed. No ink.\n"), "{text}");
        // Nothing new, nothing done.
        let tip = git::run(folder, &["rev-parse", REFERENCE]).unwrap();
        update(folder, &contents(all)).unwrap();
        assert_eq!(git::run(folder, &["rev-parse", REFERENCE]).unwrap(), tip);
    }
}
