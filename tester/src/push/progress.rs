//! A learner's progress, derived from the record alone.
//!
//! The public challenge is one course, whose stages open one after the other; each track of our own is another, and
//! comes after it. They are kept apart: what happens in one says nothing about the others.

use jiff::Timestamp;

use super::{options::Choice, record::Grading};
use crate::stage::catalog::{PUBLIC_TRACKS, Stage};

/// A learner's progress.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The public challenge first, then the tracks.
    pub courses: Vec<Course>,
    /// The track that was chosen last, if there is still one of that name.
    pub track: Option<String>,
}

/// Stages that are done one after the other.
#[derive(Clone, Debug)]
pub struct Course {
    /// The name of the track; `None` is the public challenge.
    pub track: Option<String>,
    /// Its stages, in order.
    pub stages: Vec<Step>,
}

/// A stage of a course.
#[derive(Clone, Debug)]
pub struct Step {
    /// The stage.
    pub stage: Stage,
    /// When and how it passed for the first time.
    pub done: Option<Done>,
    /// Number of attempts so far, up to the first pass. A push that could not be graded is none.
    pub attempts: u32,
}

/// The grading in which a stage passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub time: Timestamp,
    /// The commit that was graded.
    pub commit: String,
}

impl Course {
    /// The first stage that is not done.
    pub fn current(&self) -> Option<&Step> {
        self.stages.iter().find(|step| step.done.is_none())
    }

    /// Number of stages that are done.
    pub fn done(&self) -> usize {
        self.stages.iter().filter(|step| step.done.is_some()).count()
    }

    /// Takes note of a grading.
    fn add(&mut self, entry: &Grading) {
        let mut open = true;
        for step in &mut self.stages {
            let id = &step.stage.page.id;
            let run = entry.stages.iter().find(|run| run.id == *id);
            if step.done.is_some() {
                continue;
            }
            // A grading that ended before it came to the stage that the learner works on was an attempt at it too.
            if run.is_some() || (open && entry.asked.contains(id)) {
                step.attempts += 1;
            }
            match run {
                Some(run) if run.passed() && open => {
                    step.done = Some(Done { time: entry.time, commit: entry.commit.clone() });
                }
                _ => open = false,
            }
        }
    }
}

impl Progress {
    /// The progress that these gradings of these stages amount to.
    pub fn new(stages: &[Stage], entries: &[Grading]) -> Progress {
        let mut courses = vec![Course { track: None, stages: Vec::new() }];
        for stage in stages {
            let track = Some(stage.page.track.clone()).filter(|track| !PUBLIC_TRACKS.contains(&track.as_str()));
            let step = Step { stage: stage.clone(), done: None, attempts: 0 };
            match courses.iter_mut().find(|course| course.track == track) {
                Some(course) => course.stages.push(step),
                None => courses.push(Course { track, stages: vec![step] }),
            }
        }
        let mut track = None;
        for entry in entries.iter().filter(|entry| entry.counts) {
            track = entry.track.clone().or(track);
            if entry.verdict.is_attempt() {
                for course in &mut courses {
                    course.add(entry);
                }
            }
        }
        let track = track.filter(|name| courses.iter().any(|course| course.track.as_ref() == Some(name)));
        Progress { courses, track }
    }

    /// The public challenge.
    pub fn public(&self) -> &Course {
        &self.courses[0]
    }

    /// The course that `track` names.
    pub fn course(&self, track: &str) -> Option<&Course> {
        self.courses.iter().find(|course| course.track.as_deref() == Some(track))
    }

    /// The course of a stage.
    pub fn course_of(&self, id: &str) -> Option<&Course> {
        self.courses.iter().find(|course| course.stages.iter().any(|step| step.stage.page.id == id))
    }

    /// The progress of one stage.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.courses.iter().flat_map(|course| &course.stages).find(|step| step.stage.page.id == id)
    }

    /// The stage that the learner works on: of the public challenge, and after it, of the track that was chosen.
    pub fn current(&self) -> Option<&Stage> {
        let course = match self.public().current() {
            Some(_) => self.public(),
            None => self.course(self.track.as_deref()?)?,
        };
        course.current().map(|step| &step.stage)
    }

    /// The stages that a push is graded with, where it chose `track` and `choice`.
    pub fn plan(&self, choice: &Choice, track: Option<&str>) -> Vec<Stage> {
        let stages = |steps: &[Step]| steps.iter().map(|step| step.stage.clone()).collect::<Vec<_>>();
        let public = &self.public().stages;
        match choice {
            Choice::All => stages(public),
            Choice::Stage(id) => {
                let steps = self.course_of(id).map_or(&[][..], |course| &course.stages);
                let last = steps.iter().position(|step| step.stage.page.id == *id).map_or(0, |at| at + 1);
                stages(&steps[..last])
            }
            Choice::Current => {
                if let Some(at) = public.iter().position(|step| step.done.is_none()) {
                    return stages(&public[..=at]);
                }
                let mut plan = stages(public);
                let chosen = track.or(self.track.as_deref());
                for course in &self.courses[1..] {
                    let current = usize::from(course.track.as_deref() == chosen);
                    plan.extend(course.stages.iter().take(course.done() + current).map(|step| step.stage.clone()));
                }
                plan
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{super::record::tests::grading, *};
    use crate::{grading::Verdict, stage::page::Page};

    /// Three public stages, and the tracks `cats` (two stages) and `dogs` (one).
    pub(crate) fn stages() -> Vec<Stage> {
        [("aa1", "base"), ("aa2", "base"), ("aa3", "compression"), ("ca1", "cats"), ("ca2", "cats"), ("do1", "dogs")]
            .into_iter()
            .zip(1..)
            .map(|((id, track), number)| Stage {
                number,
                slug: format!("stage-{number}"),
                page: Page {
                    title: format!("Title {number}"),
                    id: id.to_owned(),
                    level: "easy".to_owned(),
                    track: track.to_owned(),
                    text: String::new(),
                },
                script: String::new(),
                shared: String::new(),
                path: "x".into(),
            })
            .collect()
    }

    fn numbers(stages: &[Stage]) -> Vec<u32> {
        stages.iter().map(|stage| stage.number).collect()
    }

    fn attempts(progress: &Progress) -> Vec<u32> {
        progress.courses.iter().flat_map(|course| course.stages.iter().map(|step| step.attempts)).collect()
    }

    #[test]
    fn a_pass_opens_the_next() {
        let mut entries = Vec::new();
        let at = |entries: &[Grading]| {
            let progress = Progress::new(&stages(), entries);
            let current = progress.current().map(|stage| stage.number);
            (current, numbers(&progress.plan(&Choice::Current, None)))
        };
        assert_eq!(at(&entries), (Some(1), vec![1]));
        entries.push(grading(&["aa1"], 0));
        assert_eq!(at(&entries), (Some(1), vec![1]));
        entries.push(grading(&["aa1"], 1));
        assert_eq!(at(&entries), (Some(2), vec![1, 2]));
        // A step back loses nothing.
        entries.push(grading(&["aa1", "aa2"], 0));
        assert_eq!(at(&entries), (Some(2), vec![1, 2]));
        assert_eq!(attempts(&Progress::new(&stages(), &entries)), [2, 1, 0, 0, 0, 0]);
        entries.push(grading(&["aa1", "aa2", "aa3"], 3));
        assert_eq!(at(&entries), (None, vec![1, 2, 3]));
        let progress = Progress::new(&stages(), &entries);
        assert_eq!(attempts(&progress), [2, 2, 1, 0, 0, 0]);
        assert_eq!(progress.public().stages[1].done.as_ref().unwrap().commit, entries[3].commit);
    }

    #[test]
    fn what_does_not_count_is_left_out() {
        let other = Grading { counts: false, track: Some("cats".to_owned()), ..grading(&["aa1"], 1) };
        let fault = Grading { verdict: Verdict::GraderFault, ..grading(&["aa1"], 0) };
        let refused = Grading { verdict: Verdict::Refused, stages: Vec::new(), ..grading(&["aa1"], 0) };
        let unboxed = Grading { verdict: Verdict::NoSandbox, stages: Vec::new(), ..grading(&["aa1"], 0) };
        let progress = Progress::new(&stages(), &[other, fault, refused, unboxed]);
        assert_eq!((progress.public().done(), progress.track.as_deref(), attempts(&progress)), (0, None, vec![0; 6]));
    }

    #[test]
    fn a_program_that_does_not_compile_is_an_attempt_at_the_current_stage() {
        let broken = Grading { stages: Vec::new(), ..grading(&["aa1", "aa2"], 0) };
        let progress = Progress::new(&stages(), &[grading(&["aa1"], 1), broken]);
        assert_eq!(attempts(&progress), [1, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_stage_alone_opens_nothing_beyond_a_gap() {
        let alone = grading(&["aa2"], 1);
        let progress = Progress::new(&stages(), &[alone]);
        assert_eq!((progress.public().done(), progress.current().map(|stage| stage.number)), (0, Some(1)));
    }

    #[test]
    fn tracks_come_after_the_public_stages_and_are_kept_apart() {
        let mut entries = vec![grading(&["aa1", "aa2", "aa3"], 3)];
        let progress = Progress::new(&stages(), &entries);
        assert!(progress.current().is_none());
        assert_eq!(numbers(&progress.plan(&Choice::Current, None)), [1, 2, 3]);
        assert_eq!(numbers(&progress.plan(&Choice::Current, Some("dogs"))), [1, 2, 3, 6]);
        entries.push(Grading { track: Some("cats".to_owned()), ..grading(&["aa1", "aa2", "aa3", "ca1"], 4) });
        let progress = Progress::new(&stages(), &entries);
        assert_eq!((progress.track.as_deref(), progress.current().map(|stage| stage.number)), (Some("cats"), Some(5)));
        assert_eq!(numbers(&progress.plan(&Choice::Current, None)), [1, 2, 3, 4, 5]);
        // Stages that were passed stay in the plan after the track was changed.
        assert_eq!(numbers(&progress.plan(&Choice::Current, Some("dogs"))), [1, 2, 3, 4, 6]);
        entries.push(grading(&["aa1", "aa2", "aa3", "ca1", "ca2"], 5));
        let progress = Progress::new(&stages(), &entries);
        assert!(progress.current().is_none());
        assert_eq!((progress.course("cats").unwrap().done(), progress.course("dogs").unwrap().done()), (2, 0));
    }

    #[test]
    fn a_track_that_is_no_more_is_forgotten() {
        let entries = [Grading { track: Some("birds".to_owned()), ..grading(&["aa1"], 1) }];
        assert_eq!(Progress::new(&stages(), &entries).track, None);
    }

    #[test]
    fn a_plan_is_a_stage_with_all_before_it() {
        let progress = Progress::new(&stages(), &[]);
        let plan = |choice| numbers(&progress.plan(&choice, None));
        assert_eq!(plan(Choice::All), [1, 2, 3]);
        assert_eq!(plan(Choice::Stage("aa2".to_owned())), [1, 2]);
        assert_eq!(plan(Choice::Stage("ca2".to_owned())), [4, 5]);
    }
}
