//! Git on the repository that is meant and no other, with that repository's configuration.

use std::{
    ffi::OsStr,
    io::Write as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use anyhow::{Context as _, Result, bail};

/// The oldest git that has all that grading needs: the hook `proc-receive` came with it.
const OLDEST: (u32, u32) = (2, 29);
const NOT_STARTED: &str = "git cannot be started; install it, and make sure that it is on the PATH";

/// A git command in `folder`, which may be a bare repository. A hook is started with variables that point to the
/// repository of the push, and they would lead every other git command there too; so they are removed.
///
/// # Errors
/// There is no git.
pub fn command(folder: &Path) -> Result<Command> {
    let mut command = Command::new("git");
    // A push may bring replacements (git-replace(1)), for whatever the grader reads.
    command.current_dir(folder).arg("--no-replace-objects");
    if is_bare(folder) {
        // With `safe.bareRepository`, git does not take a folder for a repository just because it is in it.
        command.arg("--git-dir=.");
    }
    for name in local_variables()? {
        command.env_remove(name);
    }
    Ok(command)
}

/// The repository of the push that this process is a hook of. Unlike any other call, this one is led by the variables that
/// git has set for the hook.
///
/// # Errors
/// There is no git. Outside a hook, the folder is that of the repository around, or none at all.
pub fn repository_of_hook() -> Result<PathBuf> {
    let mut command = Command::new("git");
    command.args(["rev-parse", "--absolute-git-dir"]).stderr(Stdio::null());
    let output = command.output().context(NOT_STARTED)?;
    Ok(PathBuf::from(OsStr::from_bytes(output.stdout.trim_ascii_end())))
}

/// Checks whether the folder itself is a bare repository.
pub fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// The list of `git rev-parse --local-env-vars`.
fn local_variables() -> Result<&'static [String]> {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    if let Some(names) = NAMES.get() {
        return Ok(names);
    }
    let output = Command::new("git")
        .args(["rev-parse", "--local-env-vars"])
        .stderr(Stdio::null())
        .output()
        .context(NOT_STARTED)?;
    let names = String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect();
    Ok(NAMES.get_or_init(|| names))
}

/// Runs git, and gives its output without the white space at its end.
pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Result<String> {
    run_with(folder, arguments, &[])
}

/// The same, with `input` as its standard input.
pub fn run_with<S: AsRef<OsStr>>(folder: &Path, arguments: &[S], input: &[u8]) -> Result<String> {
    let mut command = command(folder)?;
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.spawn().context(NOT_STARTED)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A git that wants no more says why when it ends.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let what = arguments.first().map(|name| name.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
        bail!("git {what} failed in {}: {}", folder.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Makes sure that git is there, and new enough.
///
/// # Errors
/// Git is missing or too old.
pub fn check_version() -> Result<()> {
    let text = run(Path::new("/"), &["--version"])?;
    match version(&text) {
        Some(found) if found < OLDEST => {
            bail!(
                "git {}.{} is too old for a grading remote; {}.{} or later is needed",
                found.0,
                found.1,
                OLDEST.0,
                OLDEST.1
            )
        }
        // A version that cannot be read is no reason to refuse.
        _ => Ok(()),
    }
}

/// The first two numbers of `git version 2.47.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(2)?.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("git version 3.0.rc1"), Some((3, 0)));
        for strange in ["", "git", "git version", "git version two", "git version 2"] {
            assert_eq!(version(strange), None, "{strange}");
        }
    }

    #[test]
    fn what_git_says_is_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(folder.path(), &["rev-parse", "--verify", "HEAD"]).unwrap_err().to_string();
        assert!(error.contains("git rev-parse failed in ") && error.contains("not a git repository"), "{error}");
    }
}
