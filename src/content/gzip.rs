//! Content codings: which one a client accepts (RFC 9110 section 12.5.3), and gzip.

use std::{
    io::{self, ErrorKind},
    sync::{Mutex, PoisonError},
};

use flate2::{Compress, Compression, Crc, FlushCompress, Status as Progress};
use nom::{
    IResult, Parser,
    bytes::complete::{tag_no_case, take_while_m_n},
    character::complete::{char, one_of},
    combinator::{all_consuming, map, opt, recognize},
    sequence::preceded,
};

use super::response::{Content, Response};
use crate::{
    fs::directory::FileSlice,
    http::{
        fields::{Fields, list},
        grammar,
        rejection::Rejection,
    },
};

/// Content up to this size is compressed in memory, so that its length can be told.
const IN_MEMORY: u64 = 64 * 1024;
/// How much of a file is read, and compressed, at a time.
const PIECE: usize = 64 * 1024;
/// In two thirds of the time of level 6, its output is as short for small content and 2 % longer for large.
const LEVEL: Compression = Compression::new(4);
/// Window of 32 KiB, the largest and the usual one.
const WINDOW_BITS: u8 = 15;

/// A coding that this server can produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// The content as it is.
    Identity,
    /// RFC 1952.
    Gzip,
}

/// The acceptable coding with the highest weight, gzip if in doubt, and whether the content as it is would
/// be acceptable as well. None if the client refuses both.
#[must_use]
pub fn negotiate(fields: &Fields<'_>) -> Option<(Coding, bool)> {
    let mut gzip = None;
    let mut identity = None;
    let mut any = None;
    for member in fields.all("Accept-Encoding").flat_map(list) {
        // A member that is malformed is one that we do not understand: as good as not there.
        let Ok((_, (coding, weight))) = all_consuming(weighted_coding).parse(member) else { continue };
        let slot = if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip") {
            &mut gzip
        } else if coding.eq_ignore_ascii_case(b"identity") {
            &mut identity
        } else if coding == b"*" {
            &mut any
        } else {
            continue;
        };
        *slot = (*slot).max(Some(weight));
    }
    // Without a word about it, gzip is not acceptable and identity is, though less than anything listed.
    let gzip = gzip.or(any).unwrap_or(0);
    let acceptable = identity.or(any) != Some(0);
    match gzip {
        0 if !acceptable => None,
        0 => Some((Coding::Identity, acceptable)),
        weight if identity.is_some_and(|identity| identity > weight) => Some((Coding::Identity, acceptable)),
        _ => Some((Coding::Gzip, acceptable)),
    }
}

/// Compresses the content of a response.
///
/// # Errors
/// Content from a file could not be read.
pub fn compress(response: Response<'_>) -> io::Result<Response<'_>> {
    let content = match response.content {
        Content::Bytes(bytes) => Content::Bytes(gzip(&bytes)?.into()),
        Content::File(mut file) if file.length() <= IN_MEMORY => {
            let mut bytes = Vec::new();
            file.read(IN_MEMORY as usize, &mut bytes)?;
            Content::Bytes(gzip(&bytes)?.into())
        }
        Content::File(file) => Content::Compressed(Box::new(Compressed::new(file))),
        // Parts of a file, and what is compressed already, stay as they are.
        content @ (Content::Multipart(_) | Content::Compressed(_)) => return Ok(Response { content, ..response }),
    };
    Ok(Response { content, ..response }.with("Content-Encoding", "gzip"))
}

/// ```text
/// codings [ weight ]
/// weight = OWS ";" OWS "q=" qvalue
/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
/// The weight comes in thousandths.
fn weighted_coding(input: &[u8]) -> IResult<&[u8], (&[u8], u16), Rejection> {
    let digits = |input| take_while_m_n(0, 3, |byte: u8| byte.is_ascii_digit()).parse(input);
    let qvalue = map((one_of("01"), opt(preceded(char('.'), digits))), |(whole, digits): (char, Option<&[u8]>)| {
        let digits = digits.unwrap_or_default();
        let thousandths =
            (0..3).fold(0, |sum, at| sum * 10 + digits.get(at).map_or(0, |digit| u16::from(digit - b'0')));
        (whole, thousandths)
    });
    let qvalue = nom::combinator::map_opt(qvalue, |(whole, thousandths)| match (whole, thousandths) {
        ('0', thousandths) => Some(thousandths),
        (_, 0) => Some(1000),
        _ => None,
    });
    let weight = preceded((grammar::ows, char(';'), grammar::ows, tag_no_case("q=")), qvalue);
    map((recognize(grammar::token), opt(weight)), |(coding, weight)| (coding, weight.unwrap_or(1000))).parse(input)
}

/// Compresses content that is in memory.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() <= SHORT {
        return Ok(gzip_short(bytes));
    }
    let mut compressor = Compressor::take();
    // Deflate never adds more than five bytes a block, and gzip 18: no second round is needed in practice.
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 100 + 64);
    compressor.feed(bytes, FlushCompress::Finish, &mut out)?;
    Ok(out)
}

/// Content up to this many bytes, a word or two, has nothing in it that could be left out.
const SHORT: usize = 32;

/// Writes content as one block of literals in deflate's fixed code (RFC 1951 section 3.2.6), which is what a
/// compressor makes of it, too; but before that it would clear its tables of 256 KiB.
fn gzip_short(bytes: &[u8]) -> Vec<u8> {
    // RFC 1952 section 2.3: deflate, no flags, no time, made by an unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.reserve(2 * SHORT);
    let (mut bits, mut count) = (0_u32, 0);
    let mut put = |value: u32, length: u32| {
        bits |= value << count;
        count += length;
        while count >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block; fixed code.
    put(0b1, 1);
    put(0b01, 2);
    for &byte in bytes {
        // Codes begin with their highest bit, all else with its lowest.
        let (code, length) = match u32::from(byte) {
            byte @ ..144 => (0b0011_0000 + byte, 8),
            byte => (0b1_1001_0000 + byte - 144, 9),
        };
        put(code.reverse_bits() >> (u32::BITS - length), length);
    }
    // The end of the block is seven zeros, and up to seven more fill the last byte.
    put(0, 7);
    put(0, 7);
    let mut crc = Crc::new();
    crc.update(bytes);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    out
}

/// The content of a file, compressed while it is sent, in constant memory.
#[derive(Debug)]
pub struct Compressed {
    file: FileSlice,
    compressor: Compressor,
    piece: Vec<u8>,
}

impl Compressed {
    fn new(file: FileSlice) -> Self {
        Compressed { compressor: Compressor::take(), file, piece: Vec::with_capacity(PIECE) }
    }

    /// Appends some more of the compressed content to `out`, perhaps nothing; false at its end.
    ///
    /// # Errors
    /// The file could not be read.
    pub fn next(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        self.piece.clear();
        self.file.read(PIECE, &mut self.piece)?;
        let more = self.file.length() > 0;
        let flush = if more { FlushCompress::None } else { FlushCompress::Finish };
        self.compressor.feed(&self.piece, flush, out)?;
        Ok(more)
    }
}

/// A gzip compressor on loan. To make one costs many times what a small answer takes to compress, so they
/// are used again.
#[derive(Debug)]
struct Compressor(Option<Compress>);

static IDLE: Mutex<Vec<Compress>> = Mutex::new(Vec::new());
/// Compressors kept for later, at about 300 KiB each.
const IDLE_LIMIT: usize = 8;

impl Compressor {
    fn take() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
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
            // Before the lock is held, since it takes as long as to compress a small answer.
            compress.reset();
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
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
    use crate::http::fields::Field;

    fn chosen(value: &str) -> Option<Coding> {
        negotiate(&Fields(vec![Field { name: b"accept-encoding", value: value.as_bytes() }])).map(|(coding, _)| coding)
    }

    #[test]
    fn the_best_acceptable_coding_is_chosen() {
        for (value, coding) in [
            ("gzip", Some(Coding::Gzip)),
            ("GZip", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("deflate, gzip, br", Some(Coding::Gzip)),
            ("br,,gzip", Some(Coding::Gzip)),
            ("*", Some(Coding::Gzip)),
            ("gzip ; q=0.001", Some(Coding::Gzip)),
            ("gzip;Q=1.000", Some(Coding::Gzip)),
            ("gzip, identity", Some(Coding::Gzip)),
            ("gzip;q=0.5, *;q=0", Some(Coding::Gzip)),
            ("identity;q=0, gzip;q=0.1", Some(Coding::Gzip)),
            ("", Some(Coding::Identity)),
            ("br", Some(Coding::Identity)),
            ("xgzip", Some(Coding::Identity)),
            ("gzip2, not-gzip", Some(Coding::Identity)),
            ("gzip;q=0", Some(Coding::Identity)),
            ("gzip;q=0.000, *", Some(Coding::Identity)),
            ("gzip;q=0.5, identity", Some(Coding::Identity)),
            ("gzip;q=2", Some(Coding::Identity)),
            ("gzip;q=1.001", Some(Coding::Identity)),
            ("gzip;level=9", Some(Coding::Identity)),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("br, *;q=0", None),
        ] {
            assert_eq!(chosen(value), coding, "{value}");
        }
        assert_eq!(negotiate(&Fields::default()), Some((Coding::Identity, true)));
        let fields = Fields(vec![Field { name: b"Accept-Encoding", value: b"gzip, identity;q=0" }]);
        assert_eq!(negotiate(&fields), Some((Coding::Gzip, false)));
    }

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
        for content in (0..=SHORT).flat_map(|length| bytes.windows(length.max(1)).map(move |w| &w[..length])) {
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
