//! Range requests for bytes (RFC 9110 section 14).

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag_no_case, take_while1},
    character::complete::char,
    combinator::{all_consuming, map, map_opt, opt},
    multi::{many0_count, separated_list1},
    sequence::{preceded, separated_pair, terminated},
};

use super::{
    grammar::{decimal, ows},
    rejection::Rejection,
};
use crate::fs::directory::FileSlice;

/// More ranges than this, or ranges that are longer together than the whole, are not a use of ranges but an
/// attack (RFC 9110 section 17.15): the whole is sent then.
const MOST_RANGES: usize = 32;

/// What a `Range` field asks of a representation.
#[derive(Debug, PartialEq, Eq)]
pub enum Ranges {
    /// The whole: there is no range that this server understands, or one too many.
    Whole,
    /// These parts, each an offset and a length of at least 1; at least one.
    Parts(Vec<(u64, u64)>),
    /// Nothing that there is: `416 Range Not Satisfiable`.
    Unsatisfiable,
}

/// One `range-spec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spec {
    From(u64, Option<u64>),
    Suffix(u64),
}

impl Spec {
    /// The offset and length within a representation of `whole` bytes.
    fn within(self, whole: u64) -> Option<(u64, u64)> {
        let (first, length) = match self {
            Spec::From(first, last) => {
                let end = last.map_or(whole, |last| whole.min(last.saturating_add(1)));
                (first, end.saturating_sub(first))
            }
            Spec::Suffix(length) => (whole.saturating_sub(length), whole.min(length)),
        };
        (length > 0).then_some((first, length))
    }
}

/// Reads the value of a `Range` field. What is malformed, or has a unit other than bytes, is ignored
/// (RFC 9110 section 14.2).
#[must_use]
pub fn select(value: &[u8], whole: u64) -> Ranges {
    let Ok((_, specs)) = all_consuming(ranges_specifier).parse(value) else { return Ranges::Whole };
    if specs.len() > MOST_RANGES {
        return Ranges::Whole;
    }
    let parts: Vec<_> = specs.iter().filter_map(|spec| spec.within(whole)).collect();
    let together: u128 = parts.iter().map(|&(_, length)| u128::from(length)).sum();
    match parts.len() {
        0 => Ranges::Unsatisfiable,
        1 => Ranges::Parts(parts),
        _ if together > u128::from(whole) => Ranges::Whole,
        _ => Ranges::Parts(parts),
    }
}

/// ```text
/// ranges-specifier = range-unit "=" range-set
/// range-set        = 1#range-spec
/// ```
fn ranges_specifier(input: &[u8]) -> IResult<&[u8], Vec<Spec>, Rejection> {
    let comma = || (ows, char(','), ows);
    preceded(
        (tag_no_case("bytes"), char('='), ows, many0_count(comma())),
        terminated(separated_list1((comma(), many0_count(comma())), spec), (many0_count(comma()), ows)),
    )
    .parse(input)
}

/// ```text
/// int-range    = first-pos "-" [ last-pos ]
/// suffix-range = "-" suffix-length
/// ```
/// A last position before the first makes it invalid.
fn spec(input: &[u8]) -> IResult<&[u8], Spec, Rejection> {
    let int_range = map_opt(separated_pair(number, char('-'), opt(number)), |(first, last)| {
        last.is_none_or(|last| first <= last).then_some(Spec::From(first, last))
    });
    alt((int_range, map(preceded(char('-'), number), Spec::Suffix))).parse(input)
}

/// A number too large for 64 bits lies behind the end of any file, as the largest does.
fn number(input: &[u8]) -> IResult<&[u8], u64, Rejection> {
    map(take_while1(|byte: u8| byte.is_ascii_digit()), |digits| decimal(digits).unwrap_or(u64::MAX)).parse(input)
}

/// `Content-Range` for a part.
#[must_use]
pub fn content_range((offset, length): (u64, u64), whole: u64) -> String {
    format!("bytes {offset}-{}/{whole}", offset + length - 1)
}

/// `multipart/byteranges` content (RFC 9110 section 14.6): several parts of one file.
#[derive(Debug)]
pub struct Multipart {
    pub(crate) file: FileSlice,
    /// For each part what stands before it, its offset and its length.
    pub(crate) parts: Vec<(Vec<u8>, u64, u64)>,
    /// What stands behind the last part.
    pub(crate) end: Vec<u8>,
    boundary: String,
}

impl Multipart {
    /// The parts of a file, each with the media type of the whole.
    #[must_use]
    pub fn new(file: FileSlice, parts: &[(u64, u64)], content_type: &[u8]) -> Self {
        // Random, so that nobody can prepare a file that has it.
        let random = || RandomState::new().build_hasher().finish();
        let boundary = format!("{:016x}{:016x}", random(), random());
        let whole = file.length();
        let head = |&part: &(u64, u64)| {
            let mut head = format!("\r\n--{boundary}\r\nContent-Type: ").into_bytes();
            head.extend_from_slice(content_type);
            head.extend_from_slice(format!("\r\nContent-Range: {}\r\n\r\n", content_range(part, whole)).as_bytes());
            (head, part.0, part.1)
        };
        Multipart {
            parts: parts.iter().map(head).collect(),
            end: format!("\r\n--{boundary}--\r\n").into_bytes(),
            file,
            boundary,
        }
    }

    /// The value of the `Content-Type` field.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// Bytes, all parts and what stands between them.
    #[must_use]
    pub fn length(&self) -> u64 {
        let parts: u64 = self.parts.iter().map(|(head, _, length)| head.len() as u64 + length).sum();
        parts + self.end.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        use Ranges::{Parts, Unsatisfiable, Whole};
        for (value, expected) in [
            ("bytes=0-4", Parts(vec![(0, 5)])),
            ("Bytes=0-0", Parts(vec![(0, 1)])),
            ("bytes=4-", Parts(vec![(4, 6)])),
            ("bytes=4-99", Parts(vec![(4, 6)])),
            ("bytes=4-99999999999999999999999", Parts(vec![(4, 6)])),
            ("bytes=-3", Parts(vec![(7, 3)])),
            ("bytes=-99", Parts(vec![(0, 10)])),
            ("bytes=0-1, 8-", Parts(vec![(0, 2), (8, 2)])),
            ("bytes=8-, ,0-1,", Parts(vec![(8, 2), (0, 2)])),
            ("bytes=0-1,10-", Parts(vec![(0, 2)])),
            ("bytes=10-", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=10-,-0", Unsatisfiable),
            ("bytes=5-4", Whole),
            ("bytes=0-1,5-4", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes 0-4", Whole),
            ("bytes=0-4;q=1", Whole),
            ("pages=0-4", Whole),
            ("bytes=0-,0-", Whole),
        ] {
            assert_eq!(select(value.as_bytes(), 10), expected, "{value}");
        }
        let many = |count| format!("bytes={}", vec!["0-0"; count].join(","));
        assert_eq!(select(many(MOST_RANGES).as_bytes(), 100), Parts(vec![(0, 1); MOST_RANGES]));
        assert_eq!(select(many(MOST_RANGES + 1).as_bytes(), 100), Whole);
    }

    #[test]
    fn of_nothing_no_range_can_be_had() {
        assert_eq!(select(b"bytes=0-", 0), Ranges::Unsatisfiable);
        assert_eq!(select(b"bytes=-5", 0), Ranges::Unsatisfiable);
    }
}
