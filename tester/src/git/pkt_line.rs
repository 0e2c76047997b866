//! Packets as git sends them (gitprotocol-common(5)): four hexadecimal digits that give the length of the whole, then
//! the contents; `0000` is a flush, which ends a list.

use std::io::{self, Read, Write};

/// Most bytes of contents in one packet.
pub(crate) const MOST: usize = 65_516;

/// The next packet, without the line feed at its end; `None` is a flush.
///
/// # Errors
/// The stream ends, or what comes is no packet.
pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut digits = [0; 4];
    input.read_exact(&mut digits)?;
    let hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
    let length = std::str::from_utf8(&digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
    match length.filter(|_| hexadecimal) {
        Some(0) => Ok(None),
        Some(length) if (4..=MOST + 4).contains(&length) => {
            let mut contents = vec![0; length - 4];
            input.read_exact(&mut contents)?;
            if contents.last() == Some(&b'\n') {
                contents.pop();
            }
            Ok(Some(contents))
        }
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("`{}` is not a packet length", digits.escape_ascii()),
        )),
    }
}

/// All packets up to the next flush.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_list(input: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let mut list = Vec::new();
    while let Some(packet) = read(input)? {
        list.push(packet);
    }
    Ok(list)
}

/// Writes a packet; contents beyond [`MOST`] bytes are cut off.
pub(crate) fn write(output: &mut impl Write, contents: &[u8]) -> io::Result<()> {
    let contents = &contents[..contents.len().min(MOST)];
    write!(output, "{:04x}", contents.len() + 4)?;
    output.write_all(contents)
}

/// Writes a flush, and lets all go out.
pub(crate) fn flush(output: &mut impl Write) -> io::Result<()> {
    output.write_all(b"0000")?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        for packet in [&b"version=1\0push-options atomic"[..], b"", b"\n", &[b'x'; MOST]] {
            write(&mut bytes, packet).unwrap();
        }
        flush(&mut bytes).unwrap();
        bytes.extend_from_slice(b"trailing");
        let mut input = Drops(&bytes);
        let list = read_list(&mut input).unwrap();
        assert_eq!(list.len(), 4);
        assert_eq!(list[0], b"version=1\0push-options atomic");
        assert_eq!((list[1].len(), list[2].len(), list[3].len()), (0, 0, MOST));
        assert_eq!(input.0, b"trailing");
    }

    #[test]
    fn a_packet_ends_where_it_says() {
        assert_eq!(read(&mut &b"0006a\n0007rest"[..]).unwrap(), Some(b"a".to_vec()));
        assert_eq!(read(&mut &b"0004"[..]).unwrap(), Some(Vec::new()));
        assert_eq!(read(&mut &b"0000"[..]).unwrap(), None);
        for wrong in ["", "000", "0001", "0002", "0003", "+00a", "00g0", "fff1", "ffff", "0009abc", " 0005"] {
            assert!(read(&mut wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_long_packet_is_cut() {
        let mut bytes = Vec::new();
        write(&mut bytes, &[b'x'; MOST + 1]).unwrap();
        assert_eq!(read(&mut &bytes[..]).unwrap().map(|packet| packet.len()), Some(MOST));
    }
}
