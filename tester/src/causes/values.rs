//! The values of fields that have a grammar of their own: entity tags and ranges.

use super::rules::Rule;
use crate::judge::difference::{Difference, FieldFault};

/// Finds why the value of such a field is another.
pub(super) fn of(difference: &Difference) -> Option<Rule> {
    let (expected, received) = (&difference.expected, &difference.received);
    if difference.what.is_field("ETag", FieldFault::Value) {
        Some(tag(expected, received))
    } else if difference.what.is_field("Content-Range", FieldFault::Value) {
        Some(content_range(expected, received))
    } else {
        None
    }
}

/// The part of a field line behind its colon.
pub(super) fn value(line: &[u8]) -> &[u8] {
    line.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().trim_ascii()
}

fn tag(expected: &[u8], received: &[u8]) -> Rule {
    let value = value(received);
    let quoted = |value: &[u8]| value.len() > 1 && value.starts_with(b"\"") && value.ends_with(b"\"");
    match value.strip_prefix(b"W/") {
        Some(rest) if quoted(rest) && !expected.windows(2).any(|pair| pair == b"W/") => Rule::WeakTag,
        rest if !quoted(rest.unwrap_or(value)) => Rule::TagQuotes,
        _ => Rule::TagChanged,
    }
}

/// The two numbers and the length of a `Content-Range` line, as far as they are there.
fn numbers(line: &[u8]) -> Vec<u64> {
    let digits = line.split(|byte| !byte.is_ascii_digit());
    digits.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).collect()
}

fn content_range(expected: &[u8], received: &[u8]) -> Rule {
    if !value(received).starts_with(b"bytes ") {
        return Rule::RangeUnit;
    }
    match (&numbers(expected)[..], &numbers(received)[..]) {
        ([first, last, size], [got_first, got_last, _])
            if first == got_first && *got_last == last + 1 && got_last < size =>
        {
            Rule::RangeLastByte
        }
        ([first, last, _], [got_first, got_last, _]) if first == got_first && got_last > last => Rule::RangeNotCut,
        ([first, last, _], [got_first, got_last, _]) if (first, last) == (got_first, got_last) => Rule::RangeTotal,
        _ => Rule::RangeNumbers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::difference::Mismatch;

    #[test]
    fn tags_and_ranges_are_explained() {
        for (name, want, got, rule) in [
            ("ETag", "\"a\"", "a", Some(Rule::TagQuotes)),
            ("ETag", "\"a\"", "W/\"a\"", Some(Rule::WeakTag)),
            ("ETag", "W/\"a\"", "W/\"b\"", Some(Rule::TagChanged)),
            ("ETag", "\"a\"", "\"b\"", Some(Rule::TagChanged)),
            ("Content-Range", "bytes 0-9/100", "bytes=0-9/100", Some(Rule::RangeUnit)),
            ("Content-Range", "bytes 0-9/100", "bytes 0-10/100", Some(Rule::RangeLastByte)),
            ("Content-Range", "bytes 90-99/100", "bytes 90-199/100", Some(Rule::RangeNotCut)),
            ("Content-Range", "bytes 0-9/100", "bytes 0-9/10", Some(Rule::RangeTotal)),
            ("Content-Range", "bytes */100", "bytes 0-9/100", Some(Rule::RangeNumbers)),
            ("Content-Type", "a/b", "b/a", None),
        ] {
            let what = Mismatch::Field { name: name.to_owned(), fault: FieldFault::Value };
            let difference = Difference::new(what, format!("{name}: {want}\r\n"), format!("{name}: {got}\r\n"));
            assert_eq!(of(&difference), rule, "{name} {want} {got}");
        }
    }
}
