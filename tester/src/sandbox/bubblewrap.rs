//! Which bubblewrap is installed.

use std::{env, io, process::Command};

/// Checks whether it is on the `PATH`.
pub(crate) fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join("bwrap").is_file())
}

/// Its version, if it is here.
pub fn version() -> Option<(u32, u32)> {
    let output = Command::new("bwrap").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().strip_prefix("bubblewrap ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Checks whether it can keep programs from making user namespaces: since version 0.8. One that does not say its
/// version is none that could be relied on.
pub(crate) fn can_disable_userns() -> io::Result<bool> {
    let version = version().ok_or_else(|| io::Error::other("bwrap does not report its version"))?;
    Ok(version >= (0, 8))
}
