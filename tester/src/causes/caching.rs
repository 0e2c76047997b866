//! What goes wrong with conditions and ranges.

use crate::judge::compare::{Difference, Expected, Received};

/// Whether a request asks for something only if it has changed.
pub(super) fn is_conditional(sent: &[u8]) -> bool {
    field(sent, "If-None-Match").or(field(sent, "If-Modified-Since")).is_some()
}

/// The value of a field of a request.
fn field(sent: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(sent);
    let mut fields = head.split("\r\n").skip(1).take_while(|line| !line.is_empty()).filter_map(|l| l.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// Why the response to a request with conditions or ranges differs.
pub(super) fn of(
    difference: &Difference,
    expected: &Expected,
    received: &Received,
    sent: &[u8],
) -> Option<&'static str> {
    let what = difference.what.as_str();
    let wanted = expected.statuses.first().copied()?;
    if what.starts_with("The status is") {
        if (wanted, received.head.status) == (206, 200) && received.head.all("Content-Range").next().is_some() {
            return Some(
                "a part of a file is answered with 206, so that nobody takes it for the whole (RFC 9110 section 15.3.7)",
            );
        }
        return status(wanted, received.head.status, sent);
    }
    let ranges = wanted == 206 || field(sent, "Range").is_some();
    let other = |name: &str| what == format!("The field {name} has another value");
    match wanted {
        200 | 206 | 304 if other("ETag") => Some(tag(&difference.expected, &difference.received)),
        304 | 206 if what == "The field ETag is missing" => Some(
            "what the answer 200 would say of the file is said here as well: its `ETag` (RFC 9110 sections 15.3.7 and 15.4.5)",
        ),
        _ if other("Last-Modified") => Some(
            "the date of the file as HTTP writes it, and always the same for the same file: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7)",
        ),
        206 | 416 if what == "The field Content-Range is missing" => {
            Some("the answer has to say which bytes these are, and of how many (RFC 9110 section 14.4)")
        }
        _ if what == "The field Content-Range must not be there" => {
            Some("this is the whole file, not a part of it: only 206 and 416 have a `Content-Range`")
        }
        206 | 416 if other("Content-Range") => Some(content_range(&difference.expected, &difference.received)),
        206 if what.contains("Content-Length has another value") || what.starts_with("The body is not whole") => Some(
            "Content-Length is the length of the part that is sent, `last - first + 1`, not that of the file (RFC 9110 section 14.4)",
        ),
        206 if what == "The body differs" && ranges => Some(
            "these are not the bytes of the range: they are counted from 0, and the last one belongs to it (RFC 9110 section 14.1.2)",
        ),
        _ => None,
    }
}

fn status(wanted: u16, status: u16, sent: &[u8]) -> Option<&'static str> {
    let tags = field(sent, "If-None-Match");
    let since = field(sent, "If-Modified-Since");
    let range = field(sent, "Range");
    let condition = field(sent, "If-Range");
    match (wanted, status) {
        (304, 206 | 416) => {
            Some("the conditions of a request are looked at before its range (RFC 9110 section 13.2.2)")
        }
        (304, 200) if tags.as_deref() == Some("*") => Some(
            "`If-None-Match: *` stands for any tag: the file exists, so the answer is 304 (RFC 9110 section 13.1.2)",
        ),
        (304, 200) if tags.is_some() => Some(
            "one of the tags in If-None-Match is that of the file; it is a list, and `W/` makes no difference here (RFC 9110 section 13.1.2)",
        ),
        (304, 200) if since.is_some() => Some(
            "the file was not modified since that date: compare in whole seconds, less than or equal (RFC 9110 section 13.1.3)",
        ),
        (200 | 201 | 204, 304 | 412) if sent.starts_with(b"POST ") => {
            Some("If-Modified-Since is for GET and HEAD, and ignored with any other method (RFC 9110 section 13.1.3)")
        }
        (200, 304) if tags.is_some() && since.is_some() => {
            Some("where there is If-None-Match, If-Modified-Since does not count (RFC 9110 section 13.1.3)")
        }
        (200, 304) if tags.is_some() => Some(
            "none of the tags in If-None-Match is that of the file: compare the whole tag, and let it change with the contents (RFC 9110 section 8.8.1)",
        ),
        (200, 304) if since.is_some() => Some(
            "the file was modified since that date, or it is no date and means nothing: compare points in time, not text (RFC 9110 section 13.1.3)",
        ),
        (206, 200) if condition.is_some() => Some(
            "If-Range names the very tag of the file, so the part is to be sent, if this form of a range is known (RFC 9110 section 13.1.5)",
        ),
        (206, 200) => Some(
            "the request asks for a part of the file: the field Range is not found, or this form of it not understood (RFC 9110 section 14.1.2)",
        ),
        (206, 416 | 400) => Some(
            "there are bytes in this range: where it goes beyond the end of the file it is cut (RFC 9110 section 14.1.2)",
        ),
        (200, 412) if condition.is_some() => Some(
            "If-Range is a condition that never fails: if it does not hold, the whole is to be sent (RFC 9110 section 13.1.5)",
        ),
        (200, 206 | 416) if range.is_none() => Some("nobody asked for a part: there is no field Range in this request"),
        (200, 206 | 416) if condition.is_some() => Some(
            "If-Range does not name the file as it is now (a weak tag never does), so the whole is to be sent (RFC 9110 section 13.1.5)",
        ),
        (200, 206 | 416) => {
            Some("a unit other than bytes is not understood, and Range ignored (RFC 9110 section 14.2)")
        }
        (416, 200 | 206) => Some(
            "there is no byte in this range: it begins behind the last one, or has no length (RFC 9110 section 14.1.2)",
        ),
        (404, 304 | 416) => Some("there is no such file, and nothing else counts then"),
        _ => None,
    }
}

fn tag(expected: &[u8], received: &[u8]) -> &'static str {
    let value = received.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().trim_ascii();
    let quoted = |value: &[u8]| value.len() > 1 && value.starts_with(b"\"") && value.ends_with(b"\"");
    match value.strip_prefix(b"W/") {
        Some(rest) if quoted(rest) && !expected.windows(2).any(|pair| pair == b"W/") => {
            "a weak tag does not say that two representations are the same to the byte, and parts must fit to the byte (RFC 9110 section 8.8.1)"
        }
        rest if !quoted(rest.unwrap_or(value)) => {
            "an entity tag stands in quotation marks, which are a part of it (RFC 9110 section 8.8.3)"
        }
        _ => "the file has not changed, so its tag must not, either (RFC 9110 section 8.8.1)",
    }
}

/// The two numbers and the length of a `Content-Range` line, as far as they are there.
fn numbers(line: &[u8]) -> Vec<u64> {
    let digits = line.split(|byte| !byte.is_ascii_digit());
    digits.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).collect()
}

fn content_range(expected: &[u8], received: &[u8]) -> &'static str {
    let value = received.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().trim_ascii();
    if !value.starts_with(b"bytes ") {
        return "the value begins with `bytes` and a space; the equals sign is for Range (RFC 9110 section 14.4)";
    }
    match (&numbers(expected)[..], &numbers(received)[..]) {
        ([first, last, size], [got_first, got_last, _])
            if first == got_first && *got_last == last + 1 && got_last < size =>
        {
            "the last byte of a range belongs to it, and is counted from 0: `bytes 0-9/1000` are ten bytes (RFC 9110 section 14.4)"
        }
        ([first, last, _], [got_first, got_last, _]) if first == got_first && got_last > last => {
            "a range that goes beyond the end of the file is cut there, and `Content-Range` says what is really sent (RFC 9110 section 14.1.2)"
        }
        ([first, last, _], [got_first, got_last, _]) if (first, last) == (got_first, got_last) => {
            "behind the slash stands the length of the whole file, not that of the part (RFC 9110 section 14.4)"
        }
        _ => {
            "first byte, last byte and length of the whole file, counted from 0, or a star for a range that there is not (RFC 9110 section 14.4)"
        }
    }
}
