//! A learner: a repository in a temporary folder, and its grading remote beside it.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::support;

/// The command under test.
pub(crate) const STAGES: &str = env!("CARGO_BIN_EXE_stages");
/// Three stages of the public challenge, and the tracks `cats` (two stages) and `dogs` (one).
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/push/stages");

pub(crate) struct Learner {
    /// Holds `work` and `work.git`, and is the learner's home.
    pub(crate) home: TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Said {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Said { text, code: output.status.code() }
    }

    /// Fails unless it ended with `code` and said all of `parts`.
    pub(crate) fn expect(&self, code: i32, parts: &[&str]) -> Result<(), Failed> {
        let missing: Vec<_> = parts.iter().filter(|part| !self.text.contains(**part)).collect();
        if self.code == Some(code) && missing.is_empty() {
            return Ok(());
        }
        Err(format!("exit code {:?} rather than {code}, or it does not say {missing:?}:\n{}", self.code, self.text)
            .into())
    }
}

impl Learner {
    /// A repository with a program that is below the first stage, and a grading remote that knows the stages of these
    /// tests, and grades without a sandbox: the program is this test.
    pub(crate) fn new() -> Result<Learner, Failed> {
        let learner = Learner { home: tempfile::Builder::new().prefix("learner-").tempdir()? };
        fs::create_dir(learner.work())?;
        learner.git(&["init", "--quiet", "--initial-branch", "main"])?;
        let test = env::current_exe()?;
        let run = format!("cd \"$(dirname \"$0\")/..\"\nexec '{}' --serve \"$(cat level)\"", test.display());
        learner.script(".codecrafters/run.sh", &run)?;
        learner.script(".codecrafters/compile.sh", "exit 0")?;
        learner.script("your_program.sh", "exec .codecrafters/run.sh")?;
        learner.level(0)?;
        learner
            .stages(&["--stages", FOLDER, "remote", "--sandbox", "none"])?
            .expect(0, &["is the grading remote `origin`", "Pushes are graded without a sandbox"])?;
        Ok(learner)
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.home.path().join("work")
    }

    pub(crate) fn remote(&self) -> PathBuf {
        self.home.path().join("work.git")
    }

    /// Changes the configuration of the grading remote.
    pub(crate) fn configure(&self, changes: &[(&str, serde_json::Value)]) -> Result<(), Failed> {
        let path = self.remote().join("grading/config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
        for (key, value) in changes {
            config[*key] = value.clone();
        }
        Ok(fs::write(path, config.to_string())?)
    }

    pub(crate) fn script(&self, name: &str, command: &str) -> Result<(), Failed> {
        Ok(support::script(&self.work().join(name), command)?)
    }

    /// Commits a program that passes the stages up to `level`.
    pub(crate) fn level(&self, level: u32) -> Result<(), Failed> {
        fs::write(self.work().join("level"), level.to_string())?;
        self.commit(&format!("Reach level {level}"))
    }

    pub(crate) fn commit(&self, message: &str) -> Result<(), Failed> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]).map(drop)
    }

    /// A command in the repository, as a learner would start it who has configured nothing but a name.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.home.path().join("gitconfig"))
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
        }
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command
    }

    /// What git prints, which must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) -> Result<String, Failed> {
        self.git_in(&self.work(), arguments)
    }

    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> Result<String, Failed> {
        let output = self.command("git").current_dir(folder).args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// `git push` with these arguments.
    pub(crate) fn push(&self, arguments: &[&str]) -> Result<Said, Failed> {
        Ok(Said::of(&self.command("git").arg("push").args(arguments).output()?))
    }

    pub(crate) fn stages(&self, arguments: &[&str]) -> Result<Said, Failed> {
        Ok(Said::of(&self.command(STAGES).args(arguments).output()?))
    }

    /// Lines of the record.
    pub(crate) fn record(&self) -> Result<Vec<serde_json::Value>, Failed> {
        let path = self.remote().join("grading/record.jsonl");
        let text = if path.exists() { fs::read_to_string(path)? } else { String::new() };
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// All references of the grading remote but the notes.
    pub(crate) fn references(&self) -> Result<String, Failed> {
        self.git_in(&self.remote(), &["for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", "refs/for"])
    }
}
