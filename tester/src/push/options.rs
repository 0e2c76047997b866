//! Push options: what `git push -o` asks of the grader.

use crate::stage::catalog::{PUBLIC_TRACKS, Stage};

/// Which stages a push is graded with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The current stage and those before it.
    #[default]
    Current,
    /// The stage with this id, and those before it in its course.
    Stage(String),
    /// All of the public challenge.
    All,
}

/// The options of a push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which stages.
    pub choice: Choice,
    /// True if every byte is shown.
    pub debug: bool,
    /// True if the report has no colour.
    pub plain: bool,
    /// The seed of all random values.
    pub seed: Option<u64>,
    /// The track to go on with, now and from then on.
    pub track: Option<String>,
}

/// The stage that a number or an id names.
pub fn stage<'a>(stages: &'a [Stage], name: &str) -> Option<&'a Stage> {
    let id = name.strip_prefix('#').unwrap_or(name);
    stages.iter().find(|stage| name.parse() == Ok(stage.number) || stage.page.id.eq_ignore_ascii_case(id))
}

/// Names of the tracks that come after the public challenge.
pub fn tracks(stages: &[Stage]) -> Vec<&str> {
    let mut tracks: Vec<&str> = Vec::new();
    for stage in stages {
        let track = stage.page.track.as_str();
        if !PUBLIC_TRACKS.contains(&track) && !tracks.contains(&track) {
            tracks.push(track);
        }
    }
    tracks
}

/// The choice that a reference below `refs/for/` stands for.
pub fn choice_of(name: &str, stages: &[Stage]) -> Option<Choice> {
    match name {
        "current" => Some(Choice::Current),
        "all" => Some(Choice::All),
        _ => stage(stages, name).map(|stage| Choice::Stage(stage.page.id.clone())),
    }
}

/// Reads the options of a push.
///
/// # Errors
/// Each option that is wrong, and why, as lines to be shown.
pub fn parse<S: AsRef<str>>(given: &[S], stages: &[Stage]) -> Result<Options, Vec<String>> {
    let mut options = Options::default();
    let mut problems = Vec::new();
    for (index, text) in given.iter().enumerate() {
        let text = text.as_ref();
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if given[..index].iter().any(|earlier| earlier.as_ref().split('=').next() == Some(name)) {
            problems.push(format!("`-o {}` is given twice", shown(name)));
            continue;
        }
        if let Err(why) = options.take(name, value, stages) {
            problems.push(format!("`-o {}`: {why}", shown(text)));
        }
    }
    let names = |name: &str| given.iter().any(|text| text.as_ref().split('=').next() == Some(name));
    for (one, other) in [("all", "stage"), ("track", "stage"), ("all", "track")] {
        if names(one) && names(other) {
            problems.push(format!("`-o {one}` and `-o {other}` cannot be combined"));
        }
    }
    if problems.is_empty() { Ok(options) } else { Err(problems) }
}

/// Checks whether a push asks for a report without colour, also where its other options make no sense.
pub fn plain<S: AsRef<str>>(given: &[S]) -> bool {
    given.iter().any(|text| text.as_ref() == "plain")
}

impl Options {
    fn take(&mut self, name: &str, value: Option<&str>, stages: &[Stage]) -> Result<(), String> {
        match (name, value) {
            ("all", None) => self.choice = Choice::All,
            ("debug", None) => self.debug = true,
            ("plain", None) => self.plain = true,
            ("all" | "debug" | "plain", Some(_)) => return Err("it takes no value".to_owned()),
            ("stage", value) => {
                let found = value.and_then(|name| stage(stages, name));
                let last = stages.last().map_or(0, |stage| stage.number);
                let stage = found.ok_or_else(|| {
                    format!("there is no such stage; give a number from 1 to {last} or an id, as in `-o stage=3`")
                })?;
                self.choice = Choice::Stage(stage.page.id.clone());
            }
            ("seed", value) => {
                let digits = value.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                let seed = digits.and_then(|text| text.parse().ok());
                self.seed = Some(seed.ok_or("a seed is a whole number, as in `-o seed=7`")?);
            }
            ("track", value) => {
                let tracks = tracks(stages);
                let track = value.filter(|name| tracks.contains(name)).ok_or_else(|| match &tracks[..] {
                    [] => "there are no tracks".to_owned(),
                    some => format!("there is no such track; the tracks are {}", some.join(", ")),
                })?;
                self.track = Some(track.to_owned());
            }
            _ => return Err("there is no such option".to_owned()),
        }
        Ok(())
    }
}

/// The options that there are, one a line.
pub fn help(stages: &[Stage]) -> Vec<String> {
    let mut lines = vec![
        "-o stage=N     grade stage N (a number or an id) and those before it".to_owned(),
        "-o all         grade all stages of the public challenge".to_owned(),
        "-o debug       show every byte that is sent and received".to_owned(),
        "-o plain       no colour".to_owned(),
        "-o seed=S      use the random values of an earlier grading".to_owned(),
    ];
    let tracks = tracks(stages);
    if !tracks.is_empty() {
        lines.push(format!("-o track=NAME  continue with a track after the public challenge: {}", tracks.join(", ")));
    }
    lines
}

/// An option as it may be shown: it comes from the client, and may hold anything.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    crate::text::visible(short.as_bytes()) + if short.len() < text.len() { "…" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::{super::progress::tests::stages, *};

    #[test]
    fn options_are_read() {
        let parse = |given: &[&str]| parse(given, &stages()).unwrap();
        assert_eq!(parse(&[]), Options::default());
        assert_eq!(
            parse(&["all", "debug", "plain"]),
            Options { choice: Choice::All, debug: true, plain: true, ..Options::default() }
        );
        for name in ["2", "aa2", "AA2", "#aa2"] {
            assert_eq!(parse(&[&format!("stage={name}")]).choice, Choice::Stage("aa2".to_owned()), "{name}");
        }
        assert_eq!(
            parse(&["seed=18446744073709551615", "track=dogs"]),
            Options { seed: Some(u64::MAX), track: Some("dogs".to_owned()), ..Options::default() }
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (given, what) in [
            (&["stge=3"][..], "`-o stge=3`: there is no such option"),
            (&[""], "`-o `: there is no such option"),
            (&["Debug"], "no such option"),
            (&["all="], "takes no value"),
            (&["debug=1"], "takes no value"),
            (&["stage"], "no such stage; give a number from 1 to 6"),
            (&["stage="], "no such stage"),
            (&["stage=7"], "no such stage"),
            (&["stage=0"], "no such stage"),
            (&["seed"], "whole number"),
            (&["seed="], "whole number"),
            (&["seed=-1"], "whole number"),
            (&["seed=+1"], "whole number"),
            (&["seed=18446744073709551616"], "whole number"),
            (&["track=birds"], "the tracks are cats, dogs"),
            (&["track=base"], "no such track"),
            (&["seed=1", "seed=2"], "`-o seed` is given twice"),
            (&["all", "stage=1"], "cannot be combined"),
            (&["track=cats", "stage=1"], "cannot be combined"),
            (&["track=cats", "all"], "cannot be combined"),
            (&["a\x1b[2J\nb"], "`-o a\\x1B[2J\\nb`"),
        ] {
            let problems = parse(given, &stages()).unwrap_err();
            assert!(problems.len() == 1 && problems[0].contains(what), "{given:?}: {problems:?}");
        }
        assert_eq!(parse(&["x", "y"], &stages()).unwrap_err().len(), 2);
        assert!(parse(&["ä".repeat(1000)], &stages()).unwrap_err()[0].len() < 300);
        assert!(parse(&["track=cats"], &stages()[..3]).unwrap_err()[0].contains("there are no tracks"));
    }

    #[test]
    fn the_help_names_every_option() {
        let help = help(&stages()).join("\n");
        for name in ["stage=N", "all", "debug", "plain", "seed=S", "track=NAME", "cats, dogs"] {
            assert!(help.contains(name), "{name}");
        }
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
