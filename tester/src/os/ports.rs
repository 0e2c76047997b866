//! Ports: who holds one, and what else keeps a program from it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, ErrorKind},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use crate::os::proc;

/// The sockets of the namespace that this thread is in (proc(5)).
const TABLES: [&str; 2] = ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"];
/// The state of a listening socket in `/proc/net/tcp` (proc(5)).
const LISTEN: &str = "0A";

/// The processes that listen on `port` of this machine, as `name (process 123)`. Empty: nobody does. A process of
/// another user is there, but has no name.
pub(crate) fn holders(port: u16) -> Vec<String> {
    let inodes: Vec<_> = tables().iter().flat_map(|table| listening(table, port)).collect();
    if inodes.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<_> = inodes.iter().flat_map(|inode| owners(inode)).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push("a process of another user".to_owned());
    }
    names
}

/// Checks whether the program's end of a connection belongs to no process any more: `port` is its port, `ours` that of
/// the tester's end. It was closed, then, and the kernel alone waits for the tester to close as well.
pub(crate) fn orphaned(port: u16, ours: u16) -> bool {
    tables().iter().any(|table| table.lines().any(|line| is_orphan(line, port, ours)))
}

fn is_orphan(line: &str, port: u16, ours: u16) -> bool {
    let columns: Vec<_> = line.split_whitespace().collect();
    let ends =
        |column: usize, port: u16| columns.get(column).is_some_and(|text| text.ends_with(&format!(":{port:04X}")));
    ends(1, port) && ends(2, ours) && columns.get(9) == Some(&"0")
}

/// Waits until a server that sets SO_REUSEADDR can have `port`. Connections in TIME-WAIT that an earlier program left,
/// one that did not set it, keep it from everybody for a minute. `told` is called once if there is something to wait
/// for. `false`: it is still not to be had after `patience`.
pub(crate) fn wait_until_free(port: u16, patience: Duration, told: impl FnOnce()) -> bool {
    // std sets SO_REUSEADDR. What else may fail here is the program's to find out.
    let blocked = || TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(|e| e.kind() == ErrorKind::AddrInUse);
    if !blocked() {
        return true;
    }
    told();
    let deadline = Instant::now() + patience;
    while blocked() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(100));
    }
    true
}

/// Number of connections to `port` that wait for the program to accept them. 0 as well where nobody listens.
pub(crate) fn unaccepted(port: u16) -> usize {
    TABLES.iter().filter_map(|path| File::open(path).ok()).map(|table| queued(BufReader::new(table), port)).sum()
}

/// The receive queues of the sockets in a table that listen on `port`; they count connections (proc(5)). Sockets that
/// listen come first, and what comes after them may be long, so it is not read.
fn queued(table: impl BufRead, port: u16) -> usize {
    let wanted = format!(":{port:04X}");
    let lines = table.lines().map_while(Result::ok).skip(1).take_while(|line| line.contains(" 0A "));
    let queue = |line: String| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (_, received) = columns.get(4)?.split_once(':')?;
        columns.get(1)?.ends_with(&wanted).then_some(received)?;
        usize::from_str_radix(received, 16).ok()
    };
    lines.filter_map(queue).sum()
}

fn tables() -> [String; 2] {
    TABLES.map(|path| fs::read_to_string(path).unwrap_or_default())
}

/// The inodes of the sockets in a table that listen on `port`.
fn listening(table: &str, port: u16) -> Vec<String> {
    let wanted = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
            (local.ends_with(&wanted) && *state == LISTEN).then(|| (*inode).to_owned())
        })
        .collect()
}

fn owners(inode: &str) -> Vec<String> {
    let wanted = format!("socket:[{inode}]");
    proc::processes()
        .into_iter()
        .filter(|process| {
            let mut descriptors = proc::descriptors(&process.to_string()).into_iter();
            descriptors.any(|number| {
                proc::descriptor(*process, number).is_some_and(|link| link.as_os_str() == wanted.as_str())
            })
        })
        .map(|process| format!("{} (process {process})", proc::name(process)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let holders = holders(port);
        assert_eq!(holders.len(), 1);
        assert!(holders[0].ends_with(&format!("(process {})", std::process::id())), "{holders:?}");
    }

    #[test]
    fn an_end_that_was_closed_belongs_to_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        let ours = client.local_addr().unwrap().port();
        let (server, _) = listener.accept().unwrap();
        assert!(!orphaned(address.port(), ours));
        server.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(!orphaned(address.port(), ours), "half-closed, and still in use");
        drop(server);
        assert!(orphaned(address.port(), ours));
    }

    #[test]
    fn connections_that_nobody_accepted_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let _clients: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        assert_eq!(unaccepted(address.port()), 3);
        let _first = listener.accept().unwrap();
        assert_eq!(unaccepted(address.port()), 2);
    }

    #[test]
    fn a_port_that_is_free_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut told = false;
        assert!(!wait_until_free(port, Duration::ZERO, || told = true));
        assert!(told);
        drop(listener);
        assert!(wait_until_free(port, Duration::ZERO, || panic!("nothing to wait for")));
    }

    #[test]
    fn only_listening_sockets_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:107D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1\n   \
                     1: 0100007F:107D 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1\n";
        assert_eq!(listening(table, 4221), ["111"]);
        assert!(listening(table, 4222).is_empty());
    }
}
