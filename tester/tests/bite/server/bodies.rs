//! Content of requests: chunked framing, clients that ask before they send, and those that break off.

use std::io::Write;
use std::net::TcpStream;

use super::{Parts, Reply, Request, Site, methods};

/// Why there is no content.
pub(crate) enum Broken {
    /// The client has left, or sends no more.
    Left,
    /// What came is no HTTP.
    Malformed,
}

type ReadChunked = fn(&Parts, &mut TcpStream, &mut Vec<u8>) -> Result<Vec<u8>, Broken>;
type ReadSized = fn(&Parts, &mut TcpStream, &mut Vec<u8>, &Request, &Site, usize) -> Option<Vec<u8>>;

#[derive(Clone, Copy)]
pub(crate) struct Bodies {
    /// Whether the value of Transfer-Encoding names chunked framing.
    pub(crate) is_chunked: fn(&str) -> bool,
    /// Takes chunked content out of the buffer, and of the stream.
    pub(crate) chunked: ReadChunked,
    /// The size that a line before a chunk tells.
    pub(crate) size: fn(&str) -> Option<usize>,
    /// Takes content of a known length: the request so far, the site, the length.
    pub(crate) sized: ReadSized,
    /// What is done to content before it is used.
    pub(crate) whole: fn(Vec<u8>) -> Vec<u8>,
    /// Whether a client with this head waits to be told to go on; whether content has come already.
    pub(crate) waits: fn(&str, bool) -> bool,
    /// The final answer to a client that waits, if its content is of no use.
    pub(crate) refuse: fn(&Parts, &Request, &Site) -> Option<Reply>,
    /// What a client that waits is told.
    pub(crate) interim: &'static str,
    /// What is told after the content has come.
    pub(crate) afterwards: &'static str,
    /// The answer to a request that is not whole.
    pub(crate) broken: fn(Broken) -> Option<Reply>,
}

impl Bodies {
    pub(crate) fn right() -> Self {
        Bodies {
            is_chunked: |value| value.eq_ignore_ascii_case("chunked"),
            chunked,
            size: |line| {
                let digits = line.split(';').next()?.trim_end_matches([' ', '\t']);
                let hex = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                usize::from_str_radix(digits, 16).ok().filter(|_| hex)
            },
            sized: |parts, stream, buffer, _, _, length| (parts.body)(stream, buffer, length),
            whole: |content| content,
            waits: |head, begun| {
                let waits = field(head, "Expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
                waits && !begun && !head.contains(" HTTP/1.0\r\n")
            },
            refuse: |parts, request, site| {
                let name = request.target.strip_prefix("/files/").map(parts.decode);
                let takes = name.is_some_and(|name| (parts.place)(&site.directory, &name).is_some());
                (request.method != "POST" || !takes).then(|| methods::answer(parts, request, site))
            },
            interim: "HTTP/1.1 100 Continue\r\n\r\n",
            afterwards: "",
            broken: |why| match why {
                Broken::Left => None,
                Broken::Malformed => Some(Reply::empty("400 Bad Request")),
            },
        }
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    (Parts::right().field)(head, name)
}

/// The content of a request, or the last answer on its connection.
pub(crate) fn read(
    parts: &Parts,
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    request: &mut Request,
    site: &Site,
) -> Result<(), Option<Box<Reply>>> {
    let bodies = parts.bodies;
    let length = (parts.field)(&request.head, "Content-Length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let chunked = (parts.field)(&request.head, "Transfer-Encoding").is_some_and(|value| (bodies.is_chunked)(&value));
    let waits = (chunked || length > 0) && (bodies.waits)(&request.head, !buffer.is_empty());
    if waits {
        if let Some(refusal) = (bodies.refuse)(parts, request, site) {
            return Err(Some(Box::new(refusal)));
        }
        let _ = stream.write_all(bodies.interim.as_bytes());
    }
    let content = if chunked {
        (bodies.chunked)(parts, stream, buffer)
    } else {
        (bodies.sized)(parts, stream, buffer, request, site, length).ok_or(Broken::Left)
    };
    request.body = (bodies.whole)(content.map_err(|why| (bodies.broken)(why).map(Box::new))?);
    if waits {
        let _ = stream.write_all(bodies.afterwards.as_bytes());
    }
    Ok(())
}

fn chunked(parts: &Parts, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Vec<u8>, Broken> {
    let mut content = Vec::new();
    loop {
        let line = line(parts, stream, buffer)?;
        let size = (parts.bodies.size)(&line).ok_or(Broken::Malformed)?;
        if size == 0 {
            break;
        }
        while buffer.len() < size.checked_add(2).ok_or(Broken::Malformed)? {
            more(parts, stream, buffer)?;
        }
        content.extend(buffer.drain(..size));
        if buffer.drain(..2).collect::<Vec<_>>() != b"\r\n" {
            return Err(Broken::Malformed);
        }
    }
    while !line(parts, stream, buffer)?.is_empty() {}
    Ok(content)
}

/// Takes a line out of the buffer, without its end.
pub(crate) fn line(parts: &Parts, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<String, Broken> {
    loop {
        if let Some(end) = buffer.windows(2).position(|w| w == b"\r\n") {
            let line: Vec<u8> = buffer.drain(..end + 2).collect();
            return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        more(parts, stream, buffer)?;
    }
}

/// Takes more bytes from the stream.
pub(crate) fn more(parts: &Parts, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), Broken> {
    match (parts.fill)(stream, buffer) {
        Ok(n) if n > 0 => Ok(()),
        _ => Err(Broken::Left),
    }
}
