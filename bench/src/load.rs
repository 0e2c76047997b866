//! Makes load: a few threads with many connections each, which ask again as soon as they are answered.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustix::{
    buffer::spare_capacity,
    event::{
        Timespec,
        epoll::{self, EventData, EventFlags},
    },
    fd::OwnedFd,
};

use crate::{machine::processors, response::Reader};

/// How long a response, or the next piece of it, may take before the run has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much of a response is read at a time: large, so that reading a large file costs little.
const ROOM: usize = 256 * 1024;

/// What to ask, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    /// What a connection sends at a time: the first one the first of these, and so on, over and over.
    pub(crate) messages: &'a [Vec<u8>],
    /// Requests in each message.
    pub(crate) depth: usize,
    pub(crate) connections: usize,
    /// Whether each message has a connection of its own, which the server ends.
    pub(crate) close: bool,
    /// For so long, new messages are sent.
    pub(crate) time: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    /// Until the last response was there.
    pub(crate) elapsed: Duration,
    /// From the first byte sent to the last received, of each message, in microseconds.
    pub(crate) latencies: Vec<u32>,
}

impl Load<'_> {
    /// Connects, and has each connection ask once, so that what is measured later has begun.
    ///
    /// # Errors
    /// As [`Ready::run`].
    pub(crate) fn ready(&self) -> Result<Ready<'_>> {
        let threads = processors().min(2).min(self.connections);
        let share = |thread| (self.connections + threads - 1 - thread) / threads;
        let workers = (0..threads).map(|thread| Worker::new(self, share(thread), thread)).collect::<Result<_>>()?;
        let mut ready = Ready { time: self.time, workers };
        if self.connections > 1 {
            ready.run_for(Duration::ZERO)?;
        }
        Ok(ready)
    }
}

/// Connections that wait to be told to ask.
pub(crate) struct Ready<'a> {
    time: Duration,
    workers: Vec<Worker<'a>>,
}

impl Ready<'_> {
    /// Makes the load.
    ///
    /// # Errors
    /// A connection failed, or a response is wrong or does not come. Whatever was measured then is worth nothing.
    pub(crate) fn run(&mut self) -> Result<Outcome> {
        self.run_for(self.time)
    }

    fn run_for(&mut self, time: Duration) -> Result<Outcome> {
        let begun = Instant::now();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> =
                self.workers.iter_mut().map(|worker| scope.spawn(move || worker.run(begun + time))).collect();
            running.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a thread panicked"))?).collect()
        });
        let mut sum = Outcome { elapsed: begun.elapsed(), ..Outcome::default() };
        for outcome in outcomes {
            let outcome: Outcome = outcome?;
            sum.requests += outcome.requests;
            sum.latencies.extend(outcome.latencies);
        }
        Ok(sum)
    }
}

/// A thread with its connections.
struct Worker<'a> {
    load: &'a Load<'a>,
    epoll: OwnedFd,
    links: Vec<Link<'a>>,
    outcome: Outcome,
}

/// A connection.
struct Link<'a> {
    stream: TcpStream,
    message: &'a [u8],
    sent: usize,
    /// Whether the rest of the message waits for the stream to take more.
    blocked: bool,
    /// Responses to come.
    owed: usize,
    reader: Reader,
    begun: Instant,
}

impl<'a> Worker<'a> {
    fn new(load: &'a Load<'a>, connections: usize, first: usize) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut links = Vec::new();
        for number in 0..connections {
            let message = &load.messages[(first + 2 * number) % load.messages.len()];
            let stream = connect(load.address)?;
            epoll::add(&epoll, &stream, EventData::new_u64(number as u64), EventFlags::IN)?;
            let begun = Instant::now();
            links.push(Link { stream, message, sent: 0, blocked: false, owed: 0, reader: Reader::new(), begun });
        }
        Ok(Worker { load, epoll, links, outcome: Outcome::default() })
    }

    /// Asks until `end`, on each connection once at least, and waits for the responses.
    fn run(&mut self, end: Instant) -> Result<Outcome> {
        let mut busy = self.links.len();
        for number in 0..self.links.len() {
            self.ask(number)?;
        }
        let mut buffer = vec![0; ROOM];
        let mut events = Vec::with_capacity(256);
        let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
        while busy > 0 {
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))?;
            ensure!(!events.is_empty(), "no response within {} seconds", PATIENCE.as_secs());
            for event in events.drain(..) {
                let (number, flags) = (event.data.u64() as usize, event.flags);
                if flags.contains(EventFlags::OUT) {
                    self.send(number)?;
                }
                if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                    continue;
                }
                if self.read(number, &mut buffer)? {
                    if Instant::now() < end {
                        self.ask(number)?;
                    } else {
                        busy -= 1;
                    }
                }
            }
        }
        Ok(std::mem::take(&mut self.outcome))
    }

    /// Sends a connection's next message.
    fn ask(&mut self, number: usize) -> Result<()> {
        let link = &mut self.links[number];
        link.begun = Instant::now();
        link.sent = 0;
        link.owed = self.load.depth;
        self.send(number)
    }

    fn send(&mut self, number: usize) -> Result<()> {
        let link = &mut self.links[number];
        while link.sent < link.message.len() {
            match link.stream.write(&link.message[link.sent..]) {
                Ok(count) => link.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let interest = EventFlags::IN | EventFlags::OUT;
                    epoll::modify(&self.epoll, &link.stream, EventData::new_u64(number as u64), interest)?;
                    link.blocked = true;
                    return Ok(());
                }
                Err(error) => return Err(error).context("cannot send a request"),
            }
        }
        if std::mem::take(&mut link.blocked) {
            epoll::modify(&self.epoll, &link.stream, EventData::new_u64(number as u64), EventFlags::IN)?;
        }
        Ok(())
    }

    /// Reads what is there. Gives whether the connection is ready for its next message.
    fn read(&mut self, number: usize, buffer: &mut [u8]) -> Result<bool> {
        let link = &mut self.links[number];
        let count = match link.stream.read(buffer) {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(false),
            Err(error) => return Err(error).context("cannot read a response"),
        };
        if count == 0 {
            ensure!(self.load.close && link.owed == 0, "the server has closed a connection that should persist");
            link.stream = connect(self.load.address)?;
            epoll::add(&self.epoll, &link.stream, EventData::new_u64(number as u64), EventFlags::IN)?;
            return Ok(true);
        }
        let responses = link.reader.take(&buffer[..count])?;
        if responses > link.owed {
            bail!("more responses than requests");
        }
        link.owed -= responses;
        if responses == 0 || link.owed > 0 {
            return Ok(false);
        }
        let latency = link.begun.elapsed().as_micros();
        self.outcome.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        self.outcome.requests += self.load.depth as u64;
        Ok(!self.load.close)
    }
}

pub(crate) fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).context("cannot connect")?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ceiling::{self, Responses};

    fn load(messages: &[Vec<u8>], depth: usize, connections: usize, close: bool) -> Outcome {
        let address = ceiling::start(&Responses { close, file: None }).unwrap();
        Load { address, messages, depth, connections, close, time: Duration::from_millis(1) }
            .ready()
            .and_then(|mut ready| ready.run())
            .unwrap()
    }

    #[test]
    fn every_request_is_answered() {
        let message = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        for connections in [1, 2, 3, 7] {
            let outcome = load(&[message.to_vec()], 1, connections, false);
            assert!(outcome.requests >= connections as u64, "{outcome:?}");
            assert_eq!(outcome.latencies.len() as u64, outcome.requests);
        }
        let outcome = load(&[message.repeat(16)], 16, 2, false);
        assert!(outcome.requests >= 32 && outcome.requests.is_multiple_of(16), "{outcome:?}");
        assert!(load(&[message.to_vec()], 1, 3, true).requests >= 3);
    }

    #[test]
    fn a_server_that_leaves_is_an_error() {
        let address = ceiling::start(&Responses { close: true, file: None }).unwrap();
        let messages = [b"GET / HTTP/1.1\r\n\r\n".to_vec()];
        let load = Load {
            address,
            messages: &messages,
            depth: 1,
            connections: 1,
            close: false,
            time: Duration::from_millis(100),
        };
        assert!(load.ready().and_then(|mut ready| ready.run()).is_err());
    }
}
