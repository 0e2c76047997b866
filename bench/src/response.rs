//! Reads responses as cheaply as is sound: the load must cost less than what it measures.

use anyhow::{Result, bail};
use memchr::memmem;

/// Where one connection is in the responses that it reads.
#[derive(Debug)]
pub(crate) enum Reader {
    /// Within a head; what of it has arrived.
    Head(Vec<u8>),
    /// So many bytes of content are still to come.
    Content(u64),
    /// Within chunked content; what has arrived of a line, and how much of a chunk is still to come.
    Chunks { line: Vec<u8>, left: u64, last: bool },
}

impl Reader {
    pub(crate) fn new() -> Self {
        Reader::Head(Vec::new())
    }

    /// Takes in what has arrived. Gives how many responses have come to their end with it.
    ///
    /// # Errors
    /// It is no response, or one with another status than 2xx, or of unknown length.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<usize> {
        let mut complete = 0;
        while !bytes.is_empty() {
            match self {
                Reader::Head(begun) => {
                    let (length, framing) = if begun.is_empty() {
                        match memmem::find(bytes, b"\r\n\r\n") {
                            Some(end) => (end + 4, framing(&bytes[..end + 4])?),
                            None => {
                                begun.extend_from_slice(bytes);
                                return Ok(complete);
                            }
                        }
                    } else {
                        let before = begun.len();
                        begun.extend_from_slice(bytes);
                        match memmem::find(begun, b"\r\n\r\n") {
                            Some(end) => (end + 4 - before, framing(&begun[..end + 4])?),
                            None => return Ok(complete),
                        }
                    };
                    bytes = &bytes[length..];
                    *self = match framing {
                        Some(length) => Reader::Content(length),
                        None => Reader::Chunks { line: Vec::new(), left: 0, last: false },
                    };
                }
                Reader::Content(left) => {
                    let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    bytes = &bytes[count..];
                    *left -= count as u64;
                }
                Reader::Chunks { line, left, last } => {
                    if *left > 0 {
                        let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                        bytes = &bytes[count..];
                        *left -= count as u64;
                        continue;
                    }
                    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
                    line.extend_from_slice(&bytes[..end]);
                    bytes = &bytes[end..];
                    if line.ends_with(b"\r\n") {
                        if *last {
                            *self = Reader::Content(0);
                        } else {
                            let size = std::str::from_utf8(line)?.trim_end();
                            let size = u64::from_str_radix(size, 16)?;
                            // The data, and the line end behind it.
                            (*left, *last) = if size > 0 { (size + 2, false) } else { (0, true) };
                            line.clear();
                        }
                    }
                }
            }
            if matches!(self, Reader::Content(0)) {
                *self = Reader::new();
                complete += 1;
            }
        }
        Ok(complete)
    }
}

/// The length of the content, None if it is chunked.
fn framing(head: &[u8]) -> Result<Option<u64>> {
    let text = std::str::from_utf8(head)?;
    if !text.starts_with("HTTP/1.1 2") {
        bail!("the response is {:?}", text.lines().next().unwrap_or_default());
    }
    if text.starts_with("HTTP/1.1 204") {
        return Ok(Some(0));
    }
    for line in text.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            return Ok(Some(value.trim().parse()?));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(None);
        }
    }
    bail!("a response without length: {text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_counted_however_they_arrive() {
        let all = b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\n\r\n\r\nx\
            HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n\
            HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
        for size in 1..all.len() {
            let mut reader = Reader::new();
            let count: usize = all.chunks(size).map(|piece| reader.take(piece).unwrap()).sum();
            assert_eq!(count, 3, "in pieces of {size}");
            assert_eq!(reader.take(b"x").unwrap(), 1);
        }
    }

    #[test]
    fn a_response_that_is_none_is_an_error() {
        for bad in ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "x\r\n\r\n"] {
            assert!(Reader::new().take(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
