//! What goes wrong with requests that must be refused, or that never end.

use crate::judge::compare::{Difference, Expected};

/// A head longer than this is not expected to be served, in bytes.
const LONG: usize = 64 << 10;

/// Why the response to such a request differs.
pub(super) fn of(difference: &Difference, expected: &Expected, status: u16, sent: &[u8]) -> Option<&'static str> {
    let wanted = expected.statuses.first().copied()?;
    if !difference.what.starts_with("The status is") {
        return None;
    }
    let line = sent.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let holds = |text: &[u8]| line.windows(text.len()).any(|part| part == text);
    match (wanted, status) {
        (200, 400) if sent.starts_with(b"\r\n") => {
            Some("a server should skip one empty line before a request (RFC 9112 section 2.2)")
        }
        (200, 400) if line.ends_with(b" HTTP/1.0") => {
            Some("Host came with HTTP/1.1: a request of HTTP/1.0 did not need it then (RFC 9112 section 3.2)")
        }
        (200, 400 | 403 | 404) if holds(b"..") => Some(
            "Dots in a name do not climb: only a part between slashes that is `..` and nothing else does (RFC 3986 section 3.3)",
        ),
        (_, 200 | 201) if expected.statuses.contains(&403) && holds(b"%00") => Some(
            "for the system, names end at a NUL: this one stands for another file, so refuse it (RFC 9110 section 17.3)",
        ),
        (_, 200 | 201) if expected.statuses.contains(&403) => {
            Some("the path leads out of the directory: refuse `..`, however it is spelt, and absolute paths")
        }
        (200, 413 | 414 | 431) => {
            Some("this head is long, but not too long: lines of 8000 bytes are to be expected (RFC 9112 section 3)")
        }
        (_, 200..=299) if expected.statuses.contains(&400) && !sent.windows(4).any(|w| w == b"\r\n\r\n") => Some(
            "the head of this request is not complete: it ends with its empty line, and nowhere else (RFC 9112 section 2.1)",
        ),
        // A list of statuses is for a request that must be refused in one way or another.
        _ if expected.statuses.contains(&400) && status < 500 => flaw(sent),
        _ => None,
    }
}

/// What is wrong with a request, so that it must be refused.
pub(super) fn flaw(sent: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(sent);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let values = |wanted: &str| -> Vec<&str> {
        let named = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value.trim_matches([' ', '\t'])).collect()
    };
    let (lengths, codings) = (values("Content-Length"), values("Transfer-Encoding"));
    if fields.iter().any(|(name, _)| !name.starts_with([' ', '\t']) && name.ends_with([' ', '\t'])) {
        return Some(
            "there is white space between a field's name and its colon: refuse it, and do not trim it away (RFC 9112 section 5.1)",
        );
    }
    if fields.iter().any(|(name, _)| name.is_empty()) {
        return Some("a field line has no name (RFC 9112 section 5)");
    }
    match (lengths.as_slice(), codings.as_slice()) {
        ([_, ..], [_, ..]) => {
            return Some(
                "there is a Content-Length and a Transfer-Encoding: refuse that, or read the chunks and close after the answer (RFC 9112 section 6.3)",
            );
        }
        ([_, _, ..], _) => {
            return Some("there are two Content-Lengths: refuse it, whichever is first (RFC 9112 section 6.3)");
        }
        ([one], _) if one.is_empty() || !one.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Some(
                "Content-Length is digits and nothing else: a function that reads numbers takes signs, spaces and prefixes as well (RFC 9110 section 8.6)",
            );
        }
        ([one], _) if one.parse::<u64>().is_err() => {
            return Some("Content-Length is larger than the number that it is kept in (RFC 9110 section 8.6)");
        }
        (_, [one]) if !one.eq_ignore_ascii_case("chunked") => {
            return Some(
                "this transfer coding is not known, so nobody can tell where the body ends: 501 or 400, and close (RFC 9112 section 6.1)",
            );
        }
        _ => {}
    }
    let parts: Vec<_> = line.split(' ').collect();
    match parts.as_slice() {
        [method, target, "HTTP/1.1" | "HTTP/1.0"] if !method.is_empty() && target.starts_with('/') => {
            if method.bytes().any(|byte| !byte.is_ascii_uppercase()) {
                return Some("methods are compared with case, and this one is none (RFC 9110 section 9.1)");
            }
            if target.contains(|c: char| c.is_control()) {
                return Some("there is a control character in the request target (RFC 9112 section 3.2)");
            }
            let digits = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
            if !target.split('%').skip(1).all(digits) {
                return Some("after a percent sign stand two hexadecimal digits (RFC 3986 section 2.1)");
            }
            if parts[2] == "HTTP/1.1" && values("Host").len() != 1 {
                return Some(
                    "a request of HTTP/1.1 has exactly one Host field, and is refused otherwise (RFC 9112 section 3.2)",
                );
            }
            None
        }
        _ => Some(
            "the request line is not a method, a space, a path that begins with `/`, a space and `HTTP/1.1` (RFC 9112 section 3)",
        ),
    }
}

/// Why bytes follow the answer to such a request.
pub(super) fn of_surplus(bytes: &[u8], sent: &[u8]) -> Option<&'static str> {
    flaw(sent).filter(|_| bytes.starts_with(b"HTTP/")).map(|_| {
        "what stands behind a request that had to be refused was taken for another: so requests are smuggled; close the connection (RFC 9112 section 11.2)"
    })
}

/// Why nothing came in answer to such a request.
pub(super) fn of_silence(sent: &[u8]) -> Option<&'static str> {
    if sent.len() > LONG && !sent.windows(4).any(|w| w == b"\r\n\r\n") {
        return Some(
            "a head has no end, and is read on and on: give it a limit, and refuse what goes beyond it (RFC 9110 section 17.5)",
        );
    }
    let text = String::from_utf8_lossy(sent);
    let head = text.strip_suffix("\r\n\r\n")?;
    let lines = || head.split("\r\n").skip(1);
    let real = lines().any(|line| line.to_ascii_lowercase().starts_with("content-length:"));
    (!real && head.to_ascii_lowercase().contains("content-length:")).then_some(
        "there is no Content-Length in this request, only something like it: a field line begins behind a CR LF, and its whole name counts (RFC 9112 section 5)",
    )
}
