//! Content negotiation: which content coding a client accepts (RFC 9110 section 12.5.3).

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag_no_case, take_while_m_n},
    character::complete::char,
    combinator::{all_consuming, map, opt, value},
    sequence::preceded,
};

use super::{
    chars::{ows, token},
    fields::Fields,
    list::members,
};

/// A coding that this server can produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// The content as it is.
    Identity,
    /// RFC 1952.
    Gzip,
}

/// The acceptable coding with the highest weight, gzip if in doubt, and whether the content as it is would
/// be acceptable as well. None if the client refuses both.
pub(crate) fn negotiate(fields: &Fields<'_>) -> Option<(Coding, bool)> {
    let mut gzip = None;
    let mut identity = None;
    let mut any = None;
    for member in fields.all("Accept-Encoding").flat_map(members) {
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

/// ```text
/// codings [ weight ]
/// weight = OWS ";" OWS "q=" qvalue
/// ```
/// The weight comes in thousandths.
fn weighted_coding(input: &[u8]) -> IResult<&[u8], (&[u8], u16)> {
    let weight = preceded((ows, char(';'), ows, tag_no_case("q=")), qvalue);
    map((token, opt(weight)), |(coding, weight)| (coding, weight.unwrap_or(1000))).parse(input)
}

/// ```text
/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
fn qvalue(input: &[u8]) -> IResult<&[u8], u16> {
    let digits = take_while_m_n(0, 3, |byte: u8| byte.is_ascii_digit());
    let zeros = take_while_m_n(0, 3, |byte| byte == b'0');
    alt((
        map(preceded(char('0'), opt(preceded(char('.'), digits))), |digits| thousandths(digits.unwrap_or_default())),
        value(1000, (char('1'), opt((char('.'), zeros)))),
    ))
    .parse(input)
}

/// The digits behind a decimal point, three at most, as thousandths.
fn thousandths(digits: &[u8]) -> u16 {
    (0..3).fold(0, |sum, at| sum * 10 + digits.get(at).map_or(0, |digit| u16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{super::fields::Field, *};

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
}
