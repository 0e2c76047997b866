//! The causes that transcripts list: beside an expectation, or for its whole track. This is the only place that holds a
//! WHEN against a mismatch.

use super::{bytes::GZIP, evidence::Evidence, rules::Cause, values::value};
use crate::{
    judge::difference::{Difference, FieldFault, FileFault, GzipFault, Mismatch},
    transcript::{
        causes::{self, Match, Shared, When},
        template::Template,
        values::{Scope, Values},
    },
};

/// The causes listed for the expectation that failed.
#[derive(Clone, Debug)]
pub(crate) struct Listed<'a> {
    /// The causes beside it, in the order in which they are looked at.
    pub own: Vec<&'a causes::Cause>,
    /// The causes that its track shares.
    pub shared: &'a [Shared],
    /// The statuses that it admits.
    pub statuses: &'a [u16],
    /// Which of the requests that were sent last it is about, from 0.
    pub request: usize,
    /// The values of the run.
    pub values: Values,
    /// The scope of its templates.
    pub scope: Scope,
}

/// The first cause that fits: of those beside the expectation, then of those of the track.
pub(super) fn of(evidence: &Evidence, listed: &Listed) -> Option<Cause> {
    let mut values = listed.values.clone();
    let requests = evidence.sent.requests();
    let request = requests.get(listed.request).or(requests.last());
    let selected = listed.shared.iter().filter(|shared| {
        let selects =
            |selector: &causes::Selector| selector.selects(listed.statuses, request, evidence.sent.is_pipeline());
        shared.selectors.iter().all(selects)
    });
    let mut all = listed.own.iter().copied().chain(selected.map(|shared| &shared.cause));
    all.find_map(|cause| {
        // A cause that needs a value that was never received explains nothing.
        let mut render = |template: &Template| values.render(template, listed.scope).ok();
        let texts: Vec<Vec<u8>> = cause.when.templates().iter().filter_map(&mut render).collect();
        let text = if holds(&cause.when, &texts, evidence) { render(&cause.text)? } else { return None };
        Some(Cause { id: cause.id.clone().into(), text: String::from_utf8_lossy(&text).into_owned().into() })
    })
}

/// Checks whether this is how the expectation failed. `texts`: the texts that `when` names.
fn holds(when: &When, texts: &[Vec<u8>], evidence: &Evidence) -> bool {
    let difference = evidence.difference;
    let what = &difference.what;
    let any = when.templates().is_empty();
    match (when, what) {
        (When::Status(codes, with), Mismatch::Status { got, .. }) => {
            let has =
                |name: &String| evidence.response.is_some_and(|(_, received)| received.head.all(name).next().is_some());
            codes.iter().any(|codes| codes.contain(*got)) && with.as_ref().is_none_or(has)
        }
        (When::Missing(name), what) => what.is_field(name, FieldFault::Missing),
        (When::Forbidden(wanted), Mismatch::Field { name, fault: FieldFault::Forbidden { .. } }) => {
            name.eq_ignore_ascii_case(wanted)
        }
        (When::Value(name, _), what) => {
            let value = value(&difference.received);
            what.is_field(name, FieldFault::Value) && (any || texts.iter().any(|text| text == value))
        }
        (When::Body(matches), Mismatch::Body | Mismatch::BodyUnlisted | Mismatch::Gzip(GzipFault::Content)) => {
            fits(matches, texts, difference)
        }
        (When::Lacks(_), Mismatch::Lacks(lacking)) => any || texts.iter().any(|text| lacking.contains(text)),
        (When::Holds(_), Mismatch::Holds(held)) => any || texts.contains(held),
        (When::Short, Mismatch::BodyShort { .. })
        | (When::Surplus, Mismatch::Surplus { .. })
        | (When::Silence, Mismatch::Silence { head_begun: false, .. })
        | (When::Closed, Mismatch::Unanswered { head_begun: false, .. } | Mismatch::ClosedEarly(_))
        | (When::Open, Mismatch::StillOpen(_))
        | (When::File(Match::Any), Mismatch::File { .. })
        | (When::File(Match::Missing), Mismatch::File { fault: FileFault::Missing, .. }) => true,
        (When::File(matches), Mismatch::File { fault: FileFault::Contents, .. }) => fits(matches, texts, difference),
        _ => false,
    }
}

/// Checks whether contents that differ are like this.
fn fits(matches: &Match, texts: &[Vec<u8>], difference: &Difference) -> bool {
    let Difference { expected: want, received: got, .. } = difference;
    let stands = |content: &[u8], text: &[u8]| memchr::memmem::find(content, text).is_some();
    // Compressed bytes hold and lack a short text by chance.
    let readable = !got.starts_with(GZIP);
    match matches {
        Match::Any => true,
        Match::Missing => false,
        Match::Empty => got.is_empty(),
        Match::Is(_) => texts.contains(got),
        Match::Starts(_) => texts.iter().any(|text| got.starts_with(text)),
        Match::Holds(_) => readable && texts.iter().any(|text| stands(got, text) && !stands(want, text)),
        // An empty body lacks every text, and has a cause of its own.
        Match::Lacks(_) => {
            readable && !got.is_empty() && texts.iter().any(|text| stands(want, text) && !stands(got, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::{response, sent::Sent},
        judge::{
            difference::Ended,
            sides::{End, Expected, Received},
        },
        transcript::{BodyRule, parse},
    };
    use std::{path::Path, time::Duration};

    const SCRIPT: &str = "let w = abc\nlet v = xyz\nconnect a\na< HTTP/1.1 200 *\na< T: 1\na< !U\na<\na< {w}\n";

    /// The text of the cause, if the case is held to fit.
    fn found(when: &str, what: Mismatch, expected: &str, received: &str) -> Option<String> {
        let transcript = parse::parse(&format!("{SCRIPT}a? {when}: it is {{w}}\n")).unwrap();
        let values = Values::draw(&transcript.lets, 1, "ab1", Path::new("/d"), Path::new("/r")).unwrap();
        let listed = Listed {
            own: transcript.steps.last().unwrap().causes.iter().collect(),
            shared: &[],
            statuses: &[],
            request: 0,
            values,
            scope: Scope::default(),
        };
        let head = response::head(b"HTTP/1.1 404 No\r\nAge: 1\r\n\r\n").unwrap().unwrap();
        let received_response = Received { head, content: Vec::new(), end: End::Framed };
        let asked = Expected { statuses: vec![200], reason: None, fields: Vec::new(), body: BodyRule::None };
        let difference = Difference::new(what, expected, received);
        let evidence = Evidence {
            difference: &difference,
            response: Some((&asked, &received_response)),
            sent: &Sent::new(b""),
            circumstances: Default::default(),
        };
        of(&evidence, &listed).map(|cause| cause.text.into_owned())
    }

    #[test]
    fn each_case_fits_its_mismatch_and_no_other() {
        let field = |fault| Mismatch::Field { name: "T".to_owned(), fault };
        let file = |fault| Mismatch::File { path: "x".to_owned(), fault };
        let second = Duration::from_secs(1);
        for (when, what, expected, received, fit) in [
            ("status 404", Mismatch::Status { wanted: vec![200], got: 404 }, "", "", true),
            ("status 5xx|4xx with age", Mismatch::Status { wanted: vec![200], got: 404 }, "", "", true),
            ("status 404 with T", Mismatch::Status { wanted: vec![200], got: 404 }, "", "", false),
            ("status 5xx", Mismatch::Status { wanted: vec![200], got: 404 }, "", "", false),
            ("missing t", field(FieldFault::Missing), "", "", true),
            ("missing T", field(FieldFault::Value), "", "", false),
            ("value T", field(FieldFault::Value), "T: 1\r\n", "T: 2\r\n", true),
            ("value T 3 | {v}", field(FieldFault::Value), "T: 1\r\n", "T: xyz\r\n", true),
            ("value T 3 | {v}", field(FieldFault::Value), "T: 1\r\n", "T: 2\r\n", false),
            ("forbidden T", field(FieldFault::Forbidden { empty: false }), "", "", true),
            ("body", Mismatch::Body, "abc", "x", true),
            ("body", Mismatch::BodyUnlisted, "", "x", true),
            ("body", Mismatch::Lacks(vec![b"x".to_vec()]), "", "", false),
            ("body empty", Mismatch::Body, "abc", "", true),
            ("body is {v}", Mismatch::Body, "abc", "xyz", true),
            ("body is {v}", Mismatch::Body, "abc", "xyz!", false),
            ("body starts {w[..2]}", Mismatch::Body, "abc", "ab", true),
            ("body holds b | +", Mismatch::Body, "abc", "a+c", true),
            ("body holds b", Mismatch::Body, "abc", "b", false),
            ("body lacks b", Mismatch::Body, "abc", "ac", true),
            ("body lacks b", Mismatch::Body, "abc", "", false),
            ("body lacks b", Mismatch::Body, "abc", "a", true),
            ("body lacks x", Mismatch::Body, "abc", "ac", false),
            ("lacks {v}", Mismatch::Lacks(vec![b"q".to_vec(), b"xyz".to_vec()]), "", "", true),
            ("lacks {w}", Mismatch::Lacks(vec![b"q".to_vec()]), "", "", false),
            ("holds", Mismatch::Holds(b"q".to_vec()), "", "", true),
            ("holds {v}", Mismatch::Holds(b"q".to_vec()), "", "", false),
            ("short", Mismatch::BodyShort { promised: None, came: 1, ended: true }, "", "", true),
            ("surplus", Mismatch::Surplus { count: 1, requested: true }, "", "", true),
            ("silence", Mismatch::Silence { after: second, head_begun: false }, "", "", true),
            ("silence", Mismatch::Silence { after: second, head_begun: true }, "", "", false),
            ("closed", Mismatch::Unanswered { how: Ended::Reset, head_begun: false }, "", "", true),
            ("closed", Mismatch::ClosedEarly(Ended::Closed), "", "", true),
            ("open", Mismatch::StillOpen(second), "", "", true),
            ("file", file(FileFault::Unexpected), "", "", true),
            ("file missing", file(FileFault::Missing), "", "", true),
            ("file missing", file(FileFault::Contents), "", "", false),
            ("file starts {v}", file(FileFault::Contents), "abc", "xyz", true),
        ] {
            let text = found(when, what, expected, received);
            assert_eq!(text.as_deref(), fit.then_some("it is abc"), "{when}");
        }
    }

    #[test]
    fn compressed_bytes_hold_and_lack_nothing() {
        let difference = |got: &[u8]| Difference::new(Mismatch::Body, b"abc", got);
        for (got, fit) in [(&b"a+"[..], true), (b"\x1f\x8b+", false)] {
            assert_eq!(fits(&Match::Holds(Vec::new()), &[b"+".to_vec()], &difference(got)), fit);
            assert_eq!(fits(&Match::Lacks(Vec::new()), &[b"b".to_vec()], &difference(got)), fit);
        }
    }

    #[test]
    fn a_value_that_was_never_received_explains_nothing() {
        let transcript = parse::parse(
            "connect a\na< HTTP/1.1 200 *\na< T: {*t}\na<\na? status 404: no {t}\na? status 4xx: the other\n",
        );
        let transcript = transcript.unwrap();
        let listed = Listed {
            own: transcript.steps[1].causes.iter().collect(),
            shared: &[],
            statuses: &[200],
            request: 0,
            values: Values::draw(&[], 1, "ab1", Path::new("/d"), Path::new("/r")).unwrap(),
            scope: Scope::default(),
        };
        let difference = Difference::bare(Mismatch::Status { wanted: vec![200], got: 404 });
        let sent = Sent::new(b"");
        let evidence =
            Evidence { difference: &difference, response: None, sent: &sent, circumstances: Default::default() };
        assert_eq!(of(&evidence, &listed).unwrap().text, "the other");
    }

    #[test]
    fn causes_of_the_track_come_last_and_are_selected_by_the_request_that_is_meant() {
        let transcript = parse::parse("connect a\na< HTTP/1.1 200 *\na<\na? status 500: own\n").unwrap();
        let shared = parse::shared(
            "POST ? [post] status 5xx: a post\n404 ? [missing] status 4xx: missing\nGET pipelined /b*? ? [get] status 4xx: a get\n",
        )
        .unwrap();
        let sent = Sent::new(b"POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /b? HTTP/1.1\r\n\r\n");
        let text = |request, got| {
            let listed = Listed {
                own: transcript.steps[1].causes.iter().collect(),
                shared: &shared,
                statuses: &[200],
                request,
                values: Values::draw(&[], 1, "ab1", Path::new("/d"), Path::new("/r")).unwrap(),
                scope: Scope::default(),
            };
            let difference = Difference::bare(Mismatch::Status { wanted: vec![200], got });
            let evidence =
                Evidence { difference: &difference, response: None, sent: &sent, circumstances: Default::default() };
            of(&evidence, &listed).map(|cause| (cause.id.into_owned(), cause.text.into_owned()))
        };
        let cause = |id: &str, text: &str| Some((id.to_owned(), text.to_owned()));
        assert_eq!(text(0, 500), cause("4", "own"));
        assert_eq!(text(0, 501), cause("post", "a post"));
        assert_eq!(text(0, 404), None);
        assert_eq!(text(1, 404), cause("get", "a get"));
        // Beyond the last request that is whole, the last one is meant.
        assert_eq!(text(7, 404), cause("get", "a get"));
        assert_eq!(text(1, 501), None);
    }
}
