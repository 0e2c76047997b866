//! A repository to test, in a temporary folder, and the command run against it.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support;

pub(crate) struct Repository {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
}

impl Repository {
    /// A repository whose program is this test's server with `flaw`, on a port of its own.
    pub(crate) fn new(flaw: &str) -> Repository {
        let port = support::free_port().expect("a port");
        let program = env::current_exe().expect("the path of this test");
        Repository::with_script(&format!("exec '{}' --serve {flaw} {port} \"$@\"", program.display()), port)
    }

    /// A repository whose program is started by the shell's `command`.
    pub(crate) fn with_script(command: &str, port: u16) -> Repository {
        let folder = tempfile::Builder::new().prefix("repository-").tempdir().expect("a folder");
        // Other users must be able to look into it, for the test that runs as one.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("permissions");
        support::repository(folder.path(), command).expect("scripts");
        Repository { folder, port }
    }

    pub(crate) fn script(&self, name: &str, command: &str) {
        support::script(&self.folder.path().join(name), command).expect("a script");
    }

    /// The command `stages test` with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stages"));
        // Folders for temporary files have another name on each machine.
        command.env("TMPDIR", "/tmp");
        command
            .args(["test", "--stages", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/stages")])
            .arg("--program")
            .arg(self.folder.path())
            .args(["--port", &self.port.to_string()])
            .args(arguments)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs it, with a seed of its own.
    pub(crate) fn test(&self, arguments: &[&str]) -> Output {
        self.command(arguments).args(["--seed", "7"]).output().expect("the command starts")
    }

    /// Output of the command, without what differs from run to run.
    pub(crate) fn normal(&self, output: &Output) -> String {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/stages");
        let text = text
            .replace(&self.folder.path().display().to_string(), "REPOSITORY")
            .replace(here, "STAGES")
            .replace(&self.port.to_string(), "PORT");
        text.lines().map(without_times).map(|line| line + "\n").collect::<String>()
            + &format!("exit code {}\n", output.status.code().map_or("none".to_owned(), |code| code.to_string()))
    }
}

/// The line with its numbers of time, and random folders, replaced.
fn without_times(line: &str) -> String {
    let mut line = line.to_owned();
    for (before, after) in [
        ("Passed in ", " ms."),
        ("/tmp/stages-", "/"),
        ("\"seconds\": ", ","),
        ("time=\"", "\""),
        ("timestamp=\"", "\""),
        ("uuid=\"", "\""),
    ] {
        let mut from = 0;
        while let Some(start) = line[from..].find(before).map(|at| from + at + before.len()) {
            let Some(end) = line[start..].find(after) else { break };
            line.replace_range(start..start + end, "T");
            from = start;
        }
    }
    line
}
