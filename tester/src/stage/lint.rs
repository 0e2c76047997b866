//! The lint of the folders: what every stage must have, and whether its page tells the truth.

mod causes;

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    stage::{
        catalog::{self, Stage},
        examples,
    },
    transcript::{Action, BodyRule, FieldRule, FixtureKind, Part, Source, Transcript, template::Template},
};

/// The first line of every transcript: it runs `run` beside the stages, from wherever it is called.
pub const FIRST_LINE: &str =
    r#"#!/usr/bin/env -S sh -c 'd=$(dirname "$(readlink -f "$0")"); exec "$d/../run" "$0" "$@"'"#;

/// The levels of stages.
const LEVELS: [&str; 4] = ["very easy", "easy", "medium", "hard"];

/// Finds what is wrong with the stages in a folder, one line each.
///
/// # Errors
/// The folder cannot be read.
pub fn folder(folder: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for path in catalog::folders(folder)? {
        let script = path.join("tester.http");
        match catalog::from_disk(&script) {
            Ok(stage) => found.push(stage),
            Err(error) => problems.push(format!("{error:#}")),
        }
        if fs::metadata(&script).is_ok_and(|data| data.permissions().mode() & 0o111 == 0) {
            problems.push(format!("{}: not executable; `chmod +x` it", script.display()));
        }
    }
    if problems.is_empty() && found.is_empty() {
        problems.push(format!(
            "{}: no stages; a stage is a folder NN-title with README.md and tester.http",
            folder.display()
        ));
    }
    problems.extend(stages(&found));
    causes::without_a_track(folder, &found, &mut problems)?;
    if let Some(table) = causes::wrong_servers(folder) {
        causes::without_a_server(&table, &found, &mut problems)?;
    }
    Ok(problems)
}

/// Says what [`folder`] cannot look at, as a sentence.
///
/// # Errors
/// The folder cannot be read.
pub fn not_checked(folder: &Path) -> Result<Option<String>> {
    let has_causes = |stage: &Stage| {
        let transcript = stage.transcript().ok();
        transcript.is_some_and(|all| !all.shared.is_empty() || all.steps.iter().any(|step| !step.causes.is_empty()))
    };
    if causes::wrong_servers(folder).is_some() || !catalog::all(Some(folder))?.iter().any(has_causes) {
        return Ok(None);
    }
    Ok(Some(
        "Not checked: whether a wrong server brings up each cause. There is no table of wrong servers beside this folder."
            .to_owned(),
    ))
}

/// Finds what is wrong with these stages, one line each.
pub fn stages(stages: &[Stage]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ids: HashMap<&str, &Stage> = HashMap::new();
    let mut numbers: HashMap<u32, &Stage> = HashMap::new();
    for stage in stages {
        for other in [ids.insert(&stage.page.id, stage), numbers.insert(stage.number, stage)].into_iter().flatten() {
            problems.push(format!(
                "{}: has the same number or id as {}; give it one of its own",
                page_path(stage).display(),
                other.slug
            ));
        }
        page(stage, &mut problems);
        script(stage, &mut problems);
    }
    causes::of_tracks(stages, &mut problems);
    problems
}

fn page_path(stage: &Stage) -> PathBuf {
    stage.path.with_file_name("README.md")
}

fn page(stage: &Stage, problems: &mut Vec<String>) {
    let path = page_path(stage);
    let mut problem = |what: String| problems.push(format!("{}: {what}", path.display()));
    let text = &stage.page.text;
    if !LEVELS.contains(&stage.page.level.as_str()) {
        problem(format!("the level `{}` is not one of {}", stage.page.level, LEVELS.join(", ")));
    }
    for heading in ["## The exchange", "## What the tester checks", "## Notes", "## Hints"] {
        if !text.lines().any(|line| line == heading) {
            problem(format!("no section `{heading}`; every page has one"));
        }
    }
    let (opened, closed) = (text.matches("<details>").count(), text.matches("</details>").count());
    if opened != 3 || closed != 3 {
        problem(format!("{opened} hints are opened and {closed} closed; expected three in <details>"));
    }
    if !text.contains("https://www.rfc-editor.org/rfc/") {
        problem("no link to an RFC; say where the rule comes from".to_owned());
    }
}

fn script(stage: &Stage, problems: &mut Vec<String>) {
    let path = stage.path.display();
    if stage.script.lines().next() != Some(FIRST_LINE) {
        problems.push(format!(
            "{path}:1: the first line is not the one that every transcript begins with; write\n{FIRST_LINE}"
        ));
    }
    let transcript = match stage.transcript() {
        Ok(transcript) => transcript,
        // Causes that the track shares are looked at once, not for each of its stages.
        Err(_) if stage.shared_causes().is_err() => return,
        Err(error) => return problems.push(format!("{error:#}")),
    };
    causes::of_stage(stage, &transcript, problems);
    if !matches!(transcript.steps.first().map(|step| &step.action), Some(Action::Connect(_))) {
        problems.push(format!("{path}: the first step is not a `connect`, so nothing waits for the program"));
    }
    for value in &transcript.lets {
        if !templates(&transcript).iter().any(|template| template.names().any(|name| name == value.name)) {
            problems.push(format!("{path}:{}: `{}` is not used; remove it", value.line, value.name));
        }
    }
    match stage.page.examples() {
        Err(why) => problems.push(format!("{}:{why}", page_path(stage).display())),
        Ok(examples) => {
            for example in examples.iter().filter(|example| !examples::stands_in(example, &transcript)) {
                problems.push(format!(
                    "{}:{}: this exchange is not in the transcript; show what is tested",
                    page_path(stage).display(),
                    example.line
                ));
            }
        }
    }
}

/// All templates of a transcript.
fn templates(transcript: &Transcript) -> Vec<&Template> {
    let mut all: Vec<&Template> = transcript.args.iter().collect();
    all.extend(transcript.lets.iter().filter_map(|value| match &value.source {
        Source::Made(template) => Some(template),
        _ => None,
    }));
    for fixture in &transcript.fixtures {
        all.push(&fixture.path);
        match &fixture.kind {
            FixtureKind::File(template) | FixtureKind::Symlink(template) => all.push(template),
            FixtureKind::Folder => {}
        }
    }
    for step in &transcript.steps {
        all.extend(step.causes.iter().flat_map(|cause| cause.templates()));
        match &step.action {
            Action::Write(write) => {
                for part in &write.parts {
                    match part {
                        Part::Raw(template) => all.push(template),
                        Part::Message(message) => all.extend(message.head.iter().chain(message.body.iter().flatten())),
                    }
                }
            }
            Action::Expect(expect) => {
                all.extend(&expect.reason);
                for field in &expect.fields {
                    if let FieldRule::OneOf(values) | FieldRule::Maybe(values) = &field.rule {
                        all.extend(values);
                    }
                }
                match &expect.body {
                    BodyRule::Is(lines) => all.extend(lines),
                    BodyRule::Gzip(content) => all.push(content),
                    BodyRule::Contains(texts) => all.extend(texts.iter().flat_map(|contains| &contains.texts)),
                    BodyRule::None | BodyRule::Any => {}
                }
            }
            Action::Saved { path, content } => all.extend([path, content]),
            _ => {}
        }
    }
    all
}
