//! One client's thread: moves bytes between its stream and a [`Connection`], and requests to their
//! handlers.

use std::{
    io::{self, ErrorKind},
    mem,
    net::{Shutdown, SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustix::io::ioctl_fionread;

use super::{
    buffer::Buffer,
    upload::Upload,
    wire::{OUTPUT_AT_REST, Wire, is_timeout},
};
use crate::{
    app::routes::{self, Site},
    content::{response::Response, select},
    http::{
        body::BodyError,
        connection::{Connection, Event},
        limits::Limits,
        rejection::Rejection,
        request::Request,
        status::Status,
    },
    log::access::Entry,
};

/// How long a client may take. A thread serves one client, so these bound how long a client can hold a
/// thread that does nothing useful for it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between two requests.
    pub idle: Duration,
    /// For a head, from its first byte to its last.
    pub head: Duration,
    /// Without a byte of content, in either direction.
    pub content: Duration,
    /// Bytes of content a second, in either direction: who is slower for longer than `content` is given up.
    /// 0 for any.
    pub min_rate: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            idle: Duration::from_secs(60),
            head: Duration::from_secs(30),
            content: Duration::from_secs(30),
            min_rate: 500,
        }
    }
}

/// What is the same for all clients.
#[derive(Debug, Default)]
pub struct Service {
    /// What is served.
    pub site: Site,
    /// What a client may send.
    pub limits: Limits,
    /// How long it may take.
    pub patience: Patience,
    /// Whether answers have a `Date` field (RFC 9110 section 6.6.1).
    pub date: bool,
}

/// Room for reading heads: at first and while idle, and when many requests arrive at once.
const ROOM: (usize, usize) = (4 * 1024, 64 * 1024);

/// The buffers that a thread works with, for one client after the other.
#[derive(Debug, Default)]
pub struct Memory {
    input: Buffer,
    output: Vec<u8>,
}

impl Memory {
    /// Empties the buffers, and gives back what they have needed beyond the usual.
    fn rest(&mut self) {
        self.input.consume(self.input.unread().len());
        self.input.shrink(ROOM.0);
        self.output.clear();
        self.output.shrink_to(OUTPUT_AT_REST);
    }
}

/// A connected client. Its thread serves it; the server may tell it from another thread to finish.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    /// Whether the thread waits for a request and owes nothing.
    idle: AtomicBool,
    /// Whether the next answer is to be the last.
    finishing: AtomicBool,
}

impl Client {
    /// A client that has just been accepted. Its stream is to have `TCP_NODELAY` and a write timeout, as
    /// [`Server::bind`](crate::net::server::Server::bind) sets them.
    #[must_use]
    pub fn new(stream: TcpStream, address: SocketAddr) -> Self {
        Client { stream, address, idle: AtomicBool::new(false), finishing: AtomicBool::new(false) }
    }

    /// Ends the connection as soon as nothing is owed to the client: at once if it is idle, else with the
    /// answer to the request at hand.
    pub fn finish(&self) {
        self.finishing.store(true, Ordering::SeqCst);
        if self.idle.load(Ordering::SeqCst) {
            // The thread now reads the end of the stream; but first a request that has just arrived, if any.
            let _ = self.stream.shutdown(Shutdown::Read);
        }
    }

    /// Ends the connection at once.
    pub fn abort(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Serves the client until the connection ends, for whatever reason. Nothing that `memory` has held before is
    /// taken for this client's.
    pub fn serve(&self, service: &Service, memory: &mut Memory) {
        log::info!("{} connected", self.address);
        // A panic loses the buffers, whatever state they are in.
        let mut buffers = mem::take(memory);
        match self.converse(service, &mut buffers) {
            Ok(()) => log::debug!("{} disconnected", self.address),
            Err(error) => log::debug!("{} lost: {error}", self.address),
        }
        buffers.rest();
        *memory = buffers;
    }

    /// # Errors
    /// The client is gone, or takes its answers too slowly.
    fn converse(&self, service: &Service, memory: &mut Memory) -> io::Result<()> {
        let mut connection = Connection::new(service.limits);
        let input = &mut memory.input;
        let mut wire = Wire::new(&self.stream, &service.patience, &mut memory.output);
        let mut head_begun = None;

        // Whether the client may still be sending when the last answer is on its way.
        let unfinished = loop {
            let step = connection.receive(input.unread());
            match step.event {
                Event::Head(request) => {
                    let early = &input.unread()[step.consumed..];
                    let (consumed, late) = self.exchange(service, &mut connection, &mut wire, &request, early)?;
                    input.consume(step.consumed + consumed);
                    input.append(late.unread());
                    head_begun = None;
                }
                // Content is read while its request is answered, and not read once it has been.
                Event::Body(_) | Event::End => input.consume(step.consumed),
                Event::NeedMore => {
                    input.consume(step.consumed);
                    let result = if connection.is_within_request(input.unread()) {
                        let begun: &mut Instant = head_begun.get_or_insert_with(Instant::now);
                        let time = service.patience.head.saturating_sub(begun.elapsed());
                        wire.read(input, ROOM, time)
                    } else {
                        self.idle(service, &mut wire, input)
                    };
                    let reason = match result {
                        Ok(0) => Rejection::Incomplete,
                        Ok(_) => continue,
                        Err(error) if is_timeout(&error) => Rejection::Timeout,
                        Err(error) => return Err(error),
                    };
                    match connection.interrupt(input.unread(), reason) {
                        Event::Reject(rejection) => {
                            self.reject(service, &mut connection, &mut wire, rejection)?;
                            break true;
                        }
                        _ => break false,
                    }
                }
                Event::Reject(rejection) => {
                    self.reject(service, &mut connection, &mut wire, rejection)?;
                    break true;
                }
                // A client that the end of the server takes by surprise may be sending its next request.
                Event::Closed => {
                    let surprised = self.finishing.load(Ordering::SeqCst);
                    break surprised || connection.is_cut_short() || !input.unread().is_empty();
                }
            }
        };
        wire.flush()?;
        if unfinished || ioctl_fionread(&self.stream).is_ok_and(|unread| unread > 0) {
            wire.linger();
        }
        Ok(())
    }

    /// Waits for a request.
    fn idle(&self, service: &Service, wire: &mut Wire<'_>, input: &mut Buffer) -> io::Result<usize> {
        wire.flush()?;
        wire.rest();
        input.shrink(ROOM.0);
        self.idle.store(true, Ordering::SeqCst);
        // Looked at after `idle` is set, as `finish` looks at `idle` after this is set: one of them sees. What
        // has arrived is read nevertheless, and answered if it is a request: then the end.
        if self.finishing.load(Ordering::SeqCst) {
            let _ = self.stream.shutdown(Shutdown::Read);
        }
        let result = wire.read(input, ROOM, service.patience.idle);
        self.idle.store(false, Ordering::SeqCst);
        result
    }

    /// Has a request answered. Gives how much of `early`, which arrived with the head, belonged to it, and
    /// what arrived later and belongs to the next.
    #[inline(never)]
    fn exchange(
        &self,
        service: &Service,
        connection: &mut Connection,
        wire: &mut Wire<'_>,
        request: &Request<'_>,
        early: &[u8],
    ) -> io::Result<(usize, Buffer)> {
        let entry = Entry::begin(self.address);
        let mut upload = Upload::new(connection, wire, early);
        // A handler that panics has a bug; other clients, and other requests, have nothing to do with it.
        let answer = catch_unwind(AssertUnwindSafe(|| answer(service, request, &mut upload)));
        let (consumed, late) = upload.into_rest();
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(BodyError::Rejected(rejection))) => refusal(rejection),
            Ok(Err(BodyError::Lost)) => {
                entry.end(Some(request), None, 0, true);
                return Err(ErrorKind::ConnectionAborted.into());
            }
            Err(_) => {
                connection.close();
                Response::error(Status::INTERNAL_SERVER_ERROR, "the server made a mistake")
            }
        };
        if self.finishing.load(Ordering::SeqCst) {
            connection.close();
        }
        let status = response.status;
        let result = wire.answer(connection, response, service.date);
        entry.end(Some(request), Some(status), wire.content_sent(), result.is_err());
        result.map(|()| (consumed, late))
    }

    #[inline(never)]
    fn reject(
        &self,
        service: &Service,
        connection: &mut Connection,
        wire: &mut Wire<'_>,
        rejection: Rejection,
    ) -> io::Result<()> {
        let entry = Entry::begin(self.address);
        let result = wire.answer(connection, refusal(rejection), service.date);
        entry.end(None, Some(rejection.status()), wire.content_sent(), result.is_err());
        result
    }
}

/// The response to a request.
///
/// Kept out of its caller's frame, which is on the stack while the answer is sent: together with
/// `Connection::head` it is worth a page of stack for each client.
#[inline(never)]
fn answer<'a>(
    service: &'a Service,
    request: &'a Request<'a>,
    upload: &mut Upload<'_, '_>,
) -> Result<Response<'a>, BodyError> {
    let response = routes::respond(&service.site, request, upload)?;
    upload.skip_rest()?;
    Ok(select::select(request, response).unwrap_or_else(|error| {
        log::error!("cannot read a file: {error}");
        Response::error(Status::INTERNAL_SERVER_ERROR, "the file system failed")
    }))
}

/// What a client is told whose request is refused.
fn refusal(rejection: Rejection) -> Response<'static> {
    Response::error(rejection.status(), rejection.reason())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_request_that_arrived_before_the_end_of_the_server_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        write!(stream, "GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let (accepted, address) = listener.accept().unwrap();
        accepted.peek(&mut [0]).unwrap();
        let client = Client::new(accepted, address);
        client.finish();
        stream.shutdown(Shutdown::Write).unwrap();
        client.serve(&Service::default(), &mut Memory::default());
        drop(client);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Connection: close"), "{answer}");
    }

    #[test]
    fn a_handler_that_panics_is_a_500_for_its_client_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Service::default();
        let mut memory = Memory::default();
        for (path, status) in [("panic", "500"), ("echo/a", "200")] {
            let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            write!(stream, "GET /{path} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let (accepted, address) = listener.accept().unwrap();
            Client::new(accepted, address).serve(&service, &mut memory);
            let mut answers = String::new();
            stream.read_to_string(&mut answers).unwrap();
            assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{answers}");
            // After a panic nothing is known of the state of the connection.
            assert_eq!(answers.matches("HTTP/1.1").count(), if status == "500" { 1 } else { 2 }, "{answers}");
        }
    }

    #[test]
    fn what_a_client_has_left_is_not_taken_for_the_next_ones() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Service::default();
        let mut memory = Memory::default();
        for left in [
            "GET /echo/half HTTP/1.1\r\nHo",
            "GET / HTTP/9.9\r\n\r\nGET /",
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        ] {
            for sent in [left, "GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n"] {
                let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                stream.write_all(sent.as_bytes()).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
                let (accepted, address) = listener.accept().unwrap();
                Client::new(accepted, address).serve(&service, &mut memory);
                let mut answers = String::new();
                stream.read_to_string(&mut answers).unwrap();
                let complete = answers.starts_with("HTTP/1.1 200 ") && answers.ends_with("\r\n\r\na");
                assert_eq!(complete, sent != left, "{answers}");
            }
        }
    }
}
