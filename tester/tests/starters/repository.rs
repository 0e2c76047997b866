//! A learner's repository in a temporary folder, and what the tester says of it.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use libtest_mimic::Failed;
use stages::stage::starters::Language;
use tempfile::TempDir;

use crate::support;

/// The lines between which a starter's lines for stage 1 stand.
const MARKS: [&str; 2] =
    ["---- Stage 1: uncomment the lines from here to the end mark ----", "---- End of stage 1 ----"];

pub(crate) struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The starter of a language, as it is.
    pub(crate) fn new(language: &Language) -> Result<Repository, Failed> {
        let folder = tempfile::Builder::new().prefix("starter ").tempdir()?;
        language.write(folder.path())?;
        Ok(Repository { folder })
    }

    /// A repository that starts another one's `script`: by a symbolic link, and from the root folder.
    pub(crate) fn of_scripts(script: &Path) -> Result<Repository, Failed> {
        let folder = tempfile::Builder::new().prefix("links-").tempdir()?;
        let link = folder.path().join("link");
        symlink(script, &link)?;
        support::repository(folder.path(), &format!("cd / && exec '{}' \"$@\"", link.display()))?;
        Ok(Repository { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Uncomments the lines between the marks, as an editor does: the sign goes, and the space after it.
    pub(crate) fn uncomment(&self, language: &Language) -> Result<(), Failed> {
        let path = self.path().join(language.source);
        let text = fs::read_to_string(&path)?;
        let [begin, end] = MARKS;
        let (mut out, mut inside, mut count) = (String::new(), false, 0);
        for line in text.lines() {
            if line.contains(end) {
                inside = false;
            }
            if inside {
                let code = line.trim_start();
                let indent = &line[..line.len() - code.len()];
                let rest = code.strip_prefix(language.comment);
                let rest = rest.ok_or_else(|| format!("no comment between the marks: {line}"))?;
                out += indent;
                out += rest.strip_prefix(' ').unwrap_or(rest);
                count += 1;
            } else {
                out += line;
            }
            out += "\n";
            inside |= line.contains(begin);
        }
        fs::write(&path, out)?;
        if inside || count == 0 { Err("the marks are missing".into()) } else { Ok(()) }
    }

    /// Runs git here, and gives what it prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> Result<String, Failed> {
        let output = support::git(self.path()).args(arguments).output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }

    /// Runs `stages test` with these stages in this repository.
    pub(crate) fn test(&self, stages: &[&str]) -> Result<Report, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stages"));
        command.arg("test").args(stages).arg("--program").arg(self.path());
        // A server that serves one client at a time keeps the tester waiting; a busy machine does so too.
        command.args(["--format", "json", "--seed", "1", "--timeout", "4"]);
        let output = command.output()?;
        let shown = format!(
            "{}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let json: serde_json::Value =
            serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {shown}"))?;
        let stages = json["stages"].as_array().ok_or("a report without stages")?;
        let failure = |stage: &serde_json::Value| {
            stage["failure"].as_object().map(|failure| failure["summary"].as_str().unwrap_or_default().to_owned())
        };
        let failures = stages.iter().map(failure).collect();
        let compiler = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Report { code: output.status.code(), failures, compiler, shown })
    }
}

/// The tester's report.
pub(crate) struct Report {
    code: Option<i32>,
    /// For each stage why it failed.
    failures: Vec<Option<String>>,
    /// Output of the compiler.
    compiler: String,
    shown: String,
}

impl Report {
    /// An error unless each stage passed (`None`), or failed with a message that contains this, and the compiler was silent.
    pub(crate) fn is(&self, expected: &[Option<&str>]) -> Result<(), Failed> {
        let fits = |(failure, expected): (&Option<String>, &Option<&str>)| match (failure, expected) {
            (Some(failure), Some(part)) => failure.contains(part),
            (failure, expected) => failure.is_none() && expected.is_none(),
        };
        let code = if expected.iter().all(Option::is_none) { 0 } else { 1 };
        let right = self.failures.len() == expected.len()
            && self.failures.iter().zip(expected).all(fits)
            && self.compiler.is_empty()
            && self.code == Some(code);
        if right { Ok(()) } else { Err(format!("expected {expected:?}, exit code {code}, got {}", self.shown).into()) }
    }
}
