//! A learner's repository in a temporary folder, and what the tester says of it.

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use libtest_mimic::Failed;
use stages::stage::starters;
use tempfile::TempDir;

/// The lines between which a starter's lines for stage 1 stand.
const MARKS: [&str; 2] =
    ["---- Stage 1: uncomment the lines from here to the end mark ----", "---- End of stage 1 ----"];

pub(crate) struct Repository {
    folder: TempDir,
    source: &'static str,
}

impl Repository {
    /// The starter of a language, as it is.
    pub(crate) fn new(language: &str) -> Result<Repository, Failed> {
        let folder = tempfile::Builder::new().prefix("starter ").tempdir()?;
        starters::write(language, folder.path())?;
        Ok(Repository { folder, source: starters::find(language)?.source })
    }

    /// A repository that starts another one's `script`: by a symbolic link, and from the root folder.
    pub(crate) fn of_scripts(script: &Path) -> Result<Repository, Failed> {
        let folder = tempfile::Builder::new().prefix("links-").tempdir()?;
        let scripts = folder.path().join(".codecrafters");
        let link = scripts.join("link");
        fs::create_dir(&scripts)?;
        symlink(script, &link)?;
        let start = format!("cd / && exec '{}' \"$@\"", link.display());
        for (name, command) in [
            ("your_program.sh", start.as_str()),
            (".codecrafters/compile.sh", "exit 0"),
            (".codecrafters/run.sh", &start),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{command}\n"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Repository { folder, source: "your_program.sh" })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Uncomments the lines between the marks, as an editor does: the sign goes, and the space after it.
    pub(crate) fn uncomment(&self) -> Result<(), Failed> {
        let path = self.path().join(self.source);
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
                let sign = ["// ", "# ", "//", "#"].into_iter().find_map(|sign| code.strip_prefix(sign));
                out += indent;
                out += sign.ok_or_else(|| format!("no comment between the marks: {line}"))?;
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

    /// Runs git here, without anybody's settings. Gives what it prints.
    pub(crate) fn git(&self, arguments: &[&str]) -> Result<String, Failed> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.path()).args(arguments);
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
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

/// What the tester says.
pub(crate) struct Report {
    code: Option<i32>,
    /// For each stage why it failed.
    failures: Vec<Option<String>>,
    /// What the compiler printed.
    compiler: String,
    shown: String,
}

impl Report {
    /// Whether the stages passed, or failed with a message that contains this; and the compiler had nothing to say.
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
