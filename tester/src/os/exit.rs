//! How a process ended, and why a script could not be started at all.

use std::{fmt, fs, io, os::unix::process::ExitStatusExt as _, path::Path, process::ExitStatus};

use rustix::fs::{Mode, OFlags, open};
use serde::{Deserialize, Serialize};

use crate::text;

/// Most of a script's first line that is looked at, in bytes; the system itself looks at less.
const FIRST_LINE: u64 = 4 << 10;

/// The exit code of a shell that cannot find a command (POSIX, XCU section 2.8.2).
const COMMAND_NOT_FOUND: i32 = 127;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// By itself, with this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// How a process ended, from the status that `wait` gives for it.
    pub fn of_status(status: i32) -> Exit {
        let status = ExitStatus::from_raw(status);
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            // A process that has ended has either.
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        }
    }

    /// Whether this is success: exit code 0.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }

    /// Whether a shell ended like this because it did not find a command.
    pub fn is_command_not_found(self) -> bool {
        self == Exit::Code(COMMAND_NOT_FOUND)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(signal) => match signal_hook::low_level::signal_name(signal) {
                Some(name) => write!(f, "signal {signal}, {name}"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// How a command came to its end, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It ran, and ended.
    Exit(Exit),
    /// It could not be started; the reason.
    NotStarted(String),
    /// Nobody is left who could tell.
    Unknown,
}

impl Ending {
    /// How its process ended, if it had one.
    pub fn exit(&self) -> Option<Exit> {
        match self {
            Ending::Exit(exit) => Some(*exit),
            Ending::NotStarted(_) | Ending::Unknown => None,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exit(exit) => exit.fmt(f),
            Ending::NotStarted(why) => write!(f, "it could not be started: {why}"),
            Ending::Unknown => f.write_str("no reason given"),
        }
    }
}

/// Why a script cannot be started. "No such file" of a script that is there means the interpreter in its first line.
pub(crate) fn why_not(script: &Path, error: &io::Error) -> String {
    let text = beginning(script).unwrap_or_default();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match first.strip_prefix(b"#!") {
        Some(rest) if error.kind() == io::ErrorKind::NotFound => match rest.ends_with(b"\r") {
            true => {
                "its lines end in CR LF, so the system takes the CR for a part of the interpreter's name; save it with \
                     LF as line end"
                    .to_owned()
            }
            false => {
                format!("its first line names an interpreter that is not there, {}", text::visible(rest.trim_ascii()))
            }
        },
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
    fn an_exit_is_shown_as_people_name_it() {
        for (status, exit, text) in [
            (0, Exit::Code(0), "exit code 0"),
            (0x7f00, Exit::Code(127), "exit code 127"),
            (11, Exit::Signal(11), "signal 11, SIGSEGV"),
            (63, Exit::Signal(63), "signal 63"),
        ] {
            assert_eq!((Exit::of_status(status), exit.to_string().as_str()), (exit, text));
            assert_eq!(exit.is_success(), status == 0);
            assert_eq!(exit.is_command_not_found(), status == 0x7f00);
            assert_eq!(serde_json::from_str::<Exit>(&serde_json::to_string(&exit).unwrap()).unwrap(), exit);
        }
    }

    #[test]
    fn a_script_that_cannot_be_started_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("your_program.sh");
        let missing = io::Error::from(io::ErrorKind::NotFound);
        for (text, why) in [
            ("#!/bin/sh\r\nexec true\r\n", "CR LF"),
            ("#!/no/such/shell -e\n", "not there, /no/such/shell -e"),
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
