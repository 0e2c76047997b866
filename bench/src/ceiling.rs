//! A server that does nothing: it reads, and writes the same response for each end of a head that it sees. No
//! server with a thread for each client can do with less, so it is the ceiling for one.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result};
use clap::Args;
use memchr::memmem;
use rustix::{
    fs::sendfile,
    net::{SendFlags, send},
};

/// What it answers: if nothing else is said, 200 without content, time and again.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Responses {
    /// End each connection with its first response
    #[arg(long)]
    pub(crate) close: bool,

    /// Answer with this file, which is opened anew each time
    #[arg(long, value_name = "PATH", conflicts_with = "close")]
    pub(crate) file: Option<PathBuf>,
}

impl Responses {
    /// The arguments that say the same.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let close = self.close.then(|| "--close".into());
        let file = self.file.iter().flat_map(|path| ["--file".into(), path.into()]);
        close.into_iter().chain(file).collect()
    }
}

const PERSISTENT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// Threads that wait for clients when each sends one request only: what the server has as well.
const WAITING: usize = 64;

/// Starts the server on a port of its own; it runs for as long as the process does.
///
/// # Errors
/// No port, or no thread.
pub(crate) fn start(responses: &Responses) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot bind a port")?;
    rustix::net::listen(&listener, 4096)?;
    let address = listener.local_addr()?;
    for _ in 0..if responses.close { WAITING } else { 1 } {
        let listener = listener.try_clone()?;
        let responses = responses.clone();
        spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let file = responses.file.clone();
                if responses.close {
                    serve_once(stream);
                    continue;
                }
                let serve = move || match &file {
                    Some(path) => drop(serve_file(stream, path)),
                    None => serve(stream),
                };
                if spawn(serve).is_err() {
                    return;
                }
            }
        })?;
    }
    Ok(address)
}

/// Starts the server, prints its address, and ends with the standard input: with the process that started it.
///
/// # Errors
/// As [`start`].
pub(crate) fn main(responses: &Responses) -> Result<()> {
    println!("{}", start(responses)?);
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn spawn(run: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().stack_size(64 * 1024).spawn(run).context("cannot start a thread")?;
    Ok(())
}

fn serve(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut buffer = [0; 4096];
    let mut output = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        output.clear();
        for _ in memmem::find_iter(&buffer[..count], b"\r\n\r\n") {
            output.extend_from_slice(PERSISTENT);
        }
        if stream.write_all(&output).is_err() {
            return;
        }
    }
}

fn serve_file(mut stream: TcpStream, path: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        send(&stream, head.as_bytes(), SendFlags::MORE)?;
        let mut left = length as usize;
        while left > 0 {
            match sendfile(&stream, &file, None, left)? {
                0 => return Ok(()),
                count => left -= count,
            }
        }
    }
    Ok(())
}

fn serve_once(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok_and(|count| count > 0) {
        let _ = stream.write_all(LAST);
    }
}
