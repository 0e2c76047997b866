//! Clients that stay connected and ask for nothing: what they cost, and what a newcomer notices of them.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    ceiling::Responses,
    load::{Load, connect},
    machine::memory,
    measure::{Sample, watch},
    server::{Peer, Programs, Server},
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/// How long a server has to become quiet before its memory is measured.
const SETTLE: Duration = Duration::from_millis(500);

/// What so many clients cost.
#[derive(Debug)]
pub(crate) struct Cost {
    /// Bytes of memory, for each client, that the server's processes have more than without clients. The
    /// kernel's own is not in it.
    pub(crate) memory: f64,
    /// What a client notices that comes while the others are there.
    pub(crate) newcomer: Sample,
}

/// Connects so many clients, each of which asks once, and measures.
///
/// # Errors
/// A client is not served, at first or after the others.
pub(crate) fn measure(programs: &Programs, peer: Peer, files: &Path, clients: usize, time: Duration) -> Result<Cost> {
    let server = Server::start(programs, peer, files, &Responses::default())?;
    thread::sleep(SETTLE);
    let before = memory(&server.processes());
    let mut connected = Vec::with_capacity(clients);
    for number in 0..clients {
        let mut stream = connect(server.address)?;
        stream.set_nonblocking(false)?;
        ask(&mut stream).with_context(|| format!("{}: client {number} is not served", peer.name()))?;
        connected.push(stream);
    }
    thread::sleep(SETTLE);
    let processes = server.processes();
    let memory = memory(&processes).saturating_sub(before) as f64 / clients as f64;
    let messages = [REQUEST.to_vec()];
    let load = Load { address: server.address, messages: &messages, depth: 1, connections: 1, close: false, time };
    let mut ready = load.ready()?;
    let newcomer = watch(&processes, || ready.run())?;
    for stream in connected.iter_mut().step_by(clients / 100 + 1) {
        ask(stream).with_context(|| format!("{}: a client that was idle is not served", peer.name()))?;
    }
    Ok(Cost { memory, newcomer })
}

fn ask(stream: &mut TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(REQUEST)?;
    let mut response = [0; 512];
    let count = stream.read(&mut response)?;
    ensure!(response[..count].starts_with(b"HTTP/1.1 200"), "no response");
    Ok(())
}

/// Raises the limit on open descriptors, which the servers started from here inherit.
///
/// # Errors
/// The system does not allow as many as are needed.
pub(crate) fn allow_descriptors(needed: usize) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    if let Some(maximum) = limit.maximum.filter(|&maximum| maximum < needed as u64) {
        bail!("{needed} descriptors are needed, and the limit is {maximum} (`ulimit -Hn`)");
    }
    Ok(())
}
