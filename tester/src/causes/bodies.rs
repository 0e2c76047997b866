//! What goes wrong with the content of requests: chunks, clients that wait, uploads that break off.

use memchr::memmem::find;

/// Whether the head that was sent has this field line, in any case.
fn says(sent: &[u8], line: &[u8]) -> bool {
    let head = &sent[..find(sent, b"\r\n\r\n").unwrap_or(sent.len())];
    find(&head.to_ascii_lowercase(), line).is_some()
}

fn is_chunked(sent: &[u8]) -> bool {
    says(sent, b"transfer-encoding: chunked")
}

/// Why the status is not the one that is asked for.
pub(super) fn of_status(wanted: &[u16], status: u16, sent: &[u8]) -> Option<&'static str> {
    let stores = wanted.contains(&201);
    Some(match status {
        400 | 411 if stores && is_chunked(sent) => {
            "the chunks are well formed: a size is hexadecimal, in either case and with any zeros, and what follows `;` on its line means nothing (RFC 9112 section 7.1)"
        }
        413 if stores => "content of this length is to be stored, too",
        417 if says(sent, b"expect: 100-continue") => {
            "this is the one expectation that there is: tell the client to go on (RFC 9110 section 10.1.1)"
        }
        200..=299 if wanted.contains(&400) && is_chunked(sent) => {
            "content whose chunks are broken, or do not end, is refused as a whole (RFC 9112 section 7.1)"
        }
        200..=299 if wanted.contains(&400) && lacks_content(sent) => {
            "the content ended before `Content-Length` bytes had come: then the request is void (RFC 9112 section 8)"
        }
        200.. if wanted == [100] => {
            "this client waits for `100 Continue` before it sends its content, and nothing stands against it (RFC 9110 section 10.1.1)"
        }
        _ => return None,
    })
}

/// Why no answer came to a request that the program may wait for more of.
pub(super) fn of_silence(sent: &[u8]) -> Option<&'static str> {
    Some(match () {
        () if says(sent, b"expect: 100-continue") => {
            "the program waits for the content, and the client for `100 Continue`, or for a refusal at once (RFC 9110 section 10.1.1)"
        }
        () if is_chunked(sent) => {
            "the program waits for more of the request, or has lost a byte of the chunks: their end is the line `0`, and an empty line"
        }
        () if lacks_content(sent) => {
            "the program waits for the rest of the content; when a read returns nothing, no more will come (RFC 9112 section 8)"
        }
        () => return None,
    })
}

/// Whether less content was sent than `Content-Length` says.
fn lacks_content(sent: &[u8]) -> bool {
    let Some(end) = find(sent, b"\r\n\r\n") else { return false };
    let head = sent[..end].to_ascii_lowercase();
    let value = find(&head, b"\r\ncontent-length: ").and_then(|at| {
        let digits = head[at + 18..].split(|byte| *byte == b'\r').next()?;
        std::str::from_utf8(digits).ok()?.parse::<usize>().ok()
    });
    value.is_some_and(|length| sent.len() - end - 4 < length)
}

/// Why bytes follow the answer.
pub(super) fn of_surplus(bytes: &[u8], sent: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"HTTP/1.1 100 ") {
        return Some(
            "an interim response comes before the answer, and to clients of HTTP/1.1 that ask for it alone (RFC 9110 section 15.2)",
        );
    }
    if lacks_content(sent) && bytes.starts_with(b"HTTP/") {
        return Some(
            "the request was answered before its content was whole: `Content-Length` says how much is to come",
        );
    }
    let content = find(sent, b"\r\n\r\n").map_or(0, |end| sent.len() - end - 4);
    (content > 0 && bytes.starts_with(b"HTTP/") && (is_chunked(sent) || says(sent, b"content-length:"))).then_some(
        "content of the request, or what ends it, was taken for a request of its own: read it whole, also if it came in pieces, and whatever is answered (RFC 9112 section 6.3)",
    )
}

/// Why a file differs.
pub(super) fn of_file(got: &[u8], want: &[u8], sent: &[u8]) -> Option<&'static str> {
    if !is_chunked(sent) {
        return None;
    }
    let framed = got.windows(3).any(|w| w == b"\r\n0") || got.len() > want.len();
    Some(match got.is_empty() {
        true => "the content is chunked, so no `Content-Length` tells its length (RFC 9112 section 6.3)",
        false if framed => {
            "the framing of the chunks, or what is not content, was stored with it (RFC 9112 section 7.1)"
        }
        false => {
            "a chunk is missing, or cut: their sizes are hexadecimal, and their data may be any bytes (RFC 9112 section 7.1)"
        }
    })
}
