//! The exit of a process, and why a script could not be started at all.

use std::{fmt, fs, io, os::unix::process::ExitStatusExt as _, path::Path, process::ExitStatus};

use rustix::fs::{Mode, OFlags, open};
use serde::{Deserialize, Serialize};

use crate::text;

/// Most of a script's first line that is looked at, in bytes; the system itself looks at less.
const FIRST_LINE: u64 = 4 << 10;

/// The exit code of a shell that cannot find a command (POSIX, XCU section 2.8.2).
const COMMAND_NOT_FOUND: i32 = 127;

/// The exit of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// It ended by itself, with this exit code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// The end of a process that ended well.
    pub const SUCCESS: Exit = Exit::Code(0);

    /// Checks whether a shell ended like this because it did not find a command.
    pub fn is_command_not_found(self) -> bool {
        self == Exit::Code(COMMAND_NOT_FOUND)
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Exit {
        // A process that was waited for has one or the other.
        status.code().map_or_else(|| Exit::Signal(status.signal().unwrap_or_default()), Exit::Code)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(signal) => match signal_hook::low_level::signal_name(*signal) {
                Some(name) => write!(f, "signal {signal}, {name}"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// The reason why a script cannot be started. "No such file" of a script that is there means the interpreter in its
/// first line.
pub(crate) fn why_not(script: &Path, error: &io::Error) -> String {
    let text = beginning(script).unwrap_or_default();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match first.strip_prefix(b"#!") {
        Some(rest) if error.kind() == io::ErrorKind::NotFound => {
            if rest.ends_with(b"\r") {
                "its lines end in CR LF, so the system takes the CR for a part of the interpreter's name; save it with \
                 LF line endings"
                    .to_owned()
            } else {
                format!("its first line names an interpreter that does not exist, {}", text::visible(rest.trim_ascii()))
            }
        }
        _ => error.to_string(),
    }
}

/// The beginning of a script, with its first line. A hostile build may have put a pipe or a device in its place, that makes
/// who reads it wait, or never ends.
fn beginning(script: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = fs::File::from(open(script, flags, Mode::empty())?);
    let mut text = Vec::new();
    if file.metadata()?.is_file() {
        io::Read::read_to_end(&mut io::Read::take(file, FIRST_LINE), &mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_said_in_words() {
        for (status, exit, words) in [
            (0, Exit::SUCCESS, "exit code 0"),
            (127 << 8, Exit::Code(127), "exit code 127"),
            (11, Exit::Signal(11), "signal 11, SIGSEGV"),
            (64, Exit::Signal(64), "signal 64"),
        ] {
            assert_eq!(Exit::from(ExitStatus::from_raw(status)), exit);
            assert_eq!(exit.to_string(), words);
            assert_eq!(exit.is_command_not_found(), status == 127 << 8);
        }
    }

    #[test]
    fn a_script_that_cannot_be_started_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("your_program.sh");
        let missing = io::Error::from(io::ErrorKind::NotFound);
        for (text, why) in [
            ("#!/bin/sh\r\nexec true\r\n", "CR LF"),
            ("#!/no/such/shell -e\n", "does not exist, /no/such/shell -e"),
            ("exec true\n", "entity not found"),
        ] {
            fs::write(&script, text).unwrap();
            assert!(why_not(&script, &missing).contains(why), "{text:?}");
        }
        fs::write(&script, "#!/bin/sh\r\n").unwrap();
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(why_not(&script, &denied), "permission denied");
        assert_eq!(why_not(Path::new("/dev/zero"), &denied), "permission denied");
        fs::remove_file(&script).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &script, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(why_not(&script, &denied), "permission denied");
    }
}
