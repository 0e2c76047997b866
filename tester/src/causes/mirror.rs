//! What goes wrong with a request that is sent back.

use crate::judge::compare::Difference;

/// Why the request that came back is another.
pub(super) fn of(difference: &Difference) -> Option<&'static str> {
    let Difference { what, expected: want, received: got, at, .. } = difference;
    let line = memchr::memmem::find(want, b"\r\n")?;
    let shown = memchr::memmem::find(&want[..line], b" /mirror").is_some();
    // What a string did to it, and an end that came too early, have causes of their own.
    if !shown || !what.starts_with("The body differs") || got[*at..].starts_with(&[0xEF, 0xBF, 0xBD]) {
        return None;
    }
    let head = memchr::memmem::find(want, b"\r\n\r\n").map_or(want.len(), |end| end + 4);
    let chunked = memchr::memmem::find(&want[..head], b"chunked").is_some();
    match *at {
        at if at < line => Some("send back the request target as it came, with its query"),
        at if at >= head && chunked => {
            Some("the framing of the chunks is a part of what came: sizes, extensions and trailer fields belong to it")
        }
        at if at < head && at < got.len() => {
            Some("the head was put together again from its fields: build it from the bytes that came")
        }
        _ => None,
    }
}
