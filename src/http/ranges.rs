//! Range requests for bytes (RFC 9110 section 14).

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::tag_no_case,
    character::complete::{char, digit1, u64},
    combinator::{all_consuming, map, map_opt, opt, value},
    sequence::{preceded, separated_pair, terminated},
};

use super::list::members;

/// More ranges than this, or ranges that are longer together than the whole, are not a use of ranges but an
/// attack (RFC 9110 section 17.15): the whole is sent then.
const MOST_RANGES: usize = 32;

/// The parts of a representation that a `Range` field asks for.
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
    let Some(specs) = range_specs(value).filter(|specs| (1..=MOST_RANGES).contains(&specs.len())) else {
        return Ranges::Whole;
    };
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
/// Gives one more than [`MOST_RANGES`] at most.
fn range_specs(input: &[u8]) -> Option<Vec<Spec>> {
    let (range_set, _) = bytes_unit(input).ok()?;
    let spec = |member| all_consuming(spec).parse(member).ok().map(|(_, spec)| spec);
    members(range_set).take(MOST_RANGES + 1).map(spec).collect()
}

fn bytes_unit(input: &[u8]) -> IResult<&[u8], &[u8]> {
    terminated(tag_no_case("bytes"), char('=')).parse(input)
}

/// ```text
/// int-range    = first-pos "-" [ last-pos ]
/// suffix-range = "-" suffix-length
/// ```
/// A last position before the first makes it invalid.
fn spec(input: &[u8]) -> IResult<&[u8], Spec> {
    let int_range = map_opt(separated_pair(position, char('-'), opt(position)), |(first, last)| {
        last.is_none_or(|last| first <= last).then_some(Spec::From(first, last))
    });
    alt((int_range, map(preceded(char('-'), position), Spec::Suffix))).parse(input)
}

/// A number too large for 64 bits lies behind the end of any file, as the largest does.
fn position(input: &[u8]) -> IResult<&[u8], u64> {
    alt((u64, value(u64::MAX, digit1))).parse(input)
}

/// `Content-Range` for a part.
pub(crate) fn content_range((offset, length): (u64, u64), whole: u64) -> String {
    format!("bytes {offset}-{}/{whole}", offset + length - 1)
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
