//! The grader behind the hooks: grades what was pushed, writes down how it went, and tells what comes next.

use std::{collections::BTreeSet, io::Write, path::Path};

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::{
    config::Config,
    notes,
    options::{Choice, Options},
    progress::{Course, Progress},
    record::{Contents, Entry},
    remote::Remote,
};
use crate::{
    grading::{self, Grade, Order, Verdict},
    report::human::compiler_said,
    stage::catalog::{self, Stage},
};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const BOLD: Style = Style::new().bold();

/// The grader of one remote.
#[derive(Clone, Debug)]
pub struct Grader {
    remote: Remote,
    config: Config,
    stages: Vec<Stage>,
    branch: String,
}

impl Grader {
    /// The grader of `remote`.
    ///
    /// # Errors
    /// What is wrong with its configuration or its stages.
    pub fn new(remote: Remote) -> Result<Grader> {
        let config = remote.config()?;
        let stages = catalog::all(config.stages.as_deref())?;
        let branch = remote.default_branch()?;
        Ok(Grader { remote, config, stages, branch })
    }

    /// The grader of the remote that a hook was started for.
    ///
    /// # Errors
    /// This process is no hook of a grading remote, or as for [`Grader::new`].
    pub fn of_hook() -> Result<Grader> {
        // With the variables that git has set for the hook, unlike any other call.
        let output = std::process::Command::new("git")
            .args(["rev-parse", "--absolute-git-dir"])
            .output()
            .context("git cannot be started; install it, and see that it is on the PATH")?;
        let folder = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let remote = Remote::open(Path::new(&folder));
        Grader::new(remote.context("this is a hook of a grading remote; git starts it when something is pushed there")?)
    }

    /// The bare repository.
    pub fn folder(&self) -> &Path {
        self.remote.folder()
    }

    /// All stages that it knows.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The default branch: only pushes to it advance the learner.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// How far the learner is.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn progress(&self) -> Result<Progress> {
        Ok(Progress::new(&self.stages, &self.remote.record().read()?.entries))
    }

    /// Grades a commit that was pushed to `branch`, writes down how it went, and tells all of it to `out`. `seed` is used
    /// where the options name none.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn branch_pushed(
        &self,
        branch: &str,
        commit: &str,
        options: &Options,
        seed: u64,
        out: &mut dyn Write,
    ) -> Result<()> {
        let before = self.progress()?;
        let counts = branch == self.branch;
        if let (Some(track), Some(_), true) = (&options.track, before.public().current(), counts) {
            tell(out, BOLD, &format!("Track {track} is chosen; it begins when the public challenge is done."));
        }
        let plan = before.plan(&options.choice, options.track.as_deref());
        if plan.is_empty() {
            // All stages belong to tracks, and none is chosen.
            next(&before).iter().for_each(|line| tell(out, BOLD, line));
            return Ok(());
        }
        let grade = self.grade(commit, branch, &plan, options, seed, out);
        let entry = Entry {
            time: Timestamp::now(),
            commit: commit.to_owned(),
            branch: branch.to_owned(),
            counts,
            track: options.track.clone(),
            seed: grade.seed,
            tier: grade.tier,
            verdict: grade.verdict,
            why: grade.why.clone(),
            asked: plan.iter().map(|stage| stage.page.id.clone()).collect(),
            stages: grade.stages.clone(),
            milliseconds: grade.time.as_millis().try_into().unwrap_or(u64::MAX),
        };
        match self.write_down(&entry, out) {
            Ok(contents) => {
                let after = Progress::new(&self.stages, &contents.entries);
                self.conclude(&before, &after, &grade, counts, out);
            }
            Err(error) => {
                tell(
                    out,
                    RED,
                    &format!("The grader could not write down the result, so it does not count: {error:#}."),
                );
                again(out);
            }
        }
        Ok(())
    }

    /// Grades a commit with these stages, and tells to `out` what happens. `name` is what was pushed.
    pub fn grade(
        &self,
        commit: &str,
        name: &str,
        plan: &[Stage],
        options: &Options,
        seed: u64,
        out: &mut dyn Write,
    ) -> Grade {
        let seed = options.seed.unwrap_or(seed);
        let short: String = commit.chars().take(10).collect();
        let name = crate::text::visible(name.as_bytes());
        tell(out, BOLD, &format!("Grading {short} of {name} with {}; seed {seed}.", span(plan)));
        grading::grade(
            &Order {
                git_dir: self.remote.folder().to_owned(),
                commit: commit.to_owned(),
                stages: plan.to_vec(),
                keep_going: false,
                seed,
                debug: options.debug,
                sandbox: self.config.sandbox,
                limits: self.config.limits,
                toolchain: self.config.toolchain.clone(),
            },
            out,
        )
    }

    /// Appends to the record, and brings the notes up to date with it.
    fn write_down(&self, entry: &Entry, out: &mut dyn Write) -> Result<Contents> {
        let mut record = self.remote.record().lock()?;
        record.append(entry)?;
        let contents = record.read()?;
        if let Err(error) = notes::update(self.remote.folder(), &contents) {
            // The next grading makes up for it.
            tell(
                out,
                RED,
                &format!("The result is written down, but not yet as a note that can be fetched: {error:#}"),
            );
        }
        Ok(contents)
    }

    /// Tells what a grading came to, and what comes next.
    fn conclude(&self, before: &Progress, after: &Progress, grade: &Grade, counts: bool, out: &mut dyn Write) {
        if grade.verdict == Verdict::GraderFault {
            tell(out, RED, "The grader itself failed, so this was no try. Your work is saved.");
            again(out);
            return;
        }
        let new: Vec<String> = new(before, after).iter().map(|stage| id(stage)).collect();
        let passed = match &new[..] {
            [] => String::new(),
            [one] => format!("Stage {one} passed.  "),
            more => format!("Stages {} passed.  ", more.join(", ")),
        };
        if grade.verdict == Verdict::Passed {
            let text = match (counts, new.is_empty()) {
                (true, false) => passed,
                (true, true) => format!("All passed: {}.  ", count(grade.stages.len())),
                (false, _) => {
                    let what = count(grade.stages.len());
                    tell(out, GREEN, &format!("All passed: {what}.  Only pushes to {} open the next.", self.branch));
                    return;
                }
            };
            for (index, line) in next(after).into_iter().enumerate() {
                tell(out, GREEN, &if index == 0 { format!("{text}{line}") } else { line });
            }
            return;
        }
        let failed = grade.stages.last().filter(|stage| !stage.passed);
        let failed = failed.and_then(|run| self.stages.iter().find(|stage| stage.page.id == run.id));
        let stays = failed.and_then(|stage| before.step(&stage.page.id)).is_some_and(|step| step.done.is_some());
        let stays = if stays { " It had passed before, and stays passed." } else { "" };
        let what = match failed {
            Some(stage) => format!("Stage {} failed. {}.{stays}", id(stage), in_short(grade.verdict)),
            // The report has just ended with the reason.
            None if grade.verdict == Verdict::NotCompiled => {
                compiler_said(grade.why.as_deref().is_some_and(|why| why.contains("exit code 127"))).to_owned()
            }
            None if passed.is_empty() => String::new(),
            None => format!("{}.", in_short(grade.verdict)),
        };
        if !what.is_empty() {
            tell(out, RED, &format!("{passed}{what}"));
        }
        if let Some(stage) = after.current().filter(|_| counts) {
            let tries = match after.step(&stage.page.id).map_or(0, |step| step.tries) {
                0 => String::new(),
                1 => ", 1 try so far".to_owned(),
                more => format!(", {more} tries so far"),
            };
            tell(out, BOLD, &format!("Current: {}{tries}", whole(stage)));
        }
    }
}

/// Writes a line. Nobody may be there to read it any more; the grading goes on.
pub(super) fn tell(out: &mut dyn Write, style: Style, text: &str) {
    let _ = writeln!(out, "{style}{text}{style:#}");
    let _ = out.flush();
}

/// The verdict in a few words. The reason stands above it in the report.
pub(super) fn in_short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "Passed",
        Verdict::NotCompiled => "Your program did not compile",
        Verdict::NotStarted => "Your program did not start: it never listened on its port",
        Verdict::Wrong => "Your program answered wrongly",
        Verdict::Died => "Your program ended when it was needed",
        Verdict::TimedOut => "Your program took too long",
        Verdict::TooMuchOutput => "Your program printed too much",
        Verdict::OutOfMemory => "Your program took too much memory",
        Verdict::OutOfDisk => "Your program filled the disk that it is given",
        Verdict::Refused => "Not graded",
        Verdict::GraderFault => "The grader itself failed",
    }
}

/// What to do about a grading that does not count.
fn again(out: &mut dyn Write) {
    tell(out, BOLD, "To have it graded again: git commit --allow-empty -m 'Grade again', and push.");
}

/// What comes next.
pub fn next(progress: &Progress) -> Vec<String> {
    if let Some(stage) = progress.current() {
        return vec![format!("Next: {}", whole(stage))];
    }
    let mut lines = Vec::new();
    let left: Vec<&Course> = progress.courses[1..].iter().filter(|course| course.current().is_some()).collect();
    lines.push(match (&progress.track, progress.track.as_deref().and_then(|track| progress.course(track))) {
        (Some(track), Some(course)) => format!("Track {track} is done, {}.", all(course.stages.len())),
        _ if progress.public().stages.is_empty() => "No track is chosen yet.".to_owned(),
        _ => format!("The public challenge is done, {}.", all(progress.public().stages.len())),
    });
    if !left.is_empty() {
        let tracks: Vec<String> = left
            .iter()
            .filter_map(|course| Some(format!("{} ({})", course.track.as_deref()?, count(course.stages.len()))))
            .collect();
        lines.push(format!("Go on with any track: {}; `stages list` shows them.", tracks.join(", ")));
        lines.push("Choose one with your next push: git push -o track=NAME".to_owned());
    } else if progress.courses.len() > 1 {
        lines.push("All tracks are done: there is nothing left to do.".to_owned());
    }
    lines
}

/// Stages that are done now and were not before.
fn new<'a>(before: &Progress, after: &'a Progress) -> Vec<&'a Stage> {
    let done = |progress: &Progress| -> BTreeSet<String> {
        let steps = progress.courses.iter().flat_map(|course| &course.stages);
        steps.filter(|step| step.done.is_some()).map(|step| step.stage.page.id.clone()).collect()
    };
    let before = done(before);
    let steps = after.courses.iter().flat_map(|course| &course.stages);
    steps.filter(|step| step.done.is_some() && !before.contains(&step.stage.page.id)).map(|step| &step.stage).collect()
}

fn all(stages: usize) -> String {
    if stages == 1 { "its only stage".to_owned() } else { format!("all {stages} stages") }
}

fn count(stages: usize) -> String {
    if stages == 1 { "1 stage".to_owned() } else { format!("{stages} stages") }
}

/// `#IA4`
pub fn id(stage: &Stage) -> String {
    format!("#{}", stage.page.id.to_ascii_uppercase())
}

/// `#IA4 Respond with 200 (stages show 2)`
pub fn whole(stage: &Stage) -> String {
    format!("{} {} (stages show {})", id(stage), stage.page.title, stage.number)
}

/// `stage 1`, `stages 1 and 2`, `stages 1 to 14, 23 and 24`
fn span(plan: &[Stage]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for stage in plan {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == stage.number => *last = stage.number,
            _ => ranges.push((stage.number, stage.number)),
        }
    }
    let mut parts: Vec<String> = ranges
        .iter()
        .flat_map(|(first, last)| match last - first {
            0 => vec![first.to_string()],
            1 => vec![first.to_string(), last.to_string()],
            _ => vec![format!("{first} to {last}")],
        })
        .collect();
    let noun = if plan.len() == 1 { "stage" } else { "stages" };
    match parts.pop() {
        Some(last) if !parts.is_empty() => format!("{noun} {} and {last}", parts.join(", ")),
        last => format!("{noun} {}", last.unwrap_or_default()),
    }
}

/// The choice that a reference below `refs/for/` stands for.
pub(super) fn choice_of(name: &str, stages: &[Stage]) -> Option<Choice> {
    match name {
        "current" => Some(Choice::Current),
        "all" => Some(Choice::All),
        _ => super::options::stage(stages, name).map(|stage| Choice::Stage(stage.page.id.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{progress::tests::stages, record::tests::entry},
        *,
    };

    #[test]
    fn a_plan_is_named_in_short() {
        let all = stages();
        let of = |numbers: &[usize]| span(&numbers.iter().map(|number| all[number - 1].clone()).collect::<Vec<_>>());
        assert_eq!(of(&[1]), "stage 1");
        assert_eq!(of(&[1, 2]), "stages 1 and 2");
        assert_eq!(of(&[1, 2, 3]), "stages 1 to 3");
        assert_eq!(of(&[1, 2, 4]), "stages 1, 2 and 4");
        assert_eq!(of(&[1, 3, 5, 6]), "stages 1, 3, 5 and 6");
    }

    #[test]
    fn what_comes_next_is_told() {
        let told = |entries: &[Entry]| next(&Progress::new(&stages(), entries)).join("|");
        assert_eq!(told(&[]), "Next: #AA1 Title 1 (stages show 1)");
        let public = entry(&["aa1", "aa2", "aa3"], 3);
        let text = told(std::slice::from_ref(&public));
        assert!(text.starts_with("The public challenge is done, all 3 stages.|"), "{text}");
        assert!(text.contains("cats (2 stages), dogs (1 stage); `stages list`"), "{text}");
        let cats = Entry { track: Some("cats".to_owned()), ..entry(&["ca1"], 1) };
        assert_eq!(told(&[public.clone(), cats.clone()]), "Next: #CA2 Title 5 (stages show 5)");
        let cats = Entry { track: Some("cats".to_owned()), ..entry(&["ca1", "ca2"], 2) };
        let text = told(&[public.clone(), cats.clone()]);
        assert!(text.starts_with("Track cats is done, all 2 stages.|Go on with any track: dogs (1 stage);"), "{text}");
        let dogs = Entry { track: Some("dogs".to_owned()), ..entry(&["do1"], 1) };
        let text = told(&[public.clone(), cats, dogs]);
        assert!(text.ends_with("All tracks are done: there is nothing left to do."), "{text}");
        let tracks = next(&Progress::new(&stages()[3..], &[]));
        assert!(tracks[0].starts_with("No track is chosen yet.") && tracks[1].contains("cats"), "{tracks:?}");
        let only = Progress::new(&stages()[..3], &[public]);
        assert_eq!(next(&only), ["The public challenge is done, all 3 stages."]);
    }

    #[test]
    fn references_for_tests_are_understood() {
        let stages = stages();
        assert_eq!(choice_of("current", &stages), Some(Choice::Current));
        assert_eq!(choice_of("all", &stages), Some(Choice::All));
        assert_eq!(choice_of("2", &stages), choice_of("aa2", &stages));
        for wrong in ["", "7", "0", "currents", "2/3", "Current"] {
            assert_eq!(choice_of(wrong, &stages), None, "{wrong}");
        }
    }
}
