//! What goes wrong with the content of requests: chunks, clients that wait, uploads that break off.

use super::Rule;
use crate::{
    http::sent::{Request, Sent},
    judge::difference::{Difference, FileFault, Mismatch},
};

fn waits(sent: &Sent) -> bool {
    sent.first().is_some_and(Request::expects_continue)
}

/// Why the status is not the one that is expected.
pub(super) fn of(what: &Mismatch, sent: &Sent) -> Option<Rule> {
    let Mismatch::Status { wanted, got } = what else { return None };
    let stores = wanted.contains(&201);
    Some(match got {
        400 | 411 if stores && sent.is_chunked() => Rule::ChunksWellFormed,
        413 if stores => Rule::ContentNotTooLong,
        417 if waits(sent) => Rule::ExpectationNotKnown,
        200..=299 if wanted.contains(&400) && sent.is_chunked() => Rule::BrokenChunksTaken,
        200..=299 if wanted.contains(&400) && sent.missing_content() > 0 => Rule::ShortContentTaken,
        200.. if wanted == &[100] => Rule::ClientWaits,
        _ => return None,
    })
}

/// Why no response came to a request that the program may wait for more of.
pub(super) fn of_silence(sent: &Sent) -> Option<Rule> {
    if waits(sent) {
        Some(Rule::BothWait)
    } else if sent.is_chunked() {
        Some(Rule::ChunkLost)
    } else {
        (sent.missing_content() > 0).then_some(Rule::ContentAwaited)
    }
}

/// Why bytes follow the response.
pub(super) fn of_surplus(bytes: &[u8], sent: &Sent) -> Option<Rule> {
    let response = bytes.starts_with(b"HTTP/");
    if bytes.starts_with(b"HTTP/1.1 100 ") {
        Some(Rule::InterimLate)
    } else if response && sent.missing_content() > 0 {
        Some(Rule::AnsweredHalfTheContent)
    } else {
        let framed = sent.first().is_some_and(Request::is_framed);
        (response && framed && !sent.content().is_empty()).then_some(Rule::ContentTakenForRequest)
    }
}

/// Why a file that was sent in chunks differs.
pub(super) fn of_file(fault: &FileFault, difference: &Difference, sent: &Sent) -> Option<Rule> {
    if *fault != FileFault::Contents || !sent.is_chunked() {
        return None;
    }
    let (want, got) = (&difference.expected, &difference.received);
    let framed = memchr::memmem::find(got, b"\r\n0").is_some() || got.len() > want.len();
    Some(if got.is_empty() {
        Rule::ChunkedWithoutLength
    } else if framed {
        Rule::FramingStored
    } else {
        Rule::ChunkMissing
    })
}
