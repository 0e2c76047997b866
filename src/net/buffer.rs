//! A buffer between reads from a stream and the parser that consumes them.

/// Bytes received and not consumed yet, with room for more behind them.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The number of them that are consumed.
    start: usize,
}

impl Buffer {
    /// An empty buffer that allocates nothing before it is used.
    pub(super) fn new() -> Self {
        Buffer::default()
    }

    /// The bytes received and not consumed.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Drops bytes from the front of what is unread.
    pub(super) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.unread().len());
        self.start += count;
    }

    /// The last bytes consumed. They stay until the next `room` or `append`.
    pub(super) fn last(&self, count: usize) -> &[u8] {
        &self.bytes[self.start - count..self.start]
    }

    /// Makes room for a read, which appends to the vector within its capacity: at least one byte. The buffer starts at
    /// `least` bytes, and doubles when it is full: without end, since who fills it has a limit of its own, but only up
    /// to `most` for the sake of speed.
    pub(super) fn room(&mut self, least: usize, most: usize) -> &mut Vec<u8> {
        let was_full = self.bytes.len() == self.bytes.capacity();
        self.compact();
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        if capacity < least {
            self.bytes.reserve_exact(least - length);
        } else if length == capacity || (was_full && capacity < most) {
            self.bytes.reserve_exact(capacity * 2 - length);
        }
        &mut self.bytes
    }

    /// Adds bytes that come from elsewhere.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.compact();
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Lets go of what has been consumed.
    fn compact(&mut self) {
        self.bytes.drain(..self.start);
        self.start = 0;
    }

    /// Gives memory back that a large request has needed, if nothing is unread.
    pub(super) fn shrink(&mut self, capacity: usize) {
        if self.unread().is_empty() && self.bytes.capacity() > capacity {
            *self = Buffer::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffer: &mut Buffer, bytes: &[u8]) {
        let room = buffer.room(4, 8);
        assert!(room.capacity() - room.len() >= bytes.len());
        room.extend_from_slice(bytes);
    }

    #[test]
    fn what_is_unread_survives_growth_and_compaction() {
        let mut buffer = Buffer::new();
        fill(&mut buffer, b"abcd");
        buffer.consume(1);
        assert_eq!((buffer.last(1), buffer.unread()), (&b"a"[..], &b"bcd"[..]));
        fill(&mut buffer, b"e");
        assert_eq!(buffer.unread(), b"bcde");
        buffer.append(b"fgh");
        assert_eq!(buffer.unread(), b"bcdefgh");
        fill(&mut buffer, b"i");
        buffer.consume(8);
        assert_eq!((buffer.last(3), buffer.unread()), (&b"ghi"[..], &b""[..]));
    }

    /// A client that sends the head of its next request together with the last of its content, time and again,
    /// never makes the buffer read.
    #[test]
    fn a_buffer_that_is_only_appended_to_does_not_keep_what_was_consumed() {
        let mut buffer = Buffer::new();
        for _ in 0..1000 {
            buffer.append(b"abcd");
            buffer.consume(4);
        }
        assert!(buffer.bytes.capacity() < 100, "{} bytes", buffer.bytes.capacity());
    }

    #[test]
    fn a_buffer_at_rest_is_small() {
        let mut buffer = Buffer::new();
        buffer.append(&[0; 100]);
        buffer.shrink(8);
        assert_eq!(buffer.unread().len(), 100);
        buffer.consume(100);
        buffer.shrink(8);
        assert_eq!(buffer.bytes.capacity(), 0);
    }
}
