//! The words of a transcript's lines.

use std::time::Duration;

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::tag,
    character::complete::{char, digit1, space1},
    combinator::{all_consuming, eof, map, map_res, opt, rest, value},
    multi::separated_list1,
    sequence::{pair, preceded, separated_pair, terminated},
};

use crate::transcript::{Connect, template::name};

/// Largest random value, in bytes: a run holds all of its values in memory.
const LARGEST: usize = 64 << 20;

/// A line by its first word.
pub(crate) enum Kind<'a> {
    Args(&'a str),
    Let(&'a str),
    File(&'a str),
    Symlink(&'a str),
    Connect(&'a str),
    Wait(&'a str),
    Saved(&'a str),
    Beyond,
    Row(&'a str, Marker, &'a str),
    Verb(&'a str, &'a str),
}

/// The sign between a connection's name and the text of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// `>`
    Sent,
    /// `>>`
    Raw,
    /// `>---`
    NextSent,
    /// `<`
    Expected,
    /// `<---`
    NextExpected,
    /// `?`
    Cause,
}

impl Marker {
    pub(crate) fn sends(self) -> bool {
        matches!(self, Marker::Sent | Marker::Raw | Marker::NextSent)
    }
}

pub(crate) fn kind(input: &str) -> IResult<&str, Kind<'_>> {
    let word = |word: &'static str| preceded(pair(tag(word), space1), rest);
    alt((
        map(word("args"), Kind::Args),
        map(word("let"), Kind::Let),
        map(word("file"), Kind::File),
        map(word("symlink"), Kind::Symlink),
        map(word("connect"), Kind::Connect),
        map(word("wait"), Kind::Wait),
        map(word("saved"), Kind::Saved),
        map(all_consuming(tag("beyond")), |_| Kind::Beyond),
        map((name, marker, rest), |(name, marker, text)| Kind::Row(name, marker, text)),
        map(separated_pair(name, space1, rest), |(name, text)| Kind::Verb(name, text)),
    ))
    .parse(input)
}

pub(crate) fn marker(input: &str) -> IResult<&str, Marker> {
    alt((
        value(Marker::NextSent, all_consuming(tag(">---"))),
        value(Marker::NextExpected, all_consuming(tag("<---"))),
        value(Marker::Raw, terminated(tag(">>"), char(' '))),
        value(Marker::Sent, terminated(tag(">"), alt((tag(" "), eof)))),
        value(Marker::Cause, tag("? ")),
        value(Marker::Expected, terminated(tag("<"), alt((tag(" "), eof)))),
    ))
    .parse(input)
}

/// `100`, `64KiB`, `1MiB`.
pub(crate) fn size(input: &str) -> IResult<&str, usize> {
    let unit = alt((value(1 << 20, tag("MiB")), value(1 << 10, tag("KiB"))));
    map_res(pair(number, opt(unit)), |(number, unit): (usize, Option<usize>)| {
        number.checked_mul(unit.unwrap_or(1)).filter(|size| *size <= LARGEST).ok_or(())
    })
    .parse(input)
}

pub(crate) fn number(input: &str) -> IResult<&str, usize> {
    map_res(digit1, str::parse).parse(input)
}

/// `50ms`, `2s`; at most an hour.
pub(crate) fn time(input: &str) -> IResult<&str, Duration> {
    let unit = alt((value(1_u64, tag("ms")), value(1000, tag("s"))));
    map_res(pair(number, unit), |(number, unit)| {
        Some(number as u64 * unit).filter(|ms| *ms <= 3_600_000).map(Duration::from_millis).ok_or(())
    })
    .parse(input)
}

/// `7`, `7 5ms`.
pub(crate) fn cut(input: &str) -> IResult<&str, (usize, Option<Duration>)> {
    pair(number, opt(preceded(space1, time))).parse(input)
}

/// `a, b, c*8`.
pub(crate) fn connects(input: &str) -> IResult<&str, Vec<Connect>> {
    let one =
        map(pair(name, opt(preceded(char('*'), number))), |(name, count)| Connect { name: name.to_owned(), count });
    separated_list1((tag(","), space1), one).parse(input)
}

pub(crate) fn whole<'a, T>(
    parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    text: &'a str,
) -> Option<T> {
    all_consuming(parser).parse(text).ok().map(|(_, found)| found)
}

pub(crate) const KEYWORDS: [&str; 8] = ["args", "let", "file", "symlink", "connect", "wait", "saved", "beyond"];
