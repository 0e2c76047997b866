//! A server that does nothing: it reads, and writes the same answer for each end of a head that it sees. No
//! server with a thread for each client can do with less, so it is the ceiling for one.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use anyhow::{Context, Result};
use memchr::memmem;

const PERSISTENT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// Threads that wait for clients when each sends one request only: what the server has as well.
const WAITING: usize = 64;

/// Starts the server on a port of its own; it runs for as long as the process does. If `close`, each connection
/// ends with its first answer.
///
/// # Errors
/// No port, or no thread.
pub(crate) fn start(close: bool) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot bind a port")?;
    rustix::net::listen(&listener, 4096)?;
    let address = listener.local_addr()?;
    for _ in 0..if close { WAITING } else { 1 } {
        let listener = listener.try_clone()?;
        spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if close {
                    serve_once(stream);
                } else if spawn(move || serve(stream)).is_err() {
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
pub(crate) fn main(close: bool) -> Result<()> {
    println!("{}", start(close)?);
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
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

fn serve_once(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok_and(|count| count > 0) {
        let _ = stream.write_all(LAST);
    }
}
