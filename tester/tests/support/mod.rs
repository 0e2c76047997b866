//! Tools of several test programs. Each includes them by
//!
//!     #[path = "../support/mod.rs"]
//!     mod support;

#![allow(dead_code, reason = "each test program uses some of it")]

use std::{
    env,
    fs::{self, Permissions},
    io,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Failed;

/// Longest wait of [`until`].
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes an executable file; the folders that it is in are made.
pub(crate) fn executable(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Writes a script that runs `command` in the shell.
pub(crate) fn script(path: &Path, command: &str) -> io::Result<()> {
    executable(path, &format!("#!/bin/sh\n{command}\n"))
}

/// Makes `folder` a repository that the tester can test: `start` starts its program, and there is nothing to compile.
pub(crate) fn repository(folder: &Path, start: &str) -> io::Result<()> {
    script(&folder.join("your_program.sh"), start)?;
    script(&folder.join(".codecrafters/run.sh"), start)?;
    script(&folder.join(".codecrafters/compile.sh"), "exit 0")
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The path of a program that is on the `PATH`, or in a folder of servers, which often is not on it.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The first of these programs that is not installed.
pub(crate) fn missing<'p>(programs: &[&'p str]) -> Option<&'p str> {
    programs.iter().copied().find(|program| find_program(program).is_none())
}

/// Git in `folder`, with nobody's settings.
pub(crate) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// Waits until `condition` is true.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        if Instant::now() > deadline {
            return Err(format!("not true after {} s: {what}", PATIENCE.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
