//! The compilers and interpreters of this machine, so that a build finds them in the sandbox.

use std::{collections::BTreeMap, env, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::sandbox::system;

/// The folders that a build sees besides those of the system (`/usr`, `/bin`, `/lib`), and the variables that name them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Toolchain {
    /// `PATH`.
    pub path: Vec<PathBuf>,
    /// Folders that are there at the same place, read-only: toolchains, and shared caches of dependencies.
    pub folders: Vec<PathBuf>,
    /// Variables of toolchains: `RUSTUP_HOME`, `CARGO_HOME`, `PYENV_ROOT`, `JAVA_HOME`, …
    pub variables: BTreeMap<String, String>,
}

impl Toolchain {
    /// The toolchain that this process would use: its `PATH`, and the well-known folders of toolchains in a home. Never
    /// a whole home, and no cache of dependencies; those are added to `folders` by whoever wants to share them.
    pub fn detect() -> Toolchain {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let mut found = Toolchain::default();
        for (variable, usual, parts) in [
            ("RUSTUP_HOME", ".rustup", &[""][..]),
            // Not the whole: it may hold credentials.
            ("CARGO_HOME", ".cargo", &["bin"][..]),
            ("PYENV_ROOT", ".pyenv", &[""][..]),
            ("NVM_DIR", ".nvm", &["versions"][..]),
            ("VOLTA_HOME", ".volta", &["bin", "tools"][..]),
            ("SDKMAN_DIR", ".sdkman", &["candidates"][..]),
            ("GOROOT", "", &[""][..]),
            ("JAVA_HOME", "", &[""][..]),
        ] {
            let named = env::var_os(variable).map(PathBuf::from);
            let Some(folder) = named.or_else(|| Some(home.join(usual)).filter(|_| !usual.is_empty())) else {
                continue;
            };
            if !folder.is_absolute() || !folder.is_dir() {
                continue;
            }
            let Some(text) = folder.to_str() else { continue };
            found.variables.insert(variable.to_owned(), text.to_owned());
            let parts = parts.iter().map(|part| if part.is_empty() { folder.clone() } else { folder.join(part) });
            found.folders.extend(parts.filter(|part| part.is_dir() && !system::has(part)));
        }
        for folder in env::split_paths(&env::var_os("PATH").unwrap_or_default()) {
            if folder.is_absolute() && folder.is_dir() && !found.path.contains(&folder) {
                found.path.push(folder);
            }
        }
        // A folder below /opt or /usr/local belongs to the machine; one in a home may hold anything.
        found.folders.extend(found.path.iter().filter(|folder| folder.starts_with("/opt")).cloned());
        found
    }

    /// `CARGO_HOME`, which cargo writes to even when it has nothing to store; none if it belongs to the system.
    pub(crate) fn cargo_home(&self) -> Option<PathBuf> {
        let home = PathBuf::from(self.variables.get("CARGO_HOME")?);
        (home.is_absolute() && !system::has(&home)).then_some(home)
    }
}
