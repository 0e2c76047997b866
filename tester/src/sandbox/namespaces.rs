//! The namespaces of a grading: of users, mounts, processes, networks, names and messages, so that whatever happens in them
//! is over with the last process in them.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::{
        net::UnixStream,
        process::{CommandExt as _, ExitStatusExt as _},
    },
    process::ExitCode,
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
};

use rustix::fs::Mode;

use crate::{
    os::{itself, proc},
    sandbox::{network, tier::Tier},
};

/// The user that runs a program where the grader is root: on every system it has no rights.
const NOBODY: u32 = 65534;

/// Bytes that the first process and the grader send each other over the socket, before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The first process: it has its namespaces, and waits for the map of users.
    Unshared,
    /// The first process: the system refuses namespaces. Why is on standard error.
    Refused,
    /// The grader: the map of users is written.
    Mapped,
}

impl Handshake {
    fn byte(self) -> u8 {
        match self {
            Handshake::Unshared => b'u',
            Handshake::Refused => b'x',
            Handshake::Mapped => b'm',
        }
    }

    pub(crate) fn send(self, mut to: impl Write) -> io::Result<()> {
        to.write_all(&[self.byte()])
    }

    /// Waits for this step; another, or the end, is an error.
    pub(crate) fn await_step(self, mut from: impl Read) -> io::Result<()> {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        if byte[0] == self.byte() { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

/// The first process of a grading, a child of the grader with one thread. In a sandbox it makes the namespaces, asks
/// the grader for the map of users, and starts the worker, which is the first process there.
pub fn enter(tier: Tier) -> io::Result<ExitCode> {
    close_what_was_inherited()?;
    // Away from the terminal: a program must not be able to write to it, or to put words into it.
    rustix::process::setsid()?;
    keyring_of_its_own()?;
    // The program's user must be able to look into what is made for it, whatever the grader's habit is.
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    let mut command = itself::command();
    command.args(["sandbox", if tier == Tier::None { "work" } else { "inside" }]);
    if tier == Tier::None {
        return Err(command.exec());
    }
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    // Without a buffer: what comes after the handshake is for the worker.
    let socket = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    match unshare(flags) {
        Ok(()) => Handshake::Unshared.send(&socket)?,
        Err(error) => {
            // A grader that has gone away need not know.
            let _ = Handshake::Refused.send(&socket);
            let why = match error {
                Errno::ENOSPC => "no more of them are allowed (user.max_user_namespaces)",
                Errno::EPERM => "it is not permitted here",
                other => other.desc(),
            };
            return Err(io::Error::other(format!("the system refuses new namespaces: {why}")));
        }
    }
    Handshake::Mapped.await_step(&socket).map_err(|_| io::Error::other("the grader has gone away"))?;
    network::loopback_up()?;
    let status = command.status()?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Leaves the keyring of the caller's session (session-keyring(7)): no namespace keeps it from those who inherit it, and it
/// may hold passwords and tickets.
fn keyring_of_its_own() -> io::Result<()> {
    match keyutils::Keyring::join_anonymous_session().map_err(|error| Errno::from_raw(error.0)) {
        // If the system has no keyrings, or a container forbids them, the program has none either.
        Ok(_) | Err(Errno::ENOSYS | Errno::EPERM) => Ok(()),
        Err(error) => Err(io::Error::other(format!("it cannot have a keyring of its own: {}", error.desc()))),
    }
}

/// Closes all descriptors but the three that the grader gave: its caller may have left others open, to hooks, pipes and
/// files that are none of the program's business.
fn close_what_was_inherited() -> io::Result<()> {
    let open = proc::descriptors("self");
    if open.is_empty() {
        return Err(io::Error::other("/proc/self/fd cannot be read"));
    }
    for number in open.into_iter().filter(|number| *number > 2) {
        // One of them was that of the listing, and is closed already.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}

/// Writes the maps of a process that is in a new user namespace: the grader's user is root there. Where that is root
/// here too, there is one more, without rights, and that is given.
pub(crate) fn map_users(process: u32) -> io::Result<Option<u32>> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let folder = format!("/proc/{process}");
    let nobody = Some(NOBODY).filter(|id| user == 0 && proc::has_id(*id, "uid_map") && proc::has_id(*id, "gid_map"));
    let map = |own: u32| match nobody {
        Some(nobody) => format!("0 {own} 1\n{nobody} {nobody} 1\n"),
        None => format!("0 {own} 1\n"),
    };
    if nobody.is_none() {
        fs::write(format!("{folder}/setgroups"), "deny")?;
    }
    fs::write(format!("{folder}/uid_map"), map(user))?;
    fs::write(format!("{folder}/gid_map"), map(group))?;
    Ok(nobody)
}
