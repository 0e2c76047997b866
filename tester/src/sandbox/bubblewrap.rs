//! Which bubblewrap is installed.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};

use crate::sandbox::{system, toolchain::Toolchain};

/// The bubblewrap of a grading. The grader finds it before anything of the commit is looked at: in the sandbox, a `PATH`
/// may lead to files of the commit first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bubblewrap {
    /// Absolute, without links, and the same inside the sandbox, where nobody can write to it.
    pub(crate) path: PathBuf,
    /// Whether it can keep programs from making user namespaces: since version 0.8.
    pub(crate) can_disable_userns: bool,
}

impl Bubblewrap {
    /// The one on the `PATH`.
    ///
    /// # Errors
    /// Why there is none that can be relied on.
    pub(crate) fn find(toolchain: &Toolchain) -> io::Result<Bubblewrap> {
        let path = on_the_path()
            .ok_or_else(|| io::Error::other("bwrap is not on the PATH; install the package `bubblewrap`"))?;
        let shared = toolchain.folders.iter().filter_map(|folder| fs::canonicalize(folder).ok());
        if !system::has(&path) && !shared.into_iter().any(|folder| path.starts_with(folder)) {
            let path = path.display();
            return Err(io::Error::other(format!(
                "bwrap is {path}, which a sandbox does not show; install the package `bubblewrap`"
            )));
        }
        let version = version_of(&path).map_err(|error| io::Error::new(error.kind(), format!("bwrap: {error}")))?;
        Ok(Bubblewrap { path, can_disable_userns: version >= (0, 8) })
    }
}

/// Parts of the `PATH` that are not absolute mean another folder for each process.
fn on_the_path() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join("bwrap"));
    found.filter(|file| file.is_file()).find_map(|file| fs::canonicalize(file).ok())
}

/// The version of the one on the `PATH`, if there is one.
pub fn version() -> Option<(u32, u32)> {
    version_of(&on_the_path()?).ok()
}

fn version_of(bwrap: &Path) -> io::Result<(u32, u32)> {
    let output = Command::new(bwrap).arg("--version").current_dir("/").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers = || {
        let mut numbers = text.trim().strip_prefix("bubblewrap ")?.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    numbers().ok_or_else(|| io::Error::other("it does not say which version it is"))
}
