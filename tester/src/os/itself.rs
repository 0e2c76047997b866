//! This command, started again as another process of its own.

use std::{fs, os::unix::process::CommandExt as _, path::PathBuf, process::Command};

/// The kernel's own link to the binary that runs (proc_pid_exe(5)). A path may lead to another version by now, or
/// nowhere: whoever installs a new one must not break what is under way.
pub(crate) const EXE: &str = "/proc/self/exe";

/// This command, of the version that runs, whatever has become of its file.
pub(crate) fn command() -> Command {
    let mut command = Command::new(EXE);
    command.arg0("stages");
    command
}

/// Path of its file when it was started; a deleted one has no path.
pub(crate) fn path() -> Option<PathBuf> {
    fs::read_link(EXE).ok().filter(|path| path.exists())
}
