//! `/mirror`, which sends back the request as it came.

use std::io::Read as _;
use std::net::TcpStream;

use super::{Parts, Reply};

#[derive(Clone, Copy)]
pub(crate) struct Mirror {
    /// Whether a request with this method and target is sent back.
    pub(crate) hangs_at: fn(&str, &str) -> bool,
    /// What is shown of a head.
    pub(crate) head: fn(&[u8]) -> Vec<u8>,
    /// How many bytes of content a head announces; none if it comes in chunks.
    pub(crate) length: fn(&str) -> Option<usize>,
    /// How long the chunks in the buffer are, with their framing, once they are all there.
    pub(crate) chunks: fn(&[u8]) -> Option<usize>,
    /// What is shown of content, by whether it came in chunks.
    pub(crate) content: fn(Vec<u8>, bool) -> Vec<u8>,
    /// The answer that shows this.
    pub(crate) reply: fn(Vec<u8>) -> Reply,
}

impl Mirror {
    pub(crate) fn right() -> Self {
        Mirror {
            hangs_at: |method, target| {
                let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"].contains(&method);
                known && target.split('?').next() == Some("/mirror")
            },
            head: <[u8]>::to_vec,
            length: |head| {
                let field = |name| (Parts::right().field)(head, name);
                match field("Transfer-Encoding") {
                    Some(_) => None,
                    None => Some(field("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0)),
                }
            },
            chunks,
            content: |content, _| content,
            reply: |seen| Reply::with("text/plain", seen),
        }
    }
}

/// How long the chunks at the start of these bytes are, the trailer section included.
pub(crate) fn chunks(bytes: &[u8]) -> Option<usize> {
    let line = |from: usize| Some(from + bytes.get(from..)?.windows(2).position(|two| two == b"\r\n")? + 2);
    let mut at = 0;
    loop {
        let end = line(at)?;
        let size = bytes[at..end].split(|byte| b";\r ".contains(byte)).next()?;
        at = end;
        match usize::from_str_radix(str::from_utf8(size).ok()?, 16).ok()? {
            0 => break,
            size => at += size + 2,
        }
    }
    loop {
        let end = line(at)?;
        if end == at + 2 {
            return Some(end);
        }
        at = end;
    }
}

/// Reads the rest of the request whose head is `raw`; what has arrived of it is in the buffer.
pub(crate) fn answer(parts: &Parts, stream: &mut TcpStream, buffer: &mut Vec<u8>, raw: &[u8]) -> Option<Reply> {
    let mirror = parts.mirror;
    let length = (mirror.length)(&String::from_utf8_lossy(raw));
    let mut piece = [0; 65536];
    let end = loop {
        let end = match length {
            Some(length) => Some(length).filter(|length| *length <= buffer.len()),
            None => (mirror.chunks)(buffer),
        };
        if let Some(end) = end {
            break end;
        }
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        buffer.extend_from_slice(&piece[..n]);
    };
    let content = (mirror.content)(buffer.drain(..end).collect(), length.is_none());
    Some((mirror.reply)([(mirror.head)(raw), content].concat()))
}
