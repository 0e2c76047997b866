//! Changes to bytes on their way: one too many, characters for bytes, a string in between, a cut, a line end.
//!
//! These rules know nothing of HTTP but what a Content-Length and a body are.

use super::rules::Rule;
use crate::{
    judge::{
        difference::{Difference, FieldFault, FileFault, GzipFault, Mismatch},
        sides::{Expected, Received},
    },
    transcript::BodyRule,
};

/// The first bytes of gzip (RFC 1952 section 2.3.1).
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];
/// The usual first byte of zlib (RFC 1950 section 2.2).
const ZLIB: &[u8] = &[0x78];
/// U+FFFD in UTF-8, which decoders put in place of what is not UTF-8.
const REPLACEMENT: [u8; 3] = [0xEF, 0xBF, 0xBD];

/// Finds what was done to the bytes that differ.
pub(super) fn of(difference: &Difference, response: Option<(&Expected, &Received)>) -> Option<Rule> {
    let (want, got) = (difference.expected.as_slice(), difference.received.as_slice());
    match (&difference.what, response) {
        (what, Some((expected, received))) if what.is_field("Content-Length", FieldFault::Value) => {
            let value = received.head.all("Content-Length").next()?;
            let number = std::str::from_utf8(&value.value).ok()?.parse().ok()?;
            Some(length(&expected.body, number))
        }
        (Mismatch::Gzip(GzipFault::Invalid(_)), Some((expected, received))) => {
            Some(not_gzip(&expected.body, &received.content))
        }
        (Mismatch::Gzip(GzipFault::Content), _) if got.starts_with(GZIP) => Some(Rule::CompressedTwice),
        (Mismatch::Gzip(GzipFault::Content) | Mismatch::Body, _) => content(want, got),
        (Mismatch::File { fault: FileFault::Contents, .. }, _) => file(want, got).or_else(|| content(want, got)),
        _ => None,
    }
}

/// Finds what is wrong with a Content-Length that names `number` bytes for this body.
fn length(body: &BodyRule<Vec<u8>>, number: usize) -> Rule {
    match body {
        BodyRule::Is(want) if std::str::from_utf8(want).is_ok_and(|text| text.chars().count() == number) => {
            Rule::LengthCountsCharacters
        }
        BodyRule::Is(want) if number == want.len() + 1 => Rule::LengthOneTooMany,
        BodyRule::Is(want) if number == want.len() + 2 => Rule::LengthTwoTooMany,
        BodyRule::Is(want) if number < want.len() && number > 0 => Rule::LengthTooSmall,
        BodyRule::Gzip(want) if number == want.len() => Rule::LengthBeforeCompression,
        _ => Rule::LengthWrong,
    }
}

/// Finds what was done to content that should be gzip.
fn not_gzip(body: &BodyRule<Vec<u8>>, got: &[u8]) -> Rule {
    match body {
        BodyRule::Gzip(want) if want == got => Rule::NotCompressed,
        BodyRule::Gzip(want) if want.len() == got.len() && got.starts_with(GZIP) => Rule::CutAtPlainLength,
        _ if got.starts_with(ZLIB) => Rule::Zlib,
        _ if got.is_empty() => Rule::BodyEmpty,
        _ if holds_replacement(got) => Rule::NotUtf8,
        _ => Rule::GzipDamaged,
    }
}

/// Finds what was done to content. Nothing that bytes show, if there is none.
fn content(want: &[u8], got: &[u8]) -> Option<Rule> {
    Some(if got.is_empty() {
        return None;
    } else if without_line_ends(got) == without_line_ends(want) {
        Rule::LineEndInBody
    } else if holds_replacement(got) && !holds_replacement(want) {
        Rule::NotUtf8
    } else if got.eq_ignore_ascii_case(want) {
        Rule::LetterCaseChanged
    } else if got.contains(&b'%') && !want.contains(&b'%') {
        Rule::PercentEncoded
    } else if want.starts_with(got) {
        Rule::BodyCut
    } else if got.starts_with(want) {
        Rule::BodyGoesOn
    } else if got.trim_ascii() == want.trim_ascii() {
        Rule::SpaceAroundValue
    } else if got.starts_with(GZIP) {
        Rule::CompressedUnasked
    } else {
        return None;
    })
}

/// Finds what was done to a file, where content would not show it.
fn file(want: &[u8], got: &[u8]) -> Option<Rule> {
    let without_zeros = got.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if without_zeros <= want.len() && got.len() > want.len() {
        return Some(Rule::WholeBufferWritten);
    }
    match got.strip_prefix(want)? {
        b"" => None,
        b"\n" | b"\r\n" => Some(Rule::LineEndInFile),
        _ => Some(Rule::OldContentsRemain),
    }
}

fn holds_replacement(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, &REPLACEMENT).is_some()
}

fn without_line_ends(bytes: &[u8]) -> &[u8] {
    let line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let end = bytes.iter().rposition(|byte| !line_end(byte)).map_or(0, |last| last + 1);
    let start = bytes.iter().position(|byte| !line_end(byte)).unwrap_or(end).min(end);
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{http::response, judge::sides::End};

    #[test]
    fn lengths_are_explained() {
        let text = || BodyRule::Is("käse".as_bytes().to_vec());
        let packed = || BodyRule::Gzip(b"abcdefgh".to_vec());
        for (body, number, rule) in [
            (text(), 4, Rule::LengthCountsCharacters),
            (text(), 6, Rule::LengthOneTooMany),
            (text(), 7, Rule::LengthTwoTooMany),
            (text(), 3, Rule::LengthTooSmall),
            (text(), 0, Rule::LengthWrong),
            (text(), 99, Rule::LengthWrong),
            (packed(), 8, Rule::LengthBeforeCompression),
            (packed(), 9, Rule::LengthWrong),
            (BodyRule::Any, 4, Rule::LengthWrong),
        ] {
            assert_eq!(length(&body, number), rule, "{body:?} {number}");
        }
    }

    #[test]
    fn content_is_explained() {
        for (want, got, rule) in [
            ("abc", "abc\r\n", Some(Rule::LineEndInBody)),
            ("abc\n", "abc", Some(Rule::LineEndInBody)),
            ("abc", "\r\nabc", Some(Rule::LineEndInBody)),
            ("a\u{e9}c", "a\u{fffd}c", Some(Rule::NotUtf8)),
            ("a\u{fffd}c", "a\u{fffd}d", None),
            ("aBc", "abc", Some(Rule::LetterCaseChanged)),
            ("a b", "a%20b", Some(Rule::PercentEncoded)),
            ("abc", "ab", Some(Rule::BodyCut)),
            ("abc", "abcabc", Some(Rule::BodyGoesOn)),
            ("abc", " abc\t", Some(Rule::SpaceAroundValue)),
            ("abc", "\u{1f}x", None),
            ("abc", "", None),
            ("abc", "xyz", None),
        ] {
            assert_eq!(content(want.as_bytes(), got.as_bytes()), rule, "{want:?} {got:?}");
        }
        assert_eq!(content(b"abc", b"\x1f\x8b\x08"), Some(Rule::CompressedUnasked));
    }

    #[test]
    fn what_is_not_gzip_is_explained() {
        let want = || BodyRule::Gzip(b"abcd".to_vec());
        for (got, rule) in [
            (&b"abcd"[..], Rule::NotCompressed),
            (b"\x1f\x8b\x08\0", Rule::CutAtPlainLength),
            (b"\x78\x9c", Rule::Zlib),
            (b"", Rule::BodyEmpty),
            (b"\x1f\xef\xbf\xbd\x08", Rule::NotUtf8),
            (b"\x1f\x8b\x08\0\0", Rule::GzipDamaged),
        ] {
            assert_eq!(not_gzip(&want(), got), rule, "{got:?}");
        }
    }

    #[test]
    fn files_are_explained() {
        for (want, got, rule) in [
            ("abc", "abc\0\0\0", Some(Rule::WholeBufferWritten)),
            ("abc", "abc\n", Some(Rule::LineEndInFile)),
            ("abc", "abc\r\n", Some(Rule::LineEndInFile)),
            ("abc", "abcold", Some(Rule::OldContentsRemain)),
            ("abc", "ab", None),
            ("abc", "", None),
        ] {
            assert_eq!(file(want.as_bytes(), got.as_bytes()), rule, "{want:?} {got:?}");
        }
    }

    #[test]
    fn the_kind_of_a_difference_decides_what_is_looked_at() {
        let head = response::head(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n").unwrap().unwrap();
        let received = Received { head, content: b"abc".to_vec(), end: End::Framed };
        let expected = |body| Expected { statuses: vec![200], reason: None, fields: Vec::new(), body };
        let field = |name: &str, fault| Mismatch::Field { name: name.to_owned(), fault };
        let file = |fault| Mismatch::File { path: String::new(), fault };
        for (what, rule) in [
            (field("Content-Length", FieldFault::Value), Some(Rule::LengthOneTooMany)),
            (field("Content-Length", FieldFault::Missing), None),
            (field("Content-Type", FieldFault::Value), None),
            (Mismatch::Body, Some(Rule::BodyCut)),
            (Mismatch::Gzip(GzipFault::Content), Some(Rule::BodyCut)),
            (Mismatch::Lacks(vec![b"x".to_vec()]), None),
            (file(FileFault::Contents), Some(Rule::BodyCut)),
            (file(FileFault::Missing), None),
            (Mismatch::Status { wanted: vec![200], got: 404 }, None),
        ] {
            let difference = Difference::new(what, b"abcde", b"abc");
            let expected = expected(BodyRule::Is(b"abcde".to_vec()));
            assert_eq!(of(&difference, Some((&expected, &received))), rule, "{:?}", difference.what);
        }
        let packed = expected(BodyRule::Gzip(b"abc".to_vec()));
        let invalid = Difference::new(Mismatch::Gzip(GzipFault::Invalid(String::new())), b"", b"abc");
        assert_eq!(of(&invalid, Some((&packed, &received))), Some(Rule::NotCompressed));
        let twice = Difference::new(Mismatch::Gzip(GzipFault::Content), b"abc", b"\x1f\x8b\x08");
        assert_eq!(of(&twice, None), Some(Rule::CompressedTwice));
    }
}
