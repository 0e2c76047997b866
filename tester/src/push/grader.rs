//! The grader behind the hooks: grades what was pushed, writes down how it went, and tells what comes next.

use std::{io::Write, path::Path};

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::{
    config::Config,
    notes,
    options::Options,
    progress::Progress,
    record::{Contents, Grading},
    remote::Remote,
    words::{attempts, count, new, next, span, whole},
};
use crate::{
    git::command as git,
    grading::{self, Grade, Order, Verdict},
    os::exit::Exit,
    report::{
        human::compiler_said,
        style::{BOLD, GREEN, RED, tell},
    },
    sandbox::tier::Tier,
    stage::catalog::{self, Stage},
};

/// The grader of one remote.
#[derive(Clone, Debug)]
pub struct Grader {
    remote: Remote,
    config: Config,
    tier: Tier,
    stages: Vec<Stage>,
    branch: String,
}

impl Grader {
    /// The grader of `remote`.
    ///
    /// # Errors
    /// Its configuration or its stages are wrong.
    pub fn new(remote: Remote) -> Result<Grader> {
        let config = remote.config()?;
        let tier = config.sandbox.with_context(|| {
            format!(
                "no sandbox is chosen for {0}, which was made when that was not needed; `stages remote` in the repository, or \
                 `stages remote --bare --at {0}`, finds the best one and records it",
                remote.folder().display()
            )
        })?;
        let stages = catalog::all(config.stages.as_deref())?;
        let branch = remote.default_branch()?;
        Ok(Grader { remote, config, tier, stages, branch })
    }

    /// The grader of the remote that a hook was started for.
    ///
    /// # Errors
    /// This process is no hook of a grading remote, or as for [`Grader::new`].
    pub fn of_hook() -> Result<Grader> {
        let remote = Remote::open(&git::repository_of_hook()?);
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

    /// The learner's progress.
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
            tell(out, BOLD, &format!("Track {track} is chosen; it begins once the public challenge is done."));
        }
        let plan = before.plan(&options.choice, options.track.as_deref());
        if plan.is_empty() {
            // All stages belong to tracks, and none is chosen.
            next(&before).iter().for_each(|line| tell(out, BOLD, line));
            return Ok(());
        }
        let grade = self.grade(commit, branch, &plan, options, seed, out);
        let entry = Grading {
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
                tell(out, RED, &format!("The grader could not record the result, so it does not count: {error:#}."));
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
        tell(out, BOLD, &format!("Grading {name} ({short}): {}; seed {seed}.", span(plan)));
        grading::grade(
            &Order {
                git_dir: self.remote.folder().to_owned(),
                commit: commit.to_owned(),
                stages: plan.to_vec(),
                keep_going: false,
                seed,
                debug: options.debug,
                tier: self.tier,
                limits: self.config.limits,
                toolchain: self.config.toolchain.clone(),
            },
            out,
        )
    }

    /// Appends to the record, and brings the notes up to date with it.
    fn write_down(&self, entry: &Grading, out: &mut dyn Write) -> Result<Contents> {
        let mut record = self.remote.record().lock()?;
        record.append(entry)?;
        let contents = record.read()?;
        if let Err(error) = notes::update(self.remote.folder(), &contents) {
            // The next grading makes up for it.
            tell(out, RED, &format!("The result is recorded, but not yet in the notes that you can fetch: {error:#}"));
        }
        Ok(contents)
    }

    /// Tells what a grading came to, and what comes next.
    fn conclude(&self, before: &Progress, after: &Progress, grade: &Grade, counts: bool, out: &mut dyn Write) {
        match grade.verdict {
            Verdict::GraderFault | Verdict::NoSandbox => self.conclude_no_attempt(grade.verdict, out),
            Verdict::Passed => self.conclude_passed(before, after, grade, counts, out),
            _ => self.conclude_failed(before, after, grade, counts, out),
        }
    }

    /// Tells that a grading could not take place, and what to do about it.
    fn conclude_no_attempt(&self, verdict: Verdict, out: &mut dyn Write) {
        if verdict == Verdict::NoSandbox {
            tell(out, RED, "This does not count as an attempt. Your work is saved.");
            let remote = self.remote.folder().display();
            let remedy = format!(
                "For the person who runs the grader: `stages doctor` says what is wrong; `stages remote` in the repository, \
                 or `stages remote --bare --at {remote}`, chooses a sandbox again."
            );
            tell(out, BOLD, &remedy);
        } else {
            tell(out, RED, "The grader itself failed, so this does not count as an attempt. Your work is saved.");
        }
        again(out);
    }

    fn conclude_passed(&self, before: &Progress, after: &Progress, grade: &Grade, counts: bool, out: &mut dyn Write) {
        let passed = newly_passed(before, after);
        let all = count(grade.stages.len());
        if !counts {
            tell(out, GREEN, &format!("All passed: {all}.  Only pushes to {} open the next stage.", self.branch));
            return;
        }
        let text = if passed.is_empty() { format!("All passed: {all}.  ") } else { passed };
        for (index, line) in next(after).into_iter().enumerate() {
            tell(out, GREEN, &if index == 0 { format!("{text}{line}") } else { line });
        }
    }

    fn conclude_failed(&self, before: &Progress, after: &Progress, grade: &Grade, counts: bool, out: &mut dyn Write) {
        let passed = newly_passed(before, after);
        let failed = grade.stages.last().filter(|stage| !stage.passed());
        let failed = failed.and_then(|run| self.stages.iter().find(|stage| stage.page.id == run.id));
        let stays = failed.and_then(|stage| before.step(&stage.page.id)).is_some_and(|step| step.done.is_some());
        let stays = if stays { " It had passed before, and stays passed." } else { "" };
        let what = match failed {
            Some(stage) => format!("Stage {} failed. {}.{stays}", stage.tag(), grade.verdict.in_short()),
            // The report has just ended with the reason.
            None if grade.verdict == Verdict::NotCompiled => {
                compiler_said(grade.exit.is_some_and(Exit::is_command_not_found)).to_owned()
            }
            None if passed.is_empty() => String::new(),
            None => format!("{}.", grade.verdict.in_short()),
        };
        if !what.is_empty() {
            tell(out, RED, &format!("{passed}{what}"));
        }
        if let Some(stage) = after.current().filter(|_| counts) {
            let so_far = match attempts(after.step(&stage.page.id).map_or(0, |step| step.attempts)) {
                none if none.is_empty() => none,
                some => format!(", {some} so far"),
            };
            tell(out, BOLD, &format!("Current: {}{so_far}", whole(stage)));
        }
    }
}

/// Names the stages that had not passed before; empty where there is none.
fn newly_passed(before: &Progress, after: &Progress) -> String {
    let new: Vec<String> = new(before, after).iter().map(|stage| stage.tag()).collect();
    match &new[..] {
        [] => String::new(),
        [one] => format!("Stage {one} passed.  "),
        more => format!("Stages {} passed.  ", more.join(", ")),
    }
}

/// Tells what to do about a grading that does not count.
fn again(out: &mut dyn Write) {
    tell(out, BOLD, "To have it graded again, run: git commit --allow-empty -m 'Grade again' && git push");
}
