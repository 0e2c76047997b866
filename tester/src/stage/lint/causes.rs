//! The lint of causes: each can come, none is hidden by another, and each is brought up by a wrong server.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    http::sent::Sent,
    stage::catalog::Stage,
    transcript::{
        Action, BodyRule, Expect, Field, FieldRule, Step, Transcript,
        causes::{Codes, Match, Shared, When},
        template::Template,
        values::Values,
    },
};

/// Path to the sources of the wrong servers, as seen from the folder of the stages.
const TABLE: &str = "../tester/tests/bite/table";

/// Finds what is wrong with the causes of one stage.
pub(super) fn of_stage(stage: &Stage, transcript: &Transcript, problems: &mut Vec<String>) {
    let mut ids = HashMap::new();
    for (index, step) in transcript.steps.iter().enumerate() {
        for (number, cause) in step.causes.iter().enumerate() {
            let mut problem = |what: String| problems.push(format!("{}:{}: {what}", stage.path.display(), cause.line));
            if let Err(why) = possible(&cause.when, index, step, transcript) {
                problem(format!("`{}` never comes here: {why}", cause.when));
            }
            if let Some(above) = step.causes[..number].iter().find(|above| above.when.covers(&cause.when)) {
                problem(format!("line {} already explains this; put what is narrower first", above.line));
            }
            // A cause said in several places has one name.
            if ids.insert(&cause.id, &cause.text).is_some_and(|text| *text != cause.text) {
                problem(format!("`{}` says something else above; give it a name of its own", cause.id));
            }
        }
    }
}

/// Finds what is wrong with the causes that tracks share.
pub(super) fn of_tracks(stages: &[Stage], problems: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for first in stages {
        if first.shared.is_empty() || !seen.insert(&first.page.track) {
            continue;
        }
        let path = first.shared_path();
        let shared = match first.shared_causes() {
            Ok(shared) => shared,
            Err(error) => {
                problems.push(format!("{error:#}"));
                continue;
            }
        };
        let of_track: Vec<_> = stages.iter().filter(|stage| stage.page.track == first.page.track).collect();
        let of_track: Vec<_> =
            of_track.iter().filter_map(|stage| Some(Played::of(stage, stage.transcript().ok()?))).collect();
        for (number, cause) in shared.iter().enumerate() {
            let mut problem = |what: String| problems.push(format!("{}:{}: {what}", path.display(), cause.cause.line));
            if let Some(above) = shared[..number].iter().find(|above| above.covers(cause)) {
                problem(format!("line {} already explains this; put what is narrower first", above.cause.line));
            }
            if !of_track.iter().any(|played| played.has_use_for(cause)) {
                problem("this selects no expectation of the track that can fail in this way".to_owned());
            }
            let same = |other: &&Shared| other.cause.id == cause.cause.id;
            if shared[..number].iter().find(same).is_some_and(|other| other.cause.text != cause.cause.text) {
                problem(format!("`{}` says something else above; give it a name of its own", cause.cause.id));
            }
        }
    }
}

/// A transcript, and what would be sent before each expectation.
struct Played {
    transcript: Transcript,
    /// For each step the statuses that are admitted, what was sent, and which of the requests in it is meant.
    exchanges: Vec<(Vec<u16>, Vec<u8>, usize)>,
}

impl Played {
    fn of(stage: &Stage, transcript: Transcript) -> Played {
        let exchange = |index: usize| {
            let step = &transcript.steps[index];
            // A file belongs to what was sent last.
            let conn = step.action.conn().or_else(|| {
                let mut before = transcript.steps[..index].iter().rev();
                before.find_map(|step| Some(&step.action).filter(|action| matches!(action, Action::Write(_)))?.conn())
            })?;
            // Values that a response would bring are not there, and make no difference here.
            let values = Values::draw(&transcript.lets, 1, &stage.page.id, Path::new("/dir"), Path::new("/root"));
            let mut values = values.ok()?;
            for name in transcript.captures() {
                values.set(name, b"captured".to_vec());
            }
            let mut sent = Vec::new();
            for write in transcript.writes_before(index, conn).iter().rev() {
                for part in &write.parts {
                    sent.extend(values.part(part, Some(1)).ok()?);
                }
            }
            let statuses = transcript.until(index, conn).find_map(|action| match action {
                Action::Expect(expect) => Some(expect.statuses.clone()),
                _ => None,
            });
            Some((statuses.unwrap_or_default(), sent, transcript.request_of(index, conn)))
        };
        let exchanges = (0..transcript.steps.len()).map(|index| exchange(index).unwrap_or_default()).collect();
        Played { transcript, exchanges }
    }

    /// Checks whether an expectation is selected by `shared`, and can fail so.
    fn has_use_for(&self, shared: &Shared) -> bool {
        self.transcript.steps.iter().zip(&self.exchanges).enumerate().any(
            |(index, (step, (statuses, sent, number)))| {
                let sent = Sent::new(sent);
                let request = sent.requests().get(*number).or(sent.requests().last());
                possible(&shared.cause.when, index, step, &self.transcript).is_ok()
                    && shared.selectors.iter().all(|selector| selector.selects(statuses, request, sent.is_pipeline()))
            },
        )
    }
}

/// Checks whether an expectation can fail in this way; if not, why.
fn possible(when: &When, index: usize, step: &Step, transcript: &Transcript) -> Result<(), String> {
    let yes = |fits: bool, why: &str| if fits { Ok(()) } else { Err(why.to_owned()) };
    match (&step.action, when) {
        (Action::Expect(expect), when) => of_message(when, index, expect, transcript),
        (Action::Open { .. }, When::Surplus | When::Closed) | (Action::Closed { .. }, When::Surplus | When::Open) => {
            Ok(())
        }
        (Action::Saved { content, .. }, When::File(matches)) => {
            yes(!matches!(matches, Match::Is(texts) if texts.contains(content)), "this is what is expected")
        }
        (Action::SavedNone, When::File(matches)) => {
            yes(*matches == Match::Any, "no file is expected, so its contents are not compared; write `file`")
        }
        (Action::Open { .. }, _) => Err("`open` fails only with `surplus` or `closed`".to_owned()),
        (Action::Closed { .. }, _) => Err("`closed` fails only with `surplus` or `open`".to_owned()),
        (Action::Saved { .. } | Action::SavedNone, _) => Err("`saved` fails only with `file`".to_owned()),
        _ => Err("this is not an expectation".to_owned()),
    }
}

/// Checks whether the expectation of a message can fail in this way; if not, why.
fn of_message(when: &When, index: usize, expect: &Expect, transcript: &Transcript) -> Result<(), String> {
    let yes = |fits: bool, why: &str| if fits { Ok(()) } else { Err(why.to_owned()) };
    let field = |name: &str| expect.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let rule = |name: &str| field(name).map(|Field { rule, .. }| rule);
    let held = |absent: bool, texts: &[Template]| match &expect.body {
        BodyRule::Contains(all) => {
            let mut all = all.iter().filter(|held| held.absent == absent);
            if texts.is_empty() {
                all.next().is_some()
            } else {
                let all: Vec<_> = all.flat_map(|held| &held.texts).collect();
                texts.iter().all(|text| all.contains(&text))
            }
        }
        _ => false,
    };
    match when {
        // A class may hold what is wanted, and others.
        When::Status(codes, _) => match expect.statuses.iter().find(|status| codes.contains(&Codes::One(**status))) {
            Some(wanted) => Err(format!("{wanted} is expected")),
            None => Ok(()),
        },
        When::Missing(name) => {
            yes(matches!(rule(name), Some(FieldRule::Any | FieldRule::OneOf(_))), "the field is not required")
        }
        When::Forbidden(name) => yes(matches!(rule(name), Some(FieldRule::Absent)), "the field is not listed with `!`"),
        When::Value(name, texts) => match rule(name) {
            Some(FieldRule::OneOf(wanted) | FieldRule::Maybe(wanted)) if !wanted.is_empty() => {
                yes(!texts.iter().any(|text| wanted.contains(text)), "this value is expected")
            }
            _ => Err("no value is listed for the field".to_owned()),
        },
        When::Body(matches) => match (&expect.body, matches) {
            (BodyRule::None, Match::Empty) => Err("no body is expected".to_owned()),
            (BodyRule::Is(lines), Match::Is(texts)) => {
                yes(!matches!(lines.as_slice(), [line] if texts.contains(line)), "this is the body that is expected")
            }
            (BodyRule::None | BodyRule::Is(_) | BodyRule::Gzip(_), _) => Ok(()),
            _ => Err("any body will do; for a text in it, write `lacks` or `holds`".to_owned()),
        },
        When::Lacks(texts) => yes(held(false, texts), "this text is not looked for with `*`"),
        When::Holds(texts) => yes(held(true, texts), "this text is not looked for with `!*`"),
        When::Short => yes(
            !expect.statuses.iter().all(|status| matches!(status, 100..=199 | 204 | 304)),
            "such a response has no body",
        ),
        When::Surplus => {
            let next = transcript.later(index + 1, &expect.conn, false).next();
            yes(!matches!(next, Some(Action::Expect(_))), "another message must follow it at once")
        }
        When::Silence => Ok(()),
        When::Closed => yes(!expect.or_closed, "the connection may be closed instead"),
        When::Open => Err("write it after `closed`".to_owned()),
        When::File(_) => Err("write it after `saved`, as `saved? file: …`".to_owned()),
    }
}

/// The folder of the wrong servers, where it lies beside that of the stages.
pub(super) fn wrong_servers(folder: &Path) -> Option<PathBuf> {
    Some(folder.join(TABLE)).filter(|table| table.is_dir())
}

/// The causes that no wrong server brings up, one line each: those whose id does not stand in a source in `table`.
pub(super) fn without_a_server(table: &Path, stages: &[Stage], problems: &mut Vec<String>) -> io::Result<()> {
    let mut sources = String::new();
    read_all(table, &mut sources)?;
    let mut seen = HashSet::new();
    let mut look = |id: &str, path: &Path, line: usize| {
        if seen.insert(id.to_owned()) && !sources.contains(&format!("\"{id}\"")) {
            problems.push(format!(
                "{}:{line}: no wrong server in {} is explained by \"{id}\"; add one, or remove the cause",
                path.display(),
                table.display()
            ));
        }
    };
    for stage in stages {
        let Ok(transcript) = stage.transcript() else { continue };
        for cause in transcript.steps.iter().flat_map(|step| &step.causes) {
            look(&cause.id, &stage.path, cause.line);
        }
        for shared in &transcript.shared {
            look(&shared.cause.id, &stage.shared_path(), shared.cause.line);
        }
    }
    Ok(())
}

fn read_all(folder: &Path, sources: &mut String) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, sources)?;
        } else {
            sources.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The files `TRACK.causes` in `folder` whose track has no stages, one line each.
pub(super) fn without_a_track(folder: &Path, stages: &[Stage], problems: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(track) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".causes")) else { continue };
        if !stages.iter().any(|stage| stage.page.track == track) {
            problems.push(format!("{}: there is no stage of the track `{track}`", path.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::page::Page;

    fn stage(script: &str, shared: &str) -> Stage {
        let page = Page::parse("# T\n\nid: ab1 · level: easy · track: own\n").unwrap();
        Stage {
            number: 1,
            slug: "t".into(),
            page,
            script: script.into(),
            shared: shared.into(),
            path: "01-t/tester.http".into(),
        }
    }

    fn found(script: &str) -> Vec<String> {
        let stage = stage(script, "");
        let mut problems = Vec::new();
        of_stage(&stage, &stage.transcript().unwrap(), &mut problems);
        problems
    }

    const EXCHANGE: &str = "let w, v\nconnect a\na> GET / HTTP/1.1\na>\na< HTTP/1.1 200|404 *\na< A: x | {w}\na< B: *\na< !C\na< ?D: y\na<\n";

    #[test]
    fn a_cause_that_cannot_come_is_refused() {
        for (body, when, why) in [
            ("", "status 404", "404 is expected"),
            ("", "missing C", "not required"),
            ("", "missing D", "not required"),
            ("", "missing E", "not required"),
            ("", "value B", "no value is listed"),
            ("", "value A {w}", "this value is expected"),
            ("", "forbidden A", "with `!`"),
            ("", "body empty", "no body is expected"),
            ("a< *\n", "body", "any body will do"),
            ("a< {w}\n", "body is {w}", "the body that is expected"),
            ("a< * {w}\n", "lacks {v}", "not looked for with `*`"),
            ("a< * {w}\n", "holds", "not looked for with `!*`"),
            ("", "open", "after `closed`"),
            ("", "file", "after `saved`"),
            ("a? short: x\na open\n", "silence", "`surplus` or `closed`"),
            ("a? short: x\na closed\n", "closed", "`surplus` or `open`"),
        ] {
            let problems = found(&format!("{EXCHANGE}{body}a? {when}: why\n"));
            assert!(problems.len() == 1 && problems[0].contains(why), "{when}: {problems:?}");
        }
        let problems = found(&format!(
            "{EXCHANGE}saved none\nsaved? file empty: why\nsaved {{dir}}/x = {{w}}\nsaved? file is {{w}}: why\n"
        ));
        assert!(problems.len() == 2 && problems[1].contains("this is what is expected"), "{problems:?}");
        let followed = found(&format!(
            "{EXCHANGE}a? surplus: why\na<---\na< HTTP/1.1 304|closed *\na<\na? closed: no\na? short: no\n"
        ));
        assert_eq!(followed.len(), 3, "{followed:?}");
    }

    #[test]
    fn a_cause_that_can_come_is_not() {
        for (body, when) in [
            ("", "status 2xx|500"),
            ("", "missing A"),
            ("", "missing B"),
            ("", "value A {v} | z"),
            ("", "value D"),
            ("", "forbidden C"),
            ("", "body starts {w}"),
            ("", "short"),
            ("", "surplus"),
            ("", "silence"),
            ("", "closed"),
            ("a< {w}\n", "body is {v}"),
            ("a< * {w} | {v}\n", "lacks {v}"),
            ("a< !* {w}\n", "holds"),
            ("a open\n", "closed"),
            ("a closed\n", "open"),
        ] {
            let problems = found(&format!("{EXCHANGE}{body}a? {when}: why\n"));
            assert!(problems.is_empty(), "{when}: {problems:?}");
        }
    }

    #[test]
    fn a_cause_behind_a_wider_one_is_refused_and_so_is_a_name_twice() {
        let problems = found(&format!(
            "{EXCHANGE}a? [a] status 5xx: why\na? [b] status 501: why\na? [a] silence: why\na? [a] short: what\n"
        ));
        assert!(problems.len() == 2 && problems[0].contains("12: line 11 already"), "{problems:?}");
        assert!(problems[1].contains("14: `ab1/a` says something else"), "{problems:?}");
    }

    #[test]
    fn a_cause_without_a_wrong_server_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join(TABLE.trim_start_matches("../"));
        fs::create_dir_all(table.join("inner")).unwrap();
        fs::write(table.join("inner/rows.rs"), "own(\"ab1/known\"), \"own/shared\"").unwrap();
        let stages = folder.path().join("stages");
        fs::create_dir(&stages).unwrap();
        fs::write(stages.join("other.causes"), "").unwrap();
        let stage = stage(
            &format!("{EXCHANGE}a? [known] short: why\na? status 500: why\n"),
            "? [shared] short: why\n? [more] silence: why\n",
        );
        let mut problems = Vec::new();
        let stages_of = [stage];
        without_a_server(&wrong_servers(&stages).unwrap(), &stages_of, &mut problems).unwrap();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("\"ab1:12\"") && problems[1].contains("own.causes:2:"), "{problems:?}");
        problems.clear();
        without_a_track(&stages, &stages_of, &mut problems).unwrap();
        assert!(problems.len() == 1 && problems[0].contains("no stage of the track `other`"), "{problems:?}");
    }
}
