//! One TCP connection of the tester: bytes out, bytes in, each with a deadline.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    net::sockopt::set_socket_linger,
};

use crate::{judge::difference::Ended, os::ports, transcript::Leave};

/// Bytes of one read.
const READ: usize = 64 << 10;
/// Most bytes that a program may send in one run, on all connections together. What is received is kept for the report.
pub(crate) const MOST: usize = 128 << 20;
/// Longest time for one attempt to connect.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Bytes of a head beyond which nobody asks whether it came in pieces; it is looked through at each write.
const LONG_HEAD: usize = 16 << 10;

/// The number of bytes that a program may still send in this run; shared by its connections.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<AtomicUsize>);

impl Default for Allowance {
    fn default() -> Allowance {
        Allowance(Arc::new(AtomicUsize::new(MOST)))
    }
}

impl Allowance {
    /// Checks whether nothing is left of it.
    pub fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn take(&self, count: usize) {
        // One thread has all connections of a run.
        self.0.store(self.0.load(Ordering::Relaxed).saturating_sub(count), Ordering::Relaxed);
    }
}

/// An event on a connection, for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// The tester sent this.
    Sent(Vec<u8>),
    /// The program sent this.
    Received(Vec<u8>),
    /// The tester said that it sends no more.
    Finished,
    /// The program ended its side.
    Ended(Ended),
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: Option<TcpStream>,
    allowance: Allowance,
    /// The last deadline that was over when something had come all the same.
    late: Option<Instant>,
    /// Bytes that have come and are not accounted for.
    pub inbox: Vec<u8>,
    /// The end of the peer's side.
    pub ended: Option<Ended>,
    /// For each request sent and not yet answered: whether it was HEAD.
    pub heads: VecDeque<bool>,
    /// The events, in order; a sending or a receiving that goes on is one.
    pub traffic: Vec<Traffic>,
    /// Cuts in the head of the first request, in bytes from its start, if it went out in more than one piece and
    /// nothing was sent since then.
    pub cuts: Vec<usize>,
}

impl Connection {
    /// Connects to `port` of this machine, by IPv4 or else IPv6. Takes no more than `allowance`: then the connection counts
    /// as reset.
    ///
    /// # Errors
    /// The last attempt failed, as when nobody listens.
    pub fn connect(port: u16, allowance: &Allowance) -> io::Result<Connection> {
        let attempt = |address: SocketAddr| {
            let stream = TcpStream::connect_timeout(&address, ATTEMPT)?;
            // A client that is given the very port it connects to is connected to itself.
            if stream.local_addr()? == stream.peer_addr()? {
                return Err(io::Error::from(ErrorKind::ConnectionRefused));
            }
            Ok(stream)
        };
        let stream = attempt((Ipv4Addr::LOCALHOST, port).into())
            .or_else(|error| attempt((Ipv6Addr::LOCALHOST, port).into()).map_err(|_| error))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Connection {
            stream: Some(stream),
            allowance: allowance.clone(),
            late: None,
            inbox: Vec::new(),
            ended: None,
            heads: VecDeque::new(),
            traffic: Vec::new(),
            cuts: Vec::new(),
        })
    }

    /// Sends `bytes`, reading what comes meanwhile, so that neither side waits for the other. A peer that takes no
    /// more is no error: what it sends is looked at later.
    ///
    /// # Errors
    /// Nothing was taken until `deadline`, or the client has left.
    pub fn send(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
            match stream.write(bytes) {
                Ok(sent) => {
                    self.record_sent(&bytes[..sent]);
                    bytes = &bytes[sent..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait(PollFlags::IN | PollFlags::OUT, deadline)?;
                    self.drain();
                }
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits until more bytes or the end have come. `false`: nothing came until `deadline`. What lies there when it is over
    /// is taken once, since it may be the tester that is slow; a program that goes on for ever gains nothing by that.
    pub fn receive(&mut self, deadline: Instant) -> bool {
        loop {
            if self.ended.is_some() {
                return true;
            }
            if Instant::now() >= deadline && self.late.replace(deadline) == Some(deadline) {
                return false;
            }
            let before = self.inbox.len();
            self.drain();
            if self.inbox.len() > before || self.ended.is_some() {
                return true;
            }
            if self.stream.is_none() || self.wait(PollFlags::IN, deadline).is_err() {
                return false;
            }
        }
    }

    /// Takes what has come, without waiting.
    pub fn drain(&mut self) {
        let mut buffer = vec![0; READ];
        while let (None, Some(stream)) = (self.ended, &mut self.stream) {
            if self.allowance.is_used_up() {
                return self.end(Ended::Reset);
            }
            match stream.read(&mut buffer) {
                Ok(0) => self.end(Ended::Closed),
                Ok(count) => {
                    self.inbox.extend_from_slice(&buffer[..count]);
                    self.allowance.take(count);
                    match self.traffic.last_mut() {
                        Some(Traffic::Received(all)) => all.extend_from_slice(&buffer[..count]),
                        _ => self.traffic.push(Traffic::Received(buffer[..count].to_vec())),
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.end(Ended::Reset),
            }
        }
    }

    /// The client leaves.
    pub fn leave(&mut self, how: Leave) -> io::Result<()> {
        match how {
            Leave::Half => {
                self.traffic.push(Traffic::Finished);
                match &self.stream {
                    // A peer that has gone already cannot be told.
                    Some(stream) => stream.shutdown(Shutdown::Write).or_else(|error| match error.kind() {
                        ErrorKind::NotConnected => Ok(()),
                        _ => Err(error),
                    }),
                    None => Ok(()),
                }
            }
            Leave::Close => {
                self.drain();
                if self.ended == Some(Ended::Closed) && self.is_orphaned() {
                    // A plain close would leave the program's port in TIME-WAIT, which may keep the next program from
                    // it. Nobody is left to notice the reset.
                    return self.leave(Leave::Abort);
                }
                self.stream = None;
                Ok(())
            }
            Leave::Abort => {
                if let Some(stream) = self.stream.take() {
                    set_socket_linger(&stream, Some(Duration::ZERO))?;
                }
                Ok(())
            }
        }
    }

    /// Checks whether the client has said that it sends no more.
    pub fn finished(&self) -> bool {
        self.traffic.contains(&Traffic::Finished)
    }

    /// Checks whether the client has left.
    pub fn left(&self) -> bool {
        self.stream.is_none()
    }

    /// Checks whether the program has closed its end, rather than said that it will send no more.
    fn is_orphaned(&self) -> bool {
        let ends = self.stream.as_ref().and_then(|stream| Some((stream.peer_addr().ok()?, stream.local_addr().ok()?)));
        ends.is_some_and(|(theirs, ours)| ports::orphaned(theirs.port(), ours.port()))
    }

    fn wait(&self, flags: PollFlags, deadline: Instant) -> io::Result<()> {
        let stream = self.stream.as_ref().ok_or(ErrorKind::NotConnected)?;
        loop {
            let left = deadline.checked_duration_since(Instant::now()).ok_or(ErrorKind::TimedOut)?;
            let time = left.try_into().map_err(|_| ErrorKind::InvalidInput)?;
            match poll(&mut [PollFd::new(stream, flags)], Some(&time)) {
                Ok(0) => return Err(ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
        self.traffic.push(Traffic::Ended(ended));
    }

    fn record_sent(&mut self, bytes: &[u8]) {
        // A response may have come before the head was whole.
        let mut earlier = self.traffic.iter().filter_map(|entry| match entry {
            Traffic::Sent(bytes) => Some(bytes),
            _ => None,
        });
        let unfinished = |sent: &Vec<u8>| sent.len() <= LONG_HEAD && memchr::memmem::find(sent, b"\r\n\r\n").is_none();
        let first = earlier.next().is_some_and(unfinished);
        let goes_on = matches!(self.traffic.last(), Some(Traffic::Sent(_)));
        if first && earlier.next().is_none() {
            let sent = self.traffic.iter().map(|entry| if let Traffic::Sent(bytes) = entry { bytes.len() } else { 0 });
            self.cuts.push(sent.sum());
        } else if !goes_on {
            self.cuts.clear();
        }
        match self.traffic.last_mut() {
            Some(Traffic::Sent(all)) => all.extend_from_slice(bytes),
            _ => self.traffic.push(Traffic::Sent(bytes.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, time::Duration};

    #[test]
    fn a_head_in_pieces_is_told_from_content_in_pieces() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        for (writes, cuts) in [
            (&["GET / HTTP/1.1\r\n\r\n"][..], &[][..]),
            (&["GE", "T / HTTP/1.1\r\n\r\n"], &[2]),
            (&["GE", "T / HTTP/1.1\r\n\r", "\n"], &[2, 17]),
            (&["POST / HTTP/1.1\r\n\r\n", "pa", "pa", "ya"], &[]),
        ] {
            let mut connection = Connection::connect(port, &Allowance::default()).unwrap();
            for bytes in writes {
                connection.send(bytes.as_bytes(), Instant::now() + Duration::from_secs(5)).unwrap();
            }
            assert_eq!(connection.cuts, cuts, "{writes:?}");
        }
        // The response came too early.
        let mut connection = Connection::connect(port, &Allowance::default()).unwrap();
        connection.record_sent(b"GE");
        connection.traffic.push(Traffic::Received(b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec()));
        connection.record_sent(b"T / HTTP/1.1\r\n\r\n");
        assert_eq!(connection.cuts, [2]);
        connection.traffic.push(Traffic::Received(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()));
        connection.record_sent(b"GET / HTTP/1.1\r\n\r\n");
        assert!(connection.cuts.is_empty());
    }
}
