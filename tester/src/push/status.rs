//! A learner's progress: read from the grading remote on this machine, or from notes that were fetched.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    notes,
    progress::{Course, Progress, Step},
    remote::Remote,
    setup,
    words::{attempts, next},
};
use crate::{
    report::style::{BOLD, GREEN, YELLOW},
    stage::catalog::{self, Stage},
    text,
};

/// A learner's progress, and its source.
#[derive(Clone, Debug)]
pub struct Status {
    progress: Progress,
    source: String,
    unreadable: Vec<usize>,
}

/// The grading remote that the repository around `folder` has on this machine, if there is one.
pub fn remote(folder: &Path) -> Option<Remote> {
    match setup::top(folder) {
        Ok(top) => setup::remote_of(&top),
        Err(_) => Remote::open(folder),
    }
}

/// The stages that a learner's repository is tested with, up to the current one; `None` where nothing is graded.
///
/// # Errors
/// A record or stages that cannot be read.
pub fn plan(folder: &Path, stages: Option<&Path>) -> Result<Option<Vec<Stage>>> {
    let found = Status::find(folder, stages)?;
    Ok(found.map(|status| status.progress.plan(&super::options::Choice::Current, None)))
}

impl Status {
    /// The status of the repository around `folder`, which may be a grading remote itself.
    ///
    /// # Errors
    /// It has none, or it cannot be read.
    pub fn read(folder: &Path, stages: Option<&Path>) -> Result<Status> {
        if let Some(status) = Status::find(folder, stages)? {
            return Ok(status);
        }
        let top = if Remote::open(folder).is_some() { folder.to_owned() } else { setup::top(folder)? };
        bail!(
            "{} has no grading remote on this machine, and no notes from one elsewhere. `stages remote` makes one; for one on another machine, run `stages remote --at URL`, then `git fetch`",
            top.display()
        )
    }

    fn find(folder: &Path, stages: Option<&Path>) -> Result<Option<Status>> {
        let (contents, named, source) = if let Some(remote) = remote(folder) {
            let source = format!("the record of {}", remote.folder().display());
            (remote.record().read()?, remote.config()?.stages, source)
        } else {
            let Ok(top) = setup::top(folder) else { return Ok(None) };
            let Some(contents) = notes::read(&top)? else { return Ok(None) };
            (contents, None, format!("{}, as it was last fetched", notes::REFERENCE))
        };
        let named: Option<PathBuf> = stages.map(Path::to_owned).or(named);
        let progress = Progress::new(&catalog::all(named.as_deref())?, &contents.entries);
        Ok(Some(Status { progress, source, unreadable: contents.unreadable }))
    }

    /// The status for people. Times are those of the zone.
    pub fn human(&self, zone: &TimeZone) -> String {
        let mut text = String::new();
        let current = self.progress.current().map(|stage| stage.page.id.clone());
        for course in &self.progress.courses {
            self.course(course, current.as_deref(), zone, &mut text);
        }
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        for line in next(&self.progress) {
            let _ = writeln!(text, "{BOLD}{line}{BOLD:#}");
        }
        let _ = writeln!(text, "From {}.", self.source);
        if !self.unreadable.is_empty() {
            let lines: Vec<String> = self.unreadable.iter().map(usize::to_string).collect();
            let _ = writeln!(
                text,
                "{YELLOW}{} of the record {} unreadable and {} skipped.{YELLOW:#}",
                if lines.len() == 1 { format!("Line {}", lines[0]) } else { format!("Lines {}", lines.join(", ")) },
                if lines.len() == 1 { "is" } else { "are" },
                if lines.len() == 1 { "was" } else { "were" }
            );
        }
        text
    }

    fn course(&self, course: &Course, current: Option<&str>, zone: &TimeZone, text: &mut String) {
        let (done, all) = (course.done(), course.stages.len());
        let chosen = course.track.is_some() && course.track == self.progress.track;
        let name = match &course.track {
            None => "The public challenge".to_owned(),
            Some(track) => format!("Track {track}{}", if chosen { ", chosen" } else { "" }),
        };
        // A track that nobody has begun is told in one line.
        let short = course.track.is_some() && !chosen && course.stages.iter().all(|step| step.attempts == 0);
        if !short && !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        let _ = writeln!(text, "{BOLD}{name}: {done} of {all} done{BOLD:#}");
        if short {
            return;
        }
        let width = course.stages.iter().map(|step| step.stage.page.title.chars().count()).max().unwrap_or(0);
        for step in &course.stages {
            let _ = writeln!(text, "{}", line(step, current == Some(&step.stage.page.id), width, zone).trim_end());
        }
        let _ = writeln!(text);
    }

    /// The status for machines.
    ///
    /// # Errors
    /// None that can be expected.
    pub fn json(&self) -> Result<String> {
        let stage = |step: &Step| JsonStage {
            number: step.stage.number,
            id: step.stage.page.id.clone(),
            title: step.stage.page.title.clone(),
            done: step.done.is_some(),
            time: step.done.as_ref().map(|done| done.time),
            commit: step.done.as_ref().map(|done| done.commit.clone()),
            attempts: step.attempts,
        };
        let current = self.progress.current().and_then(|current| self.progress.step(&current.page.id)).map(stage);
        let courses = self.progress.courses.iter();
        let courses = courses
            .map(|course| JsonCourse {
                track: course.track.clone(),
                done: course.done(),
                stages: course.stages.iter().map(stage).collect(),
            })
            .collect();
        let json = Json { current, track: self.progress.track.clone(), courses, source: self.source.clone() };
        Ok(serde_json::to_string_pretty(&json)? + "\n")
    }
}

fn line(step: &Step, current: bool, width: usize, zone: &TimeZone) -> String {
    let attempts = attempts(step.attempts);
    let stage = &step.stage;
    let head = format!("{:>2}  {}  {:<width$}", stage.number, stage.tag(), stage.page.title);
    match &step.done {
        Some(done) => {
            let time = done.time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            // Notes that were fetched may hold anything.
            let short = text::visible(done.commit.chars().take(10).collect::<String>().as_bytes());
            format!("  {GREEN}✓{GREEN:#} {head}  {time}  {short}  {attempts}")
        }
        None if current => {
            format!("  {YELLOW}→{YELLOW:#} {head}  current{}{attempts}", if attempts.is_empty() { "" } else { ", " })
        }
        None => format!("    {head}  {attempts}"),
    }
}

#[derive(Serialize)]
struct Json {
    current: Option<JsonStage>,
    track: Option<String>,
    courses: Vec<JsonCourse>,
    source: String,
}

#[derive(Serialize)]
struct JsonCourse {
    /// `null` is the public challenge.
    track: Option<String>,
    done: usize,
    stages: Vec<JsonStage>,
}

#[derive(Serialize)]
struct JsonStage {
    number: u32,
    id: String,
    title: String,
    done: bool,
    time: Option<Timestamp>,
    commit: Option<String>,
    attempts: u32,
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            progress::tests::stages,
            record::{Grading, tests::grading},
        },
        *,
    };

    fn status(entries: &[Grading]) -> Status {
        Status { progress: Progress::new(&stages(), entries), source: "a record".to_owned(), unreadable: vec![2] }
    }

    #[test]
    fn the_status_reads_well() {
        let entries = [grading(&["aa1"], 0), grading(&["aa1"], 1), grading(&["aa1", "aa2"], 1)];
        let text = anstream::adapter::strip_str(&status(&entries).human(&TimeZone::UTC)).to_string();
        let expected = "\
The public challenge: 1 of 3 done
  ✓  1  #AA1  Title 1  2023-11-14 22:13  c0ffeec0ff  2 attempts
  →  2  #AA2  Title 2  current, 1 attempt
     3  #AA3  Title 3

Track cats: 0 of 2 done
Track dogs: 0 of 1 done

Next: #AA2 Title 2 (stages show 2)
From a record.
Line 2 of the record is unreadable and was skipped.
";
        assert_eq!(text, expected);
    }

    #[test]
    fn machines_can_read_it() {
        let json: serde_json::Value =
            serde_json::from_str(&status(&[grading(&["aa1", "aa2"], 1)]).json().unwrap()).unwrap();
        assert_eq!(json["current"]["id"], "aa2");
        assert_eq!(json["courses"][0]["done"], 1);
        assert_eq!(json["courses"][0]["stages"][0]["time"], "2023-11-14T22:13:20Z");
        assert_eq!((&json["courses"][1]["track"], &json["track"]), (&"cats".into(), &serde_json::Value::Null));
    }
}
