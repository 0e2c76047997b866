//! What goes wrong with conditions and ranges.

use super::Rule;
use crate::{
    http::sent::Sent,
    judge::{
        compare::{Expected, Received},
        difference::{Difference, FieldFault, Mismatch},
    },
};

/// Whether a request asks for something only if it has changed.
pub(super) fn is_conditional(sent: &Sent) -> bool {
    sent.field("If-None-Match").or(sent.field("If-Modified-Since")).is_some()
}

/// Why the response to a request with conditions or ranges differs.
pub(super) fn of(difference: &Difference, expected: &Expected, received: &Received, sent: &Sent) -> Option<Rule> {
    let what = &difference.what;
    let wants = |status| expected.statuses.contains(&status);
    if let Mismatch::Status { wanted, got } = what {
        if wants(206) && *got == 200 && received.head.all("Content-Range").next().is_some() {
            return Some(Rule::PartIs206);
        }
        return wanted.iter().find_map(|wanted| status(*wanted, *got, sent));
    }
    let missing = |name| what.is_field(name, FieldFault::Missing);
    let other = |name| what.is_field(name, FieldFault::Value);
    if (wants(200) || wants(206) || wants(304)) && other("ETag") {
        Some(tag(&difference.expected, &difference.received))
    } else if (wants(304) || wants(206)) && missing("ETag") {
        Some(Rule::TagMissing)
    } else if other("Last-Modified") {
        Some(Rule::DateForm)
    } else if (wants(206) || wants(416)) && missing("Content-Range") {
        Some(Rule::RangeNotNamed)
    } else if is_forbidden(what, "Content-Range") {
        Some(Rule::RangeOfWhole)
    } else if (wants(206) || wants(416)) && other("Content-Range") {
        Some(content_range(&difference.expected, &difference.received))
    } else if wants(206) && (other("Content-Length") || matches!(what, Mismatch::BodyShort { .. })) {
        Some(Rule::LengthOfPart)
    } else {
        (wants(206) && *what == Mismatch::Body).then_some(Rule::BytesOfRange)
    }
}

fn is_forbidden(what: &Mismatch, name: &str) -> bool {
    [true, false].into_iter().any(|empty| what.is_field(name, FieldFault::Forbidden { empty }))
}

fn status(wanted: u16, status: u16, sent: &Sent) -> Option<Rule> {
    let tags = sent.field("If-None-Match");
    let since = sent.field("If-Modified-Since");
    let range = sent.field("Range");
    let condition = sent.field("If-Range");
    match (wanted, status) {
        (304, 206 | 416) => Some(Rule::ConditionsFirst),
        (304, 200) if tags == Some(b"*") => Some(Rule::AnyTag),
        (304, 200) if tags.is_some() => Some(Rule::TagInList),
        (304, 200) if since.is_some() => Some(Rule::NotModified),
        (200 | 201 | 204, 304 | 412) if sent.method() == b"POST" => Some(Rule::SinceIsForGet),
        (200, 304) if tags.is_some() && since.is_some() => Some(Rule::TagBeforeDate),
        (200, 304) if tags.is_some() => Some(Rule::TagDiffers),
        (200, 304) if since.is_some() => Some(Rule::Modified),
        (206, 200) if condition.is_some() => Some(Rule::IfRangeHolds),
        (206, 200) => Some(Rule::RangeNotFound),
        (206, 416 | 400) => Some(Rule::RangeIsCut),
        (200, 412) if condition.is_some() => Some(Rule::IfRangeNeverFails),
        (200, 206 | 416) if range.is_none() => Some(Rule::NoRangeAsked),
        (200, 206 | 416) if condition.is_some() => Some(Rule::IfRangeDiffers),
        (200, 206 | 416) => Some(Rule::UnknownUnit),
        (416, 200 | 206) => Some(Rule::RangeBehindEnd),
        (404, 304 | 416) => Some(Rule::MissingFileFirst),
        _ => None,
    }
}

fn tag(expected: &[u8], received: &[u8]) -> Rule {
    let value = received.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().trim_ascii();
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
    let value = received.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().trim_ascii();
    if !value.starts_with(b"bytes ") {
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
