//! The report as one JSON object. `tester/REPORTS.md` says what each member means.

use std::{borrow::Cow, io};

use serde::Serialize;

use super::results::{Repeat, Results, StageResult};
use crate::{
    judge::difference::Mismatch,
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
    fault: Option<&'static str>,
    expected: Option<Bytes>,
    received: Option<Bytes>,
    at: Option<usize>,
    cause: Option<CauseReport>,
    details: Vec<String>,
}

#[derive(Serialize)]
struct CauseReport {
    id: Cow<'static, str>,
    text: Cow<'static, str>,
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
/// An error of `out`.
pub fn write(results: &Results, out: &mut dyn io::Write, repeat: Repeat) -> io::Result<()> {
    let stages: Vec<_> = results.stages.iter().map(|recorded| stage(recorded, repeat)).collect();
    let passed = stages.iter().all(|stage| stage.passed);
    serde_json::to_writer_pretty(&mut *out, &Report { version: VERSION, passed, seed: repeat.seed, stages })?;
    writeln!(out)
}

fn stage<'a>(recorded: &'a StageResult, repeat: Repeat) -> StageReport<'a> {
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
    FailureReport {
        kind: failure.verdict().name(),
        summary: failure.summary(),
        line: failure.line(),
        connection: wrong.and_then(|wrong| wrong.conn.as_deref()),
        exit: failure.exit(),
        difference: difference.map(|difference| difference.what.kind()),
        field: difference.and_then(|difference| difference.what.field()),
        fault: match difference.map(|difference| &difference.what) {
            Some(Mismatch::Malformed(fault)) => Some(fault.name()),
            _ => None,
        },
        expected: difference.map(|difference| Bytes::around(&difference.expected, difference.at)),
        received: difference.map(|difference| Bytes::around(&difference.received, difference.at)),
        at: difference.map(|difference| difference.at),
        cause: failure.cause().map(|cause| CauseReport { id: cause.id, text: cause.text }),
        details,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;
    use crate::{
        causes::{Cause, Rule},
        http::fault::HttpFault,
        judge::difference::{Difference, samples},
        program::Ending,
        run::{
            connection::Traffic,
            events::{Observer as _, Outcome},
            failure::Moment,
            verdict::Verdict,
        },
        stage::catalog,
    };

    const MANUAL: &str = include_str!("../../REPORTS.md");

    /// The first column of the table below this heading.
    fn documented(heading: &str) -> BTreeSet<String> {
        let section = MANUAL.split_once(&format!("{heading}\n")).unwrap().1;
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        rows.map(|(name, _)| name.to_owned()).collect()
    }

    /// The paths of all members.
    fn members(value: &serde_json::Value, path: &str, all: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (name, value) in object {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    // It has one member or the other.
                    if name != "exit" {
                        members(value, &path, all);
                    }
                    all.insert(path);
                }
            }
            serde_json::Value::Array(values) => {
                values.iter().for_each(|value| members(value, &format!("{path}[]"), all));
            }
            _ => {}
        }
    }

    fn report(failures: Vec<Failure>) -> serde_json::Value {
        let stage = catalog::all(None).unwrap().swap_remove(0);
        let mut results = Results::default();
        for failure in failures {
            results.begin(&stage);
            results.end(&stage, &Outcome { failure: Some(failure), time: Duration::ZERO });
        }
        let mut out = Vec::new();
        write(&results, &mut out, Repeat { seed: 7, command: &|_| "again".to_owned() }).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn wrong(what: Mismatch) -> Failure {
        let difference = Difference::new(what, b"abc", b"abd");
        let cause = Some(Cause::from(Rule::OwnError));
        Failure::Wrong(Box::new(Wrong {
            line: 3,
            conn: Some("c2".to_owned()),
            difference,
            cause,
            traffic: vec![Traffic::Finished],
        }))
    }

    #[test]
    fn the_manual_lists_the_members_of_a_report() {
        let died =
            Failure::Died { how: Ending::Exited(Exit::Signal(11)), during: Moment::Starting, listened: true, line: 5 };
        let report = report(vec![wrong(Mismatch::Body), died]);
        let mut all = BTreeSet::new();
        members(&report, "", &mut all);
        assert_eq!(all, documented("# The JSON report"));
        assert_eq!(report["version"], VERSION);
        assert!(MANUAL.contains(&format!("The version is {VERSION}.")));
        assert_eq!(report["stages"][1]["failure"]["exit"], serde_json::json!({"signal": 11}));
        assert_eq!(report["stages"][0]["failure"]["received"]["text"], "abd");
        assert_eq!(report["stages"][0]["failure"]["at"], 2);
    }

    #[test]
    fn the_manual_lists_every_kind() {
        let kinds: BTreeSet<_> = samples::all().into_iter().map(|(_, kind, ..)| kind.to_owned()).collect();
        assert_eq!(kinds, documented("## Kinds of difference"));
        let report = report(samples::all().into_iter().map(|(what, ..)| wrong(what)).collect());
        let found: BTreeSet<_> = report["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stage| stage["failure"]["difference"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, kinds);
        let faults: BTreeSet<_> = HttpFault::ALL.into_iter().map(|fault| fault.name().to_owned()).collect();
        assert_eq!(faults, documented("## Faults of HTTP"));
        // A stage is not refused, and one that passed has no failure.
        let verdicts = Verdict::ALL
            .into_iter()
            .filter(|verdict| !matches!(verdict, Verdict::Passed | Verdict::Refused | Verdict::NoSandbox));
        let verdicts: BTreeSet<_> = verdicts.map(|verdict| verdict.name().to_owned()).collect();
        assert_eq!(verdicts, documented("## Kinds of failure"));
    }

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
