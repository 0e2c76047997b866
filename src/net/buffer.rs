//! A buffer between reads from a stream and the parser that consumes them.

/// Bytes received and not consumed yet, with room for more behind them.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// An empty buffer that allocates nothing before it is used.
    pub(crate) fn new() -> Self {
        Buffer::default()
    }

    /// What has been received and not consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Drops bytes from the front of what is unread.
    pub(crate) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.end - self.start);
        self.start += count;
    }

    /// The last bytes consumed. They stay until the next `space` or `append`.
    pub(crate) fn last(&self, count: usize) -> &[u8] {
        &self.bytes[self.start - count..self.start]
    }

    /// Room for a read, at least one byte. The buffer starts at `least` bytes, and doubles when it is full:
    /// without end, since who fills it has a limit of its own, but only up to `most` for the sake of speed.
    pub(crate) fn space(&mut self, least: usize, most: usize) -> &mut [u8] {
        let was_full = self.end == self.bytes.len();
        self.compact();
        let full = self.end == self.bytes.len();
        if self.bytes.len() < least {
            self.bytes.resize(least, 0);
        } else if full || (was_full && self.bytes.len() < most) {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Takes in what a read has put at the front of `space`.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end += count;
        debug_assert!(self.end <= self.bytes.len());
    }

    /// Adds bytes that come from elsewhere.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.compact();
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(bytes);
        self.end = self.bytes.len();
    }

    /// Lets go of what has been consumed.
    fn compact(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }

    /// Gives memory back that a large request has needed, if nothing is unread.
    pub(crate) fn shrink(&mut self, capacity: usize) {
        if self.start == self.end && self.bytes.capacity() > capacity {
            *self = Buffer::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffer: &mut Buffer, bytes: &[u8]) {
        let space = buffer.space(4, 8);
        space[..bytes.len()].copy_from_slice(bytes);
        buffer.filled(bytes.len());
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
