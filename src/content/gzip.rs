//! Gzip (RFC 1952), of content in memory and of files while they are sent.

use std::{
    io::{self, ErrorKind},
    sync::Mutex,
};

use flate2::{Compress, Compression, FlushCompress, Status as Progress};

use super::short_gzip::{self, short_gzip};
use crate::{fs::file::FileSlice, lock::lock};

/// Bytes of a file that are read, and compressed, at a time.
const PIECE: usize = 64 * 1024;
/// The level of compression. In two thirds of the time of level 6, its output is as short for small content and 2 % longer for large.
const LEVEL: Compression = Compression::new(4);
/// The logarithm of the window's size: 32 KiB, the largest and the usual one.
const WINDOW_BITS: u8 = 15;

/// Compresses content that is in memory.
///
/// # Errors
/// The compressor fails, which is a bug in it.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= short_gzip::LIMIT {
        return Ok(short_gzip(bytes));
    }
    let mut compressor = Compressor::take();
    // Deflate never adds more than five bytes a block, and gzip 18: no second round is needed in practice.
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 100 + 64);
    compressor.feed(bytes, FlushCompress::Finish, &mut out)?;
    Ok(out)
}

/// The content of a file, compressed while it is sent, in constant memory.
#[derive(Debug)]
pub struct Compressed {
    file: FileSlice,
    compressor: Compressor,
    piece: Vec<u8>,
}

impl Compressed {
    pub(super) fn new(file: FileSlice) -> Self {
        Compressed { compressor: Compressor::take(), file, piece: Vec::with_capacity(PIECE) }
    }

    /// Appends some more of the compressed content to `out`, perhaps nothing; false at its end.
    ///
    /// # Errors
    /// The file could not be read.
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        self.piece.clear();
        self.file.read(PIECE, &mut self.piece)?;
        let more = self.file.length() > 0;
        let flush = if more { FlushCompress::None } else { FlushCompress::Finish };
        self.compressor.feed(&self.piece, flush, out)?;
        Ok(more)
    }
}

/// A gzip compressor on loan. To make one costs many times what a small response takes to compress, so they
/// are used again.
#[derive(Debug)]
struct Compressor(Option<Compress>);

static IDLE: Mutex<Vec<Compress>> = Mutex::new(Vec::new());
/// Compressors kept for later, at about 300 KiB each.
const IDLE_LIMIT: usize = 8;

impl Compressor {
    fn take() -> Self {
        let idle = lock(&IDLE).pop();
        Compressor(Some(idle.unwrap_or_else(|| Compress::new_gzip(LEVEL, WINDOW_BITS))))
    }

    /// Compresses all of `input`.
    fn feed(&mut self, mut input: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(compress) = &mut self.0 else { return Err(ErrorKind::Other.into()) };
        loop {
            out.reserve(input.len() / 2 + 64);
            let before = compress.total_in();
            let progress = compress.compress_vec(input, out, flush)?;
            input = &input[(compress.total_in() - before) as usize..];
            let finished = match flush {
                FlushCompress::Finish => progress == Progress::StreamEnd,
                _ => input.is_empty() && out.len() < out.capacity(),
            };
            if finished {
                return Ok(());
            }
        }
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        if let Some(mut compress) = self.0.take() {
            // Before the lock is held, since it takes as long as to compress a small response.
            compress.reset();
            let mut idle = lock(&IDLE);
            if idle.len() < IDLE_LIMIT {
                idle.push(compress);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn gzip_gives_the_content_back_also_from_a_compressor_used_before() {
        let noise: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for content in [&b""[..], b"abc", &noise[..32], &noise[..33], &noise, &[b'a'; 100_000], b"abc"] {
            let compressed = gzip(content).unwrap();
            let mut decompressed = Vec::new();
            flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut decompressed).unwrap();
            assert_eq!(decompressed, content);
        }
    }

    #[test]
    fn short_content_is_as_short_as_from_a_compressor() {
        let bytes: Vec<u8> = (0..=255).collect();
        let lengths = 0..=short_gzip::LIMIT;
        for content in lengths.flat_map(|length| bytes.windows(length.max(1)).map(move |w| &w[..length])) {
            let short = gzip(content).unwrap();
            let mut decompressed = Vec::new();
            flate2::bufread::GzDecoder::new(&short[..]).read_to_end(&mut decompressed).unwrap();
            assert_eq!(decompressed, content);

            let mut usual = Vec::new();
            Compressor::take().feed(content, FlushCompress::Finish, &mut usual).unwrap();
            // Where most codes are of nine bits, it is cheaper to store the bytes as they are.
            assert!(short.len() <= usual.len() || content.iter().any(|byte| *byte >= 144), "{content:?}");
            assert!(short.len() <= content.len() * 9 / 8 + 22);
        }
    }
}
