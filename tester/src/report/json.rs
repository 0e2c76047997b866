//! The report as one JSON object. `tester/REPORTS.md` says what each member means.

use std::io;

use serde::Serialize;

use super::record::{Record, Recorded, Repeat};
use crate::{
    os::exit::Exit,
    run::failure::{Failure, Wrong},
    text,
};

/// The version of the report. It changes when a member is taken away, or means something else; not when one is added.
const VERSION: u32 = 1;
/// Most bytes of a text that are shown.
const WINDOW: usize = 4 << 10;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    passed: bool,
    seed: u64,
    stages: Vec<StageReport<'a>>,
}

#[derive(Serialize)]
struct StageReport<'a> {
    number: u32,
    id: &'a str,
    slug: &'a str,
    title: &'a str,
    track: &'a str,
    passed: bool,
    seconds: f64,
    failure: Option<FailureReport<'a>>,
    log: &'a [String],
}

#[derive(Serialize)]
struct FailureReport<'a> {
    kind: &'static str,
    summary: String,
    line: Option<usize>,
    connection: Option<&'a str>,
    exit: Option<Exit>,
    difference: Option<&'static str>,
    field: Option<&'a str>,
    expected: Option<Bytes>,
    received: Option<Bytes>,
    at: Option<usize>,
    cause: Option<CauseReport<'a>>,
    details: Vec<String>,
}

#[derive(Serialize)]
struct CauseReport<'a> {
    id: &'a str,
    text: &'a str,
}

/// Bytes, or the part of them around the first that differs.
#[derive(Serialize)]
struct Bytes {
    text: String,
    from: usize,
    length: usize,
}

impl Bytes {
    fn around(bytes: &[u8], at: usize) -> Bytes {
        let last = bytes.len().saturating_sub(WINDOW);
        let from = at.min(bytes.len()).saturating_sub(WINDOW / 2).min(last);
        let end = bytes.len().min(from + WINDOW);
        Bytes { text: text::visible(&bytes[from..end]), from, length: bytes.len() }
    }
}

/// Writes it.
///
/// # Errors
/// What the system says of `out`.
pub fn write(record: &Record, out: &mut dyn io::Write, repeat: Repeat) -> io::Result<()> {
    let stages: Vec<_> = record.stages.iter().map(|recorded| stage(recorded, repeat)).collect();
    let passed = stages.iter().all(|stage| stage.passed);
    serde_json::to_writer_pretty(&mut *out, &Report { version: VERSION, passed, seed: repeat.seed, stages })?;
    writeln!(out)
}

fn stage<'a>(recorded: &'a Recorded, repeat: Repeat) -> StageReport<'a> {
    StageReport {
        number: recorded.stage.number,
        id: &recorded.stage.page.id,
        slug: &recorded.stage.slug,
        title: &recorded.stage.page.title,
        track: &recorded.stage.page.track,
        passed: recorded.failure().is_none(),
        seconds: recorded.time().as_secs_f64(),
        failure: recorded.failure().map(|failure| explain(failure, recorded.details(failure, repeat))),
        log: &recorded.log,
    }
}

fn explain(failure: &Failure, details: Vec<String>) -> FailureReport<'_> {
    let wrong: Option<&Wrong> = match failure {
        Failure::Wrong(wrong) => Some(wrong),
        _ => None,
    };
    let difference = wrong.map(|wrong| &wrong.difference);
    let cause = wrong.and_then(|wrong| wrong.cause.as_ref());
    FailureReport {
        kind: failure.verdict().name(),
        summary: failure.summary(),
        line: failure.line(),
        connection: wrong.and_then(|wrong| wrong.conn.as_deref()),
        exit: failure.exit(),
        difference: difference.map(|difference| difference.what.kind()),
        field: difference.and_then(|difference| difference.what.field()),
        expected: difference.map(|difference| Bytes::around(&difference.expected, difference.at)),
        received: difference.map(|difference| Bytes::around(&difference.received, difference.at)),
        at: difference.map(|difference| difference.at),
        cause: cause.map(|cause| CauseReport { id: &cause.id, text: &cause.text }),
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_byte_that_differs() {
        let long: Vec<u8> = (0..10_000).map(|i| b'a' + (i % 26) as u8).collect();
        for at in [0, 1, 2047, 2048, 5000, 9999, 10_000, 20_000] {
            let bytes = Bytes::around(&long, at);
            assert_eq!((bytes.text.len(), bytes.length), (WINDOW, 10_000));
            assert!(bytes.from <= at && at.min(10_000) <= bytes.from + WINDOW, "{at}: {}", bytes.from);
            assert_eq!(bytes.text.as_bytes(), &long[bytes.from..bytes.from + WINDOW]);
        }
        let short = Bytes::around(b"a\\\r\n\xff\0", 3);
        assert_eq!((short.text.as_str(), short.from, short.length), ("a\\\\\\r\\n\\xFF\\0", 0, 6));
    }
}
