//! Namespaces: where the system allows it, each stage has a network of its own, in which every port is free.

use std::{
    fs, io, thread,
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, unshare};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// Time for a thread that was joined to be gone, on a machine that is busy: until then the process has two.
const LEAVING: Duration = Duration::from_secs(2);

/// Finds out whether stages can have namespaces of their own, and enters a user namespace if that is needed for it.
/// No other thread may be running. Gives the reason if they cannot.
///
/// # Errors
/// The system does not allow it.
pub fn prepare() -> io::Result<()> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if user == 0 && probe().is_ok() {
        return Ok(());
    }
    enter_user_namespace()?;
    // Without a map every user is nobody; the map of a user to itself is what the kernel lets everyone write.
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    probe()
}

fn enter_user_namespace() -> io::Result<()> {
    let deadline = Instant::now() + LEAVING;
    loop {
        match unshare(CloneFlags::CLONE_NEWUSER) {
            Err(nix::errno::Errno::EINVAL) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
            result => return Ok(result?),
        }
    }
}

/// Tries all that a stage will need, on a thread that is thrown away.
fn probe() -> io::Result<()> {
    let attempt = || {
        enter_network()?;
        unshare(CloneFlags::CLONE_NEWPID).map_err(io::Error::from)
    };
    thread::Builder::new().spawn(attempt)?.join().map_err(|_| io::ErrorKind::Other)?
}

/// Gives this thread, and the processes that it starts from now on, a network of their own: loopback and nothing else.
pub fn enter_network() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNET)?;
    loopback_up()
}

/// Brings `lo` up with one message to the kernel (rtnetlink(7): RTM_NEWLINK with IFF_UP for interface 1).
pub(crate) fn loopback_up() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_WITH_ACK: u16 = 1 | 4;
    const LOOPBACK: i32 = 1;
    const UP: u32 = 1;
    let mut message = Vec::with_capacity(32);
    // struct nlmsghdr: length, type, flags, sequence number, port
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_WITH_ACK.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    // struct ifinfomsg: family and padding, type, index, flags, which flags to change
    message.extend([0; 4]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());

    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // NETLINK_ROUTE is protocol 0.
        None,
    )?;
    send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0; 128];
    let (_, length) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // struct nlmsgerr after the header: 0, or an error number below it
    let code =
        answer.get(16..20).filter(|_| length >= 20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
