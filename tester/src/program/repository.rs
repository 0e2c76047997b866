//! The repository under test: where it is, how it is built and how it is started.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

/// A repository with a `your_program.sh`, or CodeCrafters' two scripts.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its folder.
    pub folder: PathBuf,
    /// The script that builds the program once.
    pub compile: Option<PathBuf>,
    /// The script that starts the program.
    pub run: PathBuf,
    /// The command as a person would type it.
    pub shown: &'static str,
}

impl Repository {
    /// The repository in `program`, else the nearest one above the current folder, else the one above `script`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(program: Option<&Path>, script: Option<&Path>) -> Result<Repository> {
        if let Some(folder) = program {
            let folder = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
            let Ok(folder) = fs::canonicalize(folder) else {
                bail!("there is no folder {}", folder.display());
            };
            return match Repository::at(&folder) {
                Some(found) => Ok(found),
                None => bail!(
                    "{} has no your_program.sh, the script that starts your server; it could be\n\n    #!/bin/sh\n    exec python3 \"$(dirname \"$0\")/server.py\" \"$@\"\n",
                    folder.display()
                ),
            };
        }
        let script = script.and_then(|path| fs::canonicalize(path).ok());
        let starts = [env::current_dir().ok(), script];
        for start in starts.into_iter().flatten() {
            if let Some(found) = start.ancestors().find_map(Repository::at) {
                return Ok(found);
            }
        }
        bail!(
            "there is no your_program.sh here or in a folder above; go to your repository, or name it with --program"
        );
    }

    /// The repository in `folder` itself.
    pub fn at(folder: &Path) -> Option<Repository> {
        let file = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        let (compile, run) = (file(".codecrafters/compile.sh"), file(".codecrafters/run.sh"));
        let whole = file("your_program.sh");
        let shown = "./your_program.sh";
        match (run, whole) {
            (Some(run), Some(_)) => Some(Repository { folder: folder.to_owned(), compile, run, shown }),
            (None, Some(run)) => Some(Repository { folder: folder.to_owned(), compile: None, run, shown }),
            _ => None,
        }
    }

    /// Checks whether it may compile when it is started: there is no script that builds it beforehand.
    pub fn compiles_at_start(&self) -> bool {
        self.compile.is_none()
    }

    /// `debug: true` in its `codecrafters.yml`.
    pub fn debug(&self) -> bool {
        let text = fs::read_to_string(self.folder.join("codecrafters.yml")).unwrap_or_default();
        text.lines().any(|line| {
            let line = line.split('#').next().unwrap_or_default();
            line.split_once(':').is_some_and(|(key, value)| key == "debug" && value.trim() == "true")
        })
    }

    /// The command that runs `script`. A script that is not executable is given to the shell.
    pub fn command(script: &Path) -> Vec<OsString> {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = fs::metadata(script).is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
        let mut command = Vec::new();
        if !executable {
            command.push("sh".into());
        }
        command.push(script.into());
        command
    }
}
