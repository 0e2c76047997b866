//! A client's stream with the output that waits to be written, and a clock for every wait.
//!
//! One rule governs the output: responses gather in a buffer, which is written before the thread blocks to
//! read, or when it is full. So head and content leave in one write, and so do the responses to a group of
//! pipelined requests.

use std::{
    io::{self, ErrorKind},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant, SystemTime},
};

use rustix::{
    buffer::spare_capacity,
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
};

use super::{
    buffer::Buffer,
    timeouts::{RateGuard, Timeouts},
};
use crate::{
    content::{
        gzip::Compressed,
        multipart::Multipart,
        response::{Content, Response},
    },
    fs::file::FileSlice,
    http::{
        connection::{Connection, Framing},
        date,
        response_head::{LAST_CHUNK, chunk_size},
        status::Status,
    },
};

/// Output is written when this much has gathered.
const OUTPUT_FULL: usize = 64 * 1024;
/// Memory that the output keeps while a client is idle.
pub(super) const OUTPUT_AT_REST: usize = 4 * 1024;
/// Files up to this size are read into the output behind the head, so that one write sends both. Beyond, `sendfile`
/// is cheaper, since it copies nothing.
const SMALL_FILE: u64 = 2 * 1024;
/// Bytes sent from a file in one call: enough to make the call cheap, little enough to notice between two
/// calls that the client is too slow.
const FILE_PIECE: usize = 512 * 1024;
/// A connection is not closed while the client still sends, since that would destroy the response on its way
/// (RFC 9112 section 9.6): what arrives is read and thrown away, this long and this much.
const LINGER_TIME: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 64 * 1024 * 1024;

/// A client's stream.
#[derive(Debug)]
pub(super) struct Wire<'s> {
    stream: &'s TcpStream,
    timeouts: &'s Timeouts,
    /// The bytes that wait to be written.
    pub(super) output: &'s mut Vec<u8>,
    /// Bytes of content of the last response that were sent, or wait to be.
    content_sent: u64,
    /// The read timeout that the socket has at the moment.
    read_timeout: Option<Duration>,
}

impl<'s> Wire<'s> {
    /// A wire with nothing to write yet. The stream has its write timeout from the listener (`Server::bind`).
    pub(super) fn new(stream: &'s TcpStream, timeouts: &'s Timeouts, output: &'s mut Vec<u8>) -> Self {
        Wire { stream, timeouts, output, content_sent: 0, read_timeout: None }
    }

    pub(super) fn timeouts(&self) -> &'s Timeouts {
        self.timeouts
    }

    /// Bytes of content of the last response that were sent, or wait to be: fewer than it had if it failed.
    pub(super) fn content_sent(&self) -> u64 {
        self.content_sent
    }

    /// Reads into `buffer` what arrives within `timeout`; 0 is the end of the stream. What waits to be
    /// written is written before.
    pub(super) fn read(&mut self, buffer: &mut Buffer, sizes: (usize, usize), timeout: Duration) -> io::Result<usize> {
        self.flush()?;
        if timeout.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        if self.read_timeout != Some(timeout) {
            self.stream.set_read_timeout(Some(timeout))?;
            self.read_timeout = Some(timeout);
        }
        loop {
            match recv(self.stream, spare_capacity(buffer.room(sizes.0, sizes.1)), RecvFlags::empty()) {
                Ok((count, _)) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes all that waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        // Mostly the system takes all of it at once, and no clock is needed.
        match send(self.stream, self.output, SendFlags::DONTWAIT) {
            Ok(count) => drop(self.output.drain(..count)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if self.output.is_empty() {
            return Ok(());
        }
        self.write_output(&mut RateGuard::new(self.timeouts), SendFlags::empty())
    }

    fn write_output(&mut self, guard: &mut RateGuard<'_>, flags: SendFlags) -> io::Result<()> {
        let mut rest = &self.output[..];
        while !rest.is_empty() {
            let sent = match send(self.stream, rest, flags) {
                // Linux waits for a third of the socket's buffer to be free. A slow client may have made less room.
                Err(Errno::AGAIN) => send(self.stream, rest, flags | SendFlags::DONTWAIT),
                sent => sent,
            };
            match sent {
                Ok(count) => {
                    rest = &rest[count..];
                    guard.moved(count);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if !rest.is_empty() {
                guard.time_left()?;
            }
        }
        self.output.clear();
        Ok(())
    }

    /// Gives memory back for as long as the client is idle.
    pub(super) fn rest(&mut self) {
        if self.output.capacity() > OUTPUT_AT_REST {
            *self.output = Vec::new();
        }
    }

    /// Sends the response to the request at hand.
    ///
    /// # Errors
    /// The client is gone or takes nothing, or the content cannot be had to its end. Then the only way to
    /// tell the client is to close the connection.
    pub(super) fn respond(
        &mut self,
        connection: &mut Connection,
        response: Response<'_>,
        date: bool,
    ) -> io::Result<()> {
        self.content_sent = 0;
        let begin = self.output.len();
        let date_value = date.then(|| date::format(SystemTime::now()));
        let framing = connection.respond(&response.head, response.content.length(), date_value.as_deref(), self.output);
        if framing == Framing::None {
            return Ok(());
        }
        match response.content {
            Content::Bytes(bytes) => {
                self.output.extend_from_slice(&bytes);
                self.content_sent = bytes.len() as u64;
            }
            Content::File(mut file) if file.length() <= SMALL_FILE => {
                match file.read(SMALL_FILE as usize, self.output) {
                    Ok(count) => self.content_sent = count as u64,
                    Err(error) => {
                        // Nothing of this response has been written yet, so there can be another.
                        log::error!("cannot read a file: {error}");
                        self.output.truncate(begin);
                        connection.close();
                        let failure = Response::error(Status::INTERNAL_SERVER_ERROR, "the file system failed");
                        return self.respond(connection, failure, date);
                    }
                }
            }
            Content::File(mut file) => self.send_file(&mut file, &mut RateGuard::new(self.timeouts))?,
            Content::Multipart(content) => self.send_parts(*content)?,
            Content::Compressed(content) => self.send_compressed(*content, framing == Framing::Chunked)?,
        }
        if self.output.len() >= OUTPUT_FULL {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends what waits to be written, then the file from the kernel's cache to the socket.
    fn send_file(&mut self, file: &mut FileSlice, guard: &mut RateGuard<'_>) -> io::Result<()> {
        self.write_output(guard, SendFlags::MORE)?;
        while file.length() > 0 {
            match file.send(FILE_PIECE, self.stream) {
                Ok(count) => {
                    guard.moved(count);
                    self.content_sent += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            guard.time_left()?;
        }
        Ok(())
    }

    fn send_parts(&mut self, content: Multipart) -> io::Result<()> {
        let mut guard = RateGuard::new(self.timeouts);
        let mut file = content.file;
        for (head, offset, length) in &content.parts {
            self.output.extend_from_slice(head);
            self.content_sent += head.len() as u64;
            file.select(*offset, *length);
            if *length <= SMALL_FILE {
                self.content_sent += file.read(SMALL_FILE as usize, self.output)? as u64;
            } else {
                self.send_file(&mut file, &mut guard)?;
            }
            if self.output.len() >= OUTPUT_FULL {
                self.write_output(&mut guard, SendFlags::MORE)?;
            }
        }
        self.output.extend_from_slice(&content.end);
        self.content_sent += content.end.len() as u64;
        Ok(())
    }

    fn send_compressed(&mut self, mut content: Compressed, chunked: bool) -> io::Result<()> {
        let mut guard = RateGuard::new(self.timeouts);
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let more = content.next(&mut piece)?;
            self.content_sent += piece.len() as u64;
            if chunked && !piece.is_empty() {
                chunk_size(piece.len(), self.output);
                self.output.extend_from_slice(&piece);
                self.output.extend_from_slice(b"\r\n");
            } else {
                self.output.extend_from_slice(&piece);
            }
            if !more {
                break;
            }
            if self.output.len() >= OUTPUT_FULL {
                self.write_output(&mut guard, SendFlags::empty())?;
                guard.time_left()?;
            }
        }
        if chunked {
            self.output.extend_from_slice(LAST_CHUNK);
        }
        Ok(())
    }

    /// Ends the stream in such a way that the last response arrives, also if the client is still sending.
    #[inline(never)]
    /// What is in `input`, and what still comes, is dropped.
    pub(super) fn linger(&mut self, input: &mut Buffer, sizes: (usize, usize)) {
        let deadline = Instant::now() + LINGER_TIME;
        let mut left = LINGER_BYTES;
        if self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        loop {
            input.consume(input.unread().len());
            match self.read(input, sizes, deadline.saturating_duration_since(Instant::now())) {
                Ok(count) if count > 0 && left > 0 => left = left.saturating_sub(count as u64),
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, net::TcpListener, thread};

    use rustix::net::sockopt;

    use super::*;

    /// Whoever takes some bytes within each timeout is not too slow, however large the socket's buffer is.
    #[test]
    fn a_slow_reader_gets_a_large_output() {
        let timeouts = Timeouts { content: Duration::from_secs(1), ..Timeouts::default() };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        sockopt::set_socket_send_buffer_size(&listener, 1 << 20).unwrap();
        sockopt::set_socket_recv_buffer_size(&listener, 1 << 14).unwrap();
        let mut reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_write_timeout(Some(timeouts.content)).unwrap();
        sockopt::set_socket_recv_buffer_size(&reader, 1 << 14).unwrap();
        let reads = thread::spawn(move || {
            for _ in 0..125 {
                reader.read_exact(&mut [0; 2048]).unwrap();
                thread::sleep(Duration::from_millis(20));
            }
            io::copy(&mut reader, &mut io::sink()).unwrap()
        });
        let mut output = vec![b'a'; 8 << 20];
        Wire::new(&stream, &timeouts, &mut output).flush().unwrap();
        drop(stream);
        assert_eq!(reads.join().unwrap(), (8 << 20) - 125 * 2048);
    }
}
