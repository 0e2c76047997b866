//! A client that sends any bytes and takes responses by the letter of RFC 9112.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use super::PATIENCE;

/// A connection to the server.
pub(crate) struct Client {
    /// For what the methods here do not offer.
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

/// A response, complete and well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status codes of the interim responses (1xx) that came before.
    pub(crate) interim: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// In order, names as they were sent.
    pub(crate) fields: Vec<(String, String)>,
    /// With chunked coding removed, content coding not.
    pub(crate) content: Vec<u8>,
    /// The head as it was sent, with its empty line.
    pub(crate) head: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The stream ended, by FIN or by reset, before the first byte of a response.
    End,
    /// It ended within one, after these bytes.
    Cut(Vec<u8>),
    /// Nothing, or not enough, came in time; this had.
    Timeout(Vec<u8>),
    /// What came is no response: why, and what it was.
    Malformed(String, Vec<u8>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::End => f.write_str("the connection ended without a response"),
            Failure::Cut(bytes) => write!(f, "the connection ended within a response: {}", bytes.escape_ascii()),
            Failure::Timeout(bytes) => write!(f, "no complete response in time: {}", bytes.escape_ascii()),
            Failure::Malformed(why, bytes) => write!(f, "{why}: {}", bytes.escape_ascii()),
        }
    }
}

impl Response {
    /// The value of a field that may stand only once.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..]);
        let value = values.next();
        assert_eq!(values.next(), None, "more than one {name} in {self:?}");
        value
    }

    /// The content as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.content).expect("the content is text")
    }

    /// Whether the server announced that it closes the connection.
    pub(crate) fn closes(&self) -> bool {
        self.field("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// Whether only the end of the stream ends the content.
    pub(crate) fn is_until_close(&self) -> bool {
        !matches!(self.status, 204 | 304) && !self.is_chunked() && self.field("Content-Length").is_none()
    }

    fn is_chunked(&self) -> bool {
        self.field("Transfer-Encoding").is_some()
    }

    /// Reads a head strictly: HTTP/1.1, three digits, tokens, no white space that need not be there.
    fn parse(head: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(head).map_err(|_| "a head with bytes that are no UTF-8")?;
        let mut lines = text.strip_suffix("\r\n\r\n").ok_or("a head without an empty line")?.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let rest = status_line.strip_prefix("HTTP/1.1 ").ok_or("a status line that is not HTTP/1.1")?;
        let (code, reason) = rest.split_once(' ').ok_or("a status line without its second space")?;
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a status code that is not three digits".to_owned());
        }
        let mut fields = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(": ").ok_or("a field line without a colon and a space")?;
            let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if name.is_empty() || !is_token || value.trim() != value || value.bytes().any(|byte| byte < b' ') {
                return Err(format!("a bad field line {line:?}"));
            }
            fields.push((name.to_owned(), value.to_owned()));
        }
        let response = Response {
            interim: Vec::new(),
            status: code.parse().map_err(|_| "a status code that is no number")?,
            reason: reason.to_owned(),
            fields,
            content: Vec::new(),
            head: head.to_vec(),
        };
        let count = |name: &str| response.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).count();
        match (count("Content-Length"), count("Transfer-Encoding")) {
            (0..=1, 0) => Ok(response),
            (0, 1) if response.field("Transfer-Encoding") == Some("chunked") => Ok(response),
            _ => Err("more than one length, or an unknown transfer coding".to_owned()),
        }
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server accepts a client");
        stream.set_nodelay(true).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client { stream, received: Vec::new() }
    }

    /// Sends bytes that the server is to take to the last one.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the server takes what is sent");
    }

    /// Sends bytes; the server may close the connection while it does.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Sends the end of the stream and goes on reading.
    pub(crate) fn finish_sending(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Vanishes with a reset, as a crashed program does.
    pub(crate) fn reset(self) {
        let linger = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(&self.stream, linger).unwrap();
    }

    /// Lets the system take little for this client that it has not read, so that the server soon has to wait.
    pub(crate) fn hold_little(&self) {
        rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, 128 * 1024).unwrap();
    }

    /// Waits until the server has begun to answer, and reads nothing.
    #[track_caller]
    pub(crate) fn peek(&mut self) {
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(self.stream.peek(&mut [0]).expect("the server answers"), 1);
    }

    /// The address of this side, as the server logs it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// The response to a request that is not HEAD.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> Response {
        self.try_receive(false).unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// The response to a HEAD request.
    #[track_caller]
    pub(crate) fn receive_to_head(&mut self) -> Response {
        self.try_receive(true).unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// The response, if one comes. `to_head` says that the request was HEAD, so that no content follows.
    pub(crate) fn try_receive(&mut self, to_head: bool) -> Result<Response, Failure> {
        let deadline = Instant::now() + PATIENCE;
        let mut response = self.receive_head(deadline)?;
        if !to_head && !matches!(response.status, 204 | 304) {
            let content = self.receive_content(&response, deadline);
            response.content = content.map_err(|failure| match failure {
                Failure::End => Failure::Cut(Vec::new()),
                failure => failure,
            })?;
        }
        Ok(response)
    }

    fn receive_content(&mut self, response: &Response, deadline: Instant) -> Result<Vec<u8>, Failure> {
        if response.is_chunked() {
            return self.receive_chunks(deadline);
        }
        if let Some(length) = response.field("Content-Length") {
            let length = length.parse().map_err(|_| self.malformed("a Content-Length that is no number"))?;
            self.fill(length, deadline)?;
            return Ok(self.received.drain(..length).collect());
        }
        while self.read(deadline)? > 0 {}
        Ok(std::mem::take(&mut self.received))
    }

    /// The head of the response and of the interim ones before; the content is still to be read.
    pub(crate) fn receive_head(&mut self, deadline: Instant) -> Result<Response, Failure> {
        let mut interim = Vec::new();
        loop {
            let mut scanned = 0;
            let length = loop {
                let from = usize::saturating_sub(scanned, 3);
                if let Some(at) = self.received[from..].windows(4).position(|window| window == b"\r\n\r\n") {
                    break from + at + 4;
                }
                scanned = self.received.len();
                self.more(deadline)?;
            };
            let response = Response::parse(&self.received[..length]).map_err(|why| self.malformed(&why))?;
            self.received.drain(..length);
            if !matches!(response.status, 100..=199) {
                return Ok(Response { interim, ..response });
            }
            interim.push(response.status);
        }
    }

    fn receive_chunks(&mut self, deadline: Instant) -> Result<Vec<u8>, Failure> {
        let mut content = Vec::new();
        loop {
            let end = loop {
                match self.received.windows(2).position(|window| window == b"\r\n") {
                    Some(end) => break end,
                    None => self.more(deadline)?,
                }
            };
            let digits = std::str::from_utf8(&self.received[..end]).ok().filter(|line| !line.starts_with('+'));
            let size = digits.and_then(|line| usize::from_str_radix(line, 16).ok());
            let size = size.ok_or_else(|| self.malformed("a bad chunk size"))?;
            self.received.drain(..end + 2);
            self.fill(size + 2, deadline)?;
            content.extend(self.received.drain(..size));
            if &self.received[..2] != b"\r\n" {
                return Err(self.malformed("a chunk without its line end, or a trailer field"));
            }
            self.received.drain(..2);
            if size == 0 {
                return Ok(content);
            }
        }
    }

    /// Hands over the next `length` bytes piece by piece, for content too large to keep.
    #[track_caller]
    pub(crate) fn stream_content(&mut self, mut length: u64, mut take: impl FnMut(&[u8])) {
        while length > 0 {
            if self.received.is_empty() {
                self.more(Instant::now() + PATIENCE)
                    .unwrap_or_else(|failure| panic!("{failure}, {length} bytes short"));
            }
            let piece = self.received.len().min(usize::try_from(length).unwrap_or(usize::MAX));
            take(&self.received[..piece]);
            self.received.drain(..piece);
            length -= piece as u64;
        }
    }

    /// Expects that the server ends the stream with FIN and sends nothing before it.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        let rest = self.rest().expect("the stream ends without a reset and in time");
        assert!(rest.is_empty(), "bytes before the end of the stream: {}", rest.escape_ascii());
    }

    /// Expects that the server gave the connection up, by FIN or by reset, without another byte.
    #[track_caller]
    pub(crate) fn expect_gone(&mut self) {
        match self.rest() {
            Ok(rest) => assert!(rest.is_empty(), "bytes before the end of the stream: {}", rest.escape_ascii()),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
    }

    /// Expects that the connection is usable, by using it.
    #[track_caller]
    pub(crate) fn expect_open(&mut self) {
        self.send("GET /echo/still-open HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(self.receive().text(), "still-open");
    }

    /// Everything up to the end of the stream.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        while self.read_some(deadline)? > 0 {}
        Ok(std::mem::take(&mut self.received))
    }

    fn malformed(&self, why: &str) -> Failure {
        Failure::Malformed(why.to_owned(), self.received[..self.received.len().min(500)].to_vec())
    }

    fn fill(&mut self, length: usize, deadline: Instant) -> Result<(), Failure> {
        while self.received.len() < length {
            self.more(deadline)?;
        }
        Ok(())
    }

    fn more(&mut self, deadline: Instant) -> Result<(), Failure> {
        match self.read(deadline)? {
            0 if self.received.is_empty() => Err(Failure::End),
            0 => Err(Failure::Cut(std::mem::take(&mut self.received))),
            _ => Ok(()),
        }
    }

    fn read(&mut self, deadline: Instant) -> Result<usize, Failure> {
        self.read_some(deadline).map_err(|error| match error.kind() {
            ErrorKind::ConnectionReset if self.received.is_empty() => Failure::End,
            ErrorKind::ConnectionReset => Failure::Cut(std::mem::take(&mut self.received)),
            ErrorKind::TimedOut => Failure::Timeout(std::mem::take(&mut self.received)),
            _ => panic!("cannot read: {error}"),
        })
    }

    fn read_some(&mut self, deadline: Instant) -> io::Result<usize> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut piece = [0; 64 * 1024];
        let count = self.stream.read(&mut piece).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
            _ => error,
        })?;
        self.received.extend_from_slice(&piece[..count]);
        Ok(count)
    }
}
