//! The words of the reports that a push gets, and of the status.

use std::collections::BTreeSet;

use super::progress::{Course, Progress};
use crate::stage::catalog::Stage;

/// Says what comes next, in one line or several.
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
        lines.push(format!("Continue with any track: {}; `stages list` shows them.", tracks.join(", ")));
        lines.push("Choose one with your next push: git push -o track=NAME".to_owned());
    } else if progress.courses.len() > 1 {
        lines.push("All tracks are done: there is nothing left to do.".to_owned());
    }
    lines
}

/// Stages that are done now and were not before.
pub(super) fn new<'a>(before: &Progress, after: &'a Progress) -> Vec<&'a Stage> {
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

/// `1 stage`, `2 stages`
pub(super) fn count(stages: usize) -> String {
    if stages == 1 { "1 stage".to_owned() } else { format!("{stages} stages") }
}

/// `1 attempt`, `2 attempts`; nothing for none.
pub(super) fn attempts(count: u32) -> String {
    match count {
        0 => String::new(),
        1 => "1 attempt".to_owned(),
        more => format!("{more} attempts"),
    }
}

/// `#IA4 Respond with 200 (stages show 2)`
pub fn whole(stage: &Stage) -> String {
    format!("{} {} (stages show {})", stage.tag(), stage.page.title, stage.number)
}

/// `stage 1`, `stages 1 and 2`, `stages 1 to 14, 23 and 24`
pub(super) fn span(plan: &[Stage]) -> String {
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

#[cfg(test)]
mod tests {
    use super::{
        super::{
            progress::tests::stages,
            record::{Grading, tests::grading},
        },
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
        let told = |entries: &[Grading]| next(&Progress::new(&stages(), entries)).join("|");
        assert_eq!(told(&[]), "Next: #AA1 Title 1 (stages show 1)");
        let public = grading(&["aa1", "aa2", "aa3"], 3);
        let text = told(std::slice::from_ref(&public));
        assert!(text.starts_with("The public challenge is done, all 3 stages.|"), "{text}");
        assert!(text.contains("cats (2 stages), dogs (1 stage); `stages list`"), "{text}");
        let cats = Grading { track: Some("cats".to_owned()), ..grading(&["ca1"], 1) };
        assert_eq!(told(&[public.clone(), cats.clone()]), "Next: #CA2 Title 5 (stages show 5)");
        let cats = Grading { track: Some("cats".to_owned()), ..grading(&["ca1", "ca2"], 2) };
        let text = told(&[public.clone(), cats.clone()]);
        assert!(
            text.starts_with("Track cats is done, all 2 stages.|Continue with any track: dogs (1 stage);"),
            "{text}"
        );
        let dogs = Grading { track: Some("dogs".to_owned()), ..grading(&["do1"], 1) };
        let text = told(&[public.clone(), cats, dogs]);
        assert!(text.ends_with("All tracks are done: there is nothing left to do."), "{text}");
        let tracks = next(&Progress::new(&stages()[3..], &[]));
        assert!(tracks[0].starts_with("No track is chosen yet.") && tracks[1].contains("cats"), "{tracks:?}");
        let only = Progress::new(&stages()[..3], &[public]);
        assert_eq!(next(&only), ["The public challenge is done, all 3 stages."]);
    }
}
