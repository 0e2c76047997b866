//! What goes wrong with web pages.

use memchr::memmem::find;

use crate::judge::compare::{Difference, Expected, HOLDS, LACKS, Received};

/// Paths that are no part of a site.
const ELSEWHERE: [&[u8]; 5] = [b"/echo/", b"/files/", b"/user-agent", b"/mirror", b"*"];

/// Why the response to a request for a page differs. Without a `site` there are no pages.
pub(super) fn of(
    difference: &Difference,
    expected: &Expected,
    received: &Received,
    sent: &[u8],
    site: bool,
) -> Option<&'static str> {
    let Difference { what, expected: want, received: got, at, .. } = difference;
    let target = sent.split(|byte| *byte == b' ').nth(1)?;
    if what.starts_with("The status is") && target.starts_with(b"/mirror?") {
        return status(expected, received.head.status, target, sent);
    }
    if !site || ELSEWHERE.iter().any(|path| target.starts_with(path)) {
        return None;
    }
    if what.starts_with("The status is") {
        return status(expected, received.head.status, target, sent);
    }
    if what.starts_with("The field Content-Type") {
        let missing = what.ends_with("missing") && received.head.status < 400;
        return (!missing).then(|| media_type(received.head.status, want, got));
    }
    if what.starts_with("The field Location") {
        return match what.contains("must not be there") {
            true => Some("a status that is no redirect goes with the page itself, under the path that was asked for"),
            false => location(want, got),
        };
    }
    if let Some(text) = what.strip_prefix(LACKS) {
        return Some(lacks(text));
    }
    if let Some(text) = what.strip_prefix(HOLDS) {
        return Some(match text.contains('<') || text.contains('"') {
            true => UNESCAPED,
            false => {
                "something is shown that is not for this client: a hidden name, the path of a file, or a page that failed"
            }
        });
    }
    if what.starts_with("The body differs") {
        return match received.head.status {
            404 => Some("whatever is missing, and wherever: the page that says so is the `404.html` of the site"),
            _ => filled(target, sent.starts_with(b"POST "), want, got, *at),
        };
    }
    None
}

fn status(expected: &Expected, status: u16, target: &[u8], sent: &[u8]) -> Option<&'static str> {
    let wanted = expected.statuses.first().copied().unwrap_or_default();
    let form = sent.starts_with(b"POST ") && find(sent, b"x-www-form-urlencoded").is_some();
    let typed = expected.fields.iter().any(|(name, _)| name == "Content-Type");
    match (wanted, status) {
        (_, 200..=399) if target.starts_with(b"//") => {
            Some("a path that begins with two slashes is not the one with a single slash: nothing has an empty name")
        }
        (403, 200..=499) if sent.starts_with(b"DELETE ") => {
            Some("a page is there to be looked at: the server knows GET and HEAD for it, and does nothing else to it")
        }
        (500, 404) => Some(
            "the page is there (compare the path without the query), but it cannot be filled: that is a 500, not a 404",
        ),
        (200..=399 | 418, 404) if target.contains(&b'?') => {
            Some("compare the path without the query: it begins at the first `?` (RFC 3986 section 3.4)")
        }
        (301, 404) if target.contains(&b'%') => {
            Some("the path is percent-encoded: decode %XX before using it (RFC 3986 section 2.1)")
        }
        (301, _) if expected.statuses.contains(&308) => {
            Some("the address of a folder ends in a slash: without it, redirect for good to the one that has it")
        }
        (403, 200..=399) if target.starts_with(b"/.") => Some("a name that begins with a dot is not for the public"),
        (403, 200..=399) if target.starts_with(b"/_") => Some("the table is for the server, not for the public"),
        (404, 200) => Some(
            "nothing has this path, and the status must say so, whatever page goes with it: compare the whole path, and where it ends in a slash, look for a folder",
        ),
        (404, 206 | 304 | 412) => {
            Some("ranges and conditions are for what would be a 200 without them (RFC 9110 sections 13.2.1 and 14.2)")
        }
        (200, 404) if typed && target.ends_with(b"/") => {
            Some("a folder with a slash at its end is its `index.html`, or the list of what is in it")
        }
        (404, 300..=399) => Some("what is not there is answered with 404 itself; a redirect says that it has moved"),
        (301..=399 | 410 | 418, _) => {
            Some("status and target are those of the first good line of the table whose path is that of the request")
        }
        (415, _) => Some("only application/x-www-form-urlencoded is a form here (RFC 9110 section 15.5.16)"),
        (405, _) if form => Some("this page takes no POST: it is no template (RFC 9110 section 15.5.6)"),
        (500, 200..=299) => Some(
            "a template that cannot be filled is a 500: fill the whole page before the status goes out, and let mistakes in it be errors",
        ),
        (200, 500) if target.contains(&b'?') => {
            Some("a template that is in order must be filled, also after one that was not")
        }
        (200, 415) => Some("media types have no case, and parameters may follow after a `;` (RFC 9110 section 8.3.1)"),
        _ => None,
    }
}

fn media_type(status: u16, want: &[u8], got: &[u8]) -> &'static str {
    if status >= 400 {
        return "an error page is HTML like the others, and says so";
    }
    if find(want, b"charset").is_some() && find(got, b"charset").is_none() && find(got, b"text/").is_some() {
        return "text needs `; charset=utf-8`, or a browser guesses how it is encoded (RFC 9110 section 8.3.2)";
    }
    "the media type follows from what stands after the last dot of the file's name, in small letters or capitals; without a known end it is application/octet-stream"
}

fn location(want: &[u8], got: &[u8]) -> Option<&'static str> {
    const NAME: &[u8] = b"Location: ";
    let value = got.strip_prefix(NAME)?;
    if value.starts_with(b"//") {
        return Some("a reference that begins with two slashes names another host (RFC 3986 section 4.2)");
    }
    if value.trim_ascii().contains(&b' ') {
        return Some("a target has no spaces: what came percent-encoded stays so (RFC 3986 section 2.1)");
    }
    let queries = |line: &[u8]| line.iter().filter(|byte| **byte == b'?').count();
    Some(match queries(want).cmp(&queries(got)) {
        std::cmp::Ordering::Greater => "the query of the request is kept",
        std::cmp::Ordering::Less => "a target has one query: that of the table stands alone, if there is one",
        std::cmp::Ordering::Equal => {
            "the target is the whole path, a slash where one was missing, and then the query; or what the table says"
        }
    })
}

fn lacks(text: &str) -> &'static str {
    match () {
        () if text.contains('%') => {
            "a name in an address is percent-encoded byte by byte, so that it leads to the file (RFC 3986 section 2.1)"
        }
        () if text.contains("&lt;") || text.contains("&amp;") => UNESCAPED,
        () if text.contains('+') => PLUS,
        () if text.contains("50") || text.contains("40") || text.contains("41") => {
            "an error page says what happened: the number of the status at least"
        }
        () => "the name of everything in the folder is on the page, with a slash after that of a folder",
    }
}

const PLUS: &str = "in a query or a form `+` is a space and `%2B` a plus: turn `+` into spaces before you decode %XX";

const UNESCAPED: &str =
    "a name or a value from outside is text, not HTML: escape `&` first, then `<`, `>` and both quotation marks, once";

/// Why a page was not filled as it should be.
fn filled(target: &[u8], form: bool, want: &[u8], got: &[u8], at: usize) -> Option<&'static str> {
    let lacking = |text: &[u8]| find(want, text).is_none() && find(got, text).is_some();
    let added = |text: &[u8]| find(want, text).is_some() && find(got, text).is_none();
    let odd = |byte: u8| got.get(at) == Some(&byte) && want.get(at) != Some(&byte);
    if lacking(b"href=") {
        return Some("a folder that has an `index.html` shows it, and no list");
    }
    if lacking(b"<!-- template -->") {
        return Some("the page is a template: its first line is a mark that is not sent, and its gaps are filled");
    }
    if added(b"<!-- template -->") || added(b"{{") {
        return Some(
            "this is no template, or a value that is text: only gaps in a page with the mark in its first line are filled, in one pass",
        );
    }
    if lacking(b"{{") {
        return Some("a gap was not filled: the spaces inside of the braces may be missing");
    }
    if added(b"&lt;") || added(b"&amp;") || lacking(b"&amp;lt;") || lacking(b"&amp;gt;") {
        return Some(UNESCAPED);
    }
    if form && got.len() + 1000 < want.len() {
        return Some("a form may come in many pieces: read as many bytes as Content-Length says");
    }
    if ["None", "null", "undefined", "NULL"].iter().any(|word| lacking(word.as_bytes())) {
        return Some("a name that has no value is shown as nothing at all");
    }
    if odd(b'+') {
        return Some(PLUS);
    }
    if got.contains(&b'%') && !want.contains(&b'%') {
        return Some(
            "names and values are percent-encoded: take the pairs apart first, then decode %XX in both halves",
        );
    }
    (form || target.contains(&b'?')).then_some(
        "the pairs are parted by `&`, name and value at the first `=`; the first value of a name counts, a missing one is empty, and a form comes before the query",
    )
}
