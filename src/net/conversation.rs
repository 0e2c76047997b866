//! The conversation with one client: moves bytes between its stream and a [`Connection`], and requests to their
//! handlers.

use std::{
    io::{self, ErrorKind},
    mem,
    net::{Shutdown, SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use rustix::io::ioctl_fionread;

use super::{
    buffer::Buffer,
    config::ServerConfig,
    timeouts::is_timeout,
    upload::Upload,
    wire::{OUTPUT_AT_REST, Wire},
};
use crate::{
    app::routes,
    content::{response::Response, select::select},
    http::{
        body::BodyError,
        connection::{Connection, Event},
        rejection::Rejection,
        request::Request,
        status::Status,
    },
    log::access::Entry,
};

/// Room for reading heads: at first and while idle, and when many requests arrive at once.
const ROOM: (usize, usize) = (4 * 1024, 64 * 1024);

/// The buffers that a thread works with, for one client after the other.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    input: Buffer,
    output: Vec<u8>,
}

impl Buffers {
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
pub(super) struct Conversation {
    stream: TcpStream,
    address: SocketAddr,
    /// True if the thread waits for a request and owes nothing.
    idle: AtomicBool,
    /// True if the next response is to be the last.
    finishing: AtomicBool,
}

impl Conversation {
    /// A conversation with a client that has just been accepted. Its stream is to have `TCP_NODELAY` and a write
    /// timeout, as `Server::bind` sets them.
    pub(super) fn new(stream: TcpStream, address: SocketAddr) -> Self {
        Conversation { stream, address, idle: AtomicBool::new(false), finishing: AtomicBool::new(false) }
    }

    /// Ends the connection as soon as nothing is owed to the client: at once if it is idle, else with the
    /// response to the request at hand.
    pub(super) fn finish(&self) {
        self.finishing.store(true, Ordering::SeqCst);
        if self.idle.load(Ordering::SeqCst) {
            // The thread now reads the end of the stream; but first a request that has just arrived, if any.
            let _ = self.stream.shutdown(Shutdown::Read);
        }
    }

    /// Ends the connection at once.
    pub(super) fn abort(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Serves the client until the connection ends, for whatever reason. Nothing that `buffers` have held before is
    /// taken for this client's.
    pub(super) fn serve(&self, config: &ServerConfig, buffers: &mut Buffers) {
        log::info!("{} connected", self.address);
        // A panic loses the buffers, whatever state they are in.
        let mut taken = mem::take(buffers);
        match self.converse(config, &mut taken) {
            Ok(()) => log::debug!("{} disconnected", self.address),
            Err(error) => log::debug!("{} lost: {error}", self.address),
        }
        taken.rest();
        *buffers = taken;
    }

    /// # Errors
    /// The client is gone, or takes its responses too slowly.
    fn converse(&self, config: &ServerConfig, buffers: &mut Buffers) -> io::Result<()> {
        let mut connection = Connection::new(config.limits);
        let input = &mut buffers.input;
        let mut wire = Wire::new(&self.stream, &config.timeouts, &mut buffers.output);
        let mut head_begun = None;

        // Whether a response is on its way while the client may still be sending. None is when a client that has got all
        // its responses leaves, has been silent for too long, or is told to go by the end of the server.
        let unfinished = loop {
            let step = connection.receive(input.unread());
            match step.event {
                Event::Head(request) => {
                    let early = &input.unread()[step.consumed..];
                    let (consumed, late) = self.exchange(config, &mut connection, &mut wire, &request, early)?;
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
                        let time = config.timeouts.head.saturating_sub(begun.elapsed());
                        wire.read(input, ROOM, time)
                    } else {
                        self.idle(config, &mut wire, input)
                    };
                    let reason = match result {
                        Ok(0) => Rejection::Incomplete,
                        Ok(_) => continue,
                        Err(error) if is_timeout(&error) => Rejection::Timeout,
                        Err(error) => return Err(error),
                    };
                    match connection.interrupt(input.unread(), reason) {
                        Event::Reject(rejection) => {
                            self.reject(config, &mut connection, &mut wire, rejection)?;
                            break true;
                        }
                        _ => break false,
                    }
                }
                Event::Reject(rejection) => {
                    self.reject(config, &mut connection, &mut wire, rejection)?;
                    break true;
                }
                // To look whether something has arrived is not enough: what arrives between that look and the close
                // turns into a reset, which can destroy the response on its way (RFC 9112 section 9.6).
                Event::Closed => break true,
            }
        };
        wire.flush()?;
        if unfinished || ioctl_fionread(&self.stream).is_ok_and(|unread| unread > 0) {
            wire.linger(input, ROOM);
        }
        Ok(())
    }

    /// Waits for a request.
    fn idle(&self, config: &ServerConfig, wire: &mut Wire<'_>, input: &mut Buffer) -> io::Result<usize> {
        wire.flush()?;
        wire.rest();
        input.shrink(ROOM.0);
        self.idle.store(true, Ordering::SeqCst);
        // Looked at after `idle` is set, as `finish` looks at `idle` after this is set: one of them sees. What
        // has arrived is read nevertheless, and answered if it is a request: then the end.
        if self.finishing.load(Ordering::SeqCst) {
            let _ = self.stream.shutdown(Shutdown::Read);
        }
        let result = wire.read(input, ROOM, config.timeouts.idle);
        self.idle.store(false, Ordering::SeqCst);
        result
    }

    /// Makes and sends the response to a request. Gives how much of `early`, which arrived with the head, belonged to it, and
    /// what arrived later and belongs to the next.
    #[inline(never)]
    fn exchange(
        &self,
        config: &ServerConfig,
        connection: &mut Connection,
        wire: &mut Wire<'_>,
        request: &Request<'_>,
        early: &[u8],
    ) -> io::Result<(usize, Buffer)> {
        let entry = Entry::begin(self.address);
        let mut upload = Upload::new(connection, wire, early);
        // A handler that panics has a bug; other clients, and other requests, have nothing to do with it.
        let result = catch_unwind(AssertUnwindSafe(|| response(config, request, &mut upload)));
        let (consumed, late) = upload.into_rest();
        let response = match result {
            Ok(Ok(response)) => response,
            Ok(Err(BodyError::Rejected(rejection))) => rejected(rejection),
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
        let status = response.head.status;
        let result = wire.respond(connection, response, config.date);
        entry.end(Some(request), Some(status), wire.content_sent(), result.is_err());
        result.map(|()| (consumed, late))
    }

    #[inline(never)]
    fn reject(
        &self,
        config: &ServerConfig,
        connection: &mut Connection,
        wire: &mut Wire<'_>,
        rejection: Rejection,
    ) -> io::Result<()> {
        let entry = Entry::begin(self.address);
        let result = wire.respond(connection, rejected(rejection), config.date);
        entry.end(None, Some(rejection.status()), wire.content_sent(), result.is_err());
        result
    }
}

/// Makes the response to a request.
///
/// Kept out of its caller's frame, which is on the stack while the response is sent: together with
/// `Connection::head` it is worth a page of stack for each client.
#[inline(never)]
fn response<'a>(
    config: &'a ServerConfig,
    request: &'a Request<'a>,
    upload: &mut Upload<'_, '_>,
) -> Result<Response<'a>, BodyError> {
    let response = routes::respond(&config.site, request, upload)?;
    upload.skip_rest()?;
    Ok(select(request, response).unwrap_or_else(|error| {
        log::error!("cannot read a file: {error}");
        Response::error(Status::INTERNAL_SERVER_ERROR, "the file system failed")
    }))
}

/// The response to a rejected request.
fn rejected(rejection: Rejection) -> Response<'static> {
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
        let conversation = Conversation::new(accepted, address);
        conversation.finish();
        stream.shutdown(Shutdown::Write).unwrap();
        conversation.serve(&ServerConfig::default(), &mut Buffers::default());
        drop(conversation);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("Connection: close"), "{text}");
    }

    #[test]
    fn a_handler_that_panics_is_a_500_for_its_client_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = ServerConfig::default();
        let mut buffers = Buffers::default();
        for (path, status) in [("panic", "500"), ("echo/a", "200")] {
            let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            write!(stream, "GET /{path} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let (accepted, address) = listener.accept().unwrap();
            Conversation::new(accepted, address).serve(&config, &mut buffers);
            let mut responses = String::new();
            stream.read_to_string(&mut responses).unwrap();
            assert!(responses.starts_with(&format!("HTTP/1.1 {status} ")), "{responses}");
            // After a panic nothing is known of the state of the connection.
            assert_eq!(responses.matches("HTTP/1.1").count(), if status == "500" { 1 } else { 2 }, "{responses}");
        }
    }

    #[test]
    fn what_a_client_has_left_is_not_taken_for_the_next_ones() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = ServerConfig::default();
        let mut buffers = Buffers::default();
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
                Conversation::new(accepted, address).serve(&config, &mut buffers);
                let mut responses = String::new();
                stream.read_to_string(&mut responses).unwrap();
                let complete = responses.starts_with("HTTP/1.1 200 ") && responses.ends_with("\r\n\r\na");
                assert_eq!(complete, sent != left, "{responses}");
            }
        }
    }
}
