//! What a learner sees: stage after stage, options, tests, and the status.

use std::fs;

use libtest_mimic::Failed;

use crate::learner::{Learner, STAGES, Said};

fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("{found:?} rather than {expected:?}").into()) }
}

pub(crate) fn one_after_the_other() -> Result<(), Failed> {
    let learner = Learner::new()?;
    // Git marks what comes from the remote.
    learner.push(&["-o", "plain", "origin", "main"])?.expect(
        0,
        &[
            "Grading main (",
            "): stage 1; seed ",
            "remote: Stage #ON1 failed. Your program gave a wrong response.",
            "remote: Current: #ON1 One (stages show 1), 1 attempt so far",
            "-> main",
        ],
    )?;
    learner.level(1)?;
    learner
        .push(&["-o", "plain", "-o", "seed=9"])?
        .expect(0, &["): stage 1; seed 9.", "Stage #ON1 passed.  Next: #TW2 Two (stages show 2)"])?;
    learner.script(".codecrafters/compile.sh", "echo 'error: no semicolon'; exit 3")?;
    learner.commit("Break it")?;
    learner.push(&["-o", "plain"])?.expect(
        0,
        &[
            "): stages 1 and 2;",
            "[compile] error: no semicolon",
            "Your program did not compile (exit code",
            "What .codecrafters/compile.sh printed is above, under [compile].",
            "Current: #TW2 Two (stages show 2), 1 attempt so far",
        ],
    )?;
    learner.script(".codecrafters/compile.sh", "exec no-such-compiler")?;
    learner.commit("Ask for what is not there")?;
    learner.push(&["-o", "plain"])?.expect(
        0,
        &["Your program did not compile (exit code 127)", "The script needs a command that is not installed"],
    )?;
    learner.script(".codecrafters/compile.sh", "exit 0")?;
    learner.level(3)?;
    learner.push(&["-o", "plain"])?.expect(0, &["Stage #TW2 passed.  Next: #TH3 Three (stages show 3)"])?;
    learner.commit("Nothing new")?;
    learner.push(&["-o", "plain"])?.expect(0, &["Stage #TH3 passed.  The public challenge is done, all 3 stages."])?;

    let record = learner.record()?;
    let verdicts: Vec<_> = record.iter().map(|entry| entry["verdict"].as_str().unwrap_or_default()).collect();
    same(&verdicts[..], &["wrong", "passed", "not-compiled", "not-compiled", "passed", "passed"])?;
    same((record[1]["seed"].as_u64(), record[1]["branch"].as_str()), (Some(9), Some("main")))?;
    same(record[5]["commit"].as_str().unwrap_or_default(), &learner.git(&["rev-parse", "HEAD"])?)?;
    let json: serde_json::Value = serde_json::from_str(&learner.stages(&["status", "--format", "json"])?.text)?;
    let attempts: Vec<_> = (0..3).map(|index| json["courses"][0]["stages"][index]["attempts"].as_u64()).collect();
    same(attempts, vec![Some(2), Some(3), Some(1)])?;
    learner.stages(&["status"])?.expect(0, &["The public challenge: 3 of 3 done", "✓  1  #ON1  One", "2 attempts"])
}

pub(crate) fn step_back() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(2)?;
    let two = "-o stage=2".split(' ').collect::<Vec<_>>();
    learner
        .push(&[&two[..], &["-o", "plain", "origin", "main"]].concat())?
        .expect(0, &["): stages 1 and 2;", "Stages #ON1, #TW2 passed.  Next: #TH3"])?;
    learner.level(0)?;
    learner.push(&["-o", "plain"])?.expect(
        0,
        &[
            "Stage #ON1 failed. Your program gave a wrong response. It had passed before, and stays passed.",
            "Current: #TH3 Three (stages show 3), 1 attempt so far",
        ],
    )?;
    learner.stages(&["status"])?.expect(0, &["The public challenge: 2 of 3 done"])
}

pub(crate) fn other_branches() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    learner
        .push(&["-o", "plain", "origin", "HEAD:refs/heads/idea"])?
        .expect(0, &["Grading idea (", "All passed: 1 stage.  Only pushes to main open the next stage."])?;
    learner.stages(&["status"])?.expect(0, &["0 of 3 done"])?;
    learner.stages(&["remote", "--branch", "a..b"])?.expect(2, &["`a..b` cannot be the name of a branch"])?;
    learner.stages(&["remote", "--branch", "trunk"])?.expect(0, &["pushes to trunk open stages"])?;
    learner
        .push(&["-o", "plain", "origin", "HEAD:refs/heads/main"])?
        .expect(0, &["Only pushes to trunk open the next stage."])?;
    learner.stages(&["remote", "--branch", "main"])?.expect(0, &["pushes to main open stages"])?;
    learner.commit("On main")?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(0, &["Stage #ON1 passed."])
}

pub(crate) fn several() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.git(&["tag", "v0"])?;
    learner.git(&["branch", "same"])?;
    learner.git(&["checkout", "--quiet", "-b", "another"])?;
    learner.level(1)?;
    let said = learner.push(&["-o", "plain", "origin", "another", "same", "main", "v0"])?;
    said.expect(
        0,
        &[
            "Grading main (",
            "Grading another (",
            "refs/heads/same is the same commit as main, which was graded above.",
            "The tag v0 is saved; only branches are graded.",
        ],
    )?;
    let first = said.text.find("Grading main (") < said.text.find("Grading another (");
    same((first, learner.record()?.len()), (true, 2))?;
    learner.push(&["origin", ":same"])?.expect(1, &["deletion prohibited"])?;
    // Whoever runs the grader may allow it.
    learner.git_in(&learner.remote(), &["config", "receive.denyDeletes", "false"])?;
    learner
        .push(&["-o", "plain", "origin", ":same"])?
        .expect(0, &["refs/heads/same is deleted; there is nothing to grade."])
}

pub(crate) fn options() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(3)?;
    learner
        .push(&["-o", "all", "-o", "debug", "-o", "plain", "origin", "main"])?
        .expect(0, &["): stages 1 to 3;", "a< HTTP/1.1 200 OK\\r\\n", "Stages #ON1, #TW2, #TH3 passed."])?;
    learner.commit("Again")?;
    learner
        .push(&["-o", "plain", "-o", "stage=tw2"])?
        .expect(0, &["): stages 1 and 2;", "All passed: 2 stages.  The public challenge is done"])
}

pub(crate) fn wrong_options() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let said = learner.push(&["-o", "stge=3", "-o", "seed=x", "-o", "plain", "origin", "main"])?;
    said.expect(
        1,
        &[
            "Not pushed: `-o stge=3`: there is no such option.",
            "Not pushed: `-o seed=x`: a seed is a whole number",
            "-o stage=N",
            "-o all",
            "-o debug",
            "-o plain",
            "-o seed=S",
            "-o track=NAME  continue with a track after the public challenge: cats, dogs",
            "(pre-receive hook declined)",
        ],
    )?;
    same((learner.references()?.as_str(), learner.record()?.len()), ("", 0))?;
    learner.push(&["origin", "main"])?.expect(0, &["Grading "])
}

pub(crate) fn colour() -> Result<(), Failed> {
    let learner = Learner::new()?;
    let said = learner.push(&["origin", "main"])?;
    same(said.text.contains('\x1b'), true)?;
    learner.commit("Again")?;
    for arguments in [&["-o", "plain", "origin", "main"][..], &["-o", "plain", "origin", "main:refs/for/1"]] {
        same(learner.push(arguments)?.text.contains('\x1b'), false)?;
    }
    learner.commit("And again")?;
    let output = learner.command("git").args(["push", "origin", "main"]).env("NO_COLOR", "1").output()?;
    let said = Said::of(&output);
    said.expect(0, &["Grading "])?;
    same(said.text.contains('\x1b'), false)
}

pub(crate) fn tracks() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(4)?;
    learner.push(&["-o", "plain", "-o", "all", "origin", "main"])?.expect(
        0,
        &[
            "The public challenge is done, all 3 stages.",
            "Continue with any track: cats (2 stages), dogs (1 stage)",
            "git push -o track=NAME",
        ],
    )?;
    learner.commit("Choose")?;
    learner
        .push(&["-o", "plain", "-o", "track=cats"])?
        .expect(0, &["): stages 1 to 4;", "Stage #CA1 passed.  Next: #CA2 Second cat (stages show 5)"])?;
    learner.level(6)?;
    // The choice is remembered.
    learner.push(&["-o", "plain"])?.expect(0, &["): stages 1 to 5;", "Stage #CA2 passed.  Track cats is done"])?;
    learner.commit("The other")?;
    learner
        .push(&["-o", "plain", "-o", "track=dogs"])?
        .expect(0, &["): stages 1 to 6;", "Stage #DO1 passed.", "All tracks are done"])?;
    learner
        .stages(&["status"])?
        .expect(0, &["The public challenge: 3 of 3 done", "Track cats: 2 of 2 done", "Track dogs, chosen: 1 of 1 done"])
}

pub(crate) fn early_track() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(3)?;
    learner.push(&["-o", "plain", "-o", "track=dogs", "origin", "main"])?.expect(
        0,
        &["Track dogs is chosen; it begins once the public challenge is done.", "Stage #ON1 passed.  Next: #TW2"],
    )?;
    learner.commit("All")?;
    learner
        .push(&["-o", "plain", "-o", "all"])?
        .expect(0, &["Stages #TW2, #TH3 passed.  Next: #DO1 Dog (stages show 6)"])
}

pub(crate) fn test_only() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(2)?;
    for (name, stages) in
        [("current", "stage 1"), ("2", "stages 1 and 2"), ("tw2", "stages 1 and 2"), ("current", "stage 1")]
    {
        let said = learner.push(&["-o", "plain", "origin", &format!("HEAD:refs/for/{name}")])?;
        said.expect(0, &[&format!("): {stages};"), "This was only a test: nothing is saved"])?;
    }
    same((learner.references()?.as_str(), learner.record()?.len()), ("", 0))
}

pub(crate) fn test_only_fails() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    for _ in 0..2 {
        learner.push(&["-o", "plain", "-o", "seed=4", "origin", "HEAD:refs/for/all"])?.expect(
            1,
            &["): stages 1 to 3; seed 4.", "refs/for/all (stage #TW2: Your program gave a wrong response)"],
        )?;
    }
    for (arguments, part) in [
        (&["origin", "HEAD:refs/for/7"][..], "push to refs/for/current, refs/for/all, or refs/for/ and a stage"),
        (&["origin", "HEAD:refs/for/current/x"], "push to refs/for/current"),
        (&["origin", ":refs/for/current"], "nothing"),
        (&["origin", "HEAD^{tree}:refs/for/current"], "this is not a commit"),
        (&["-o", "all", "origin", "HEAD:refs/for/1"], "leave out -o stage and -o all"),
        (&["-o", "nonsense", "origin", "HEAD:refs/for/1"], "`-o nonsense`: there is no such option"),
    ] {
        learner.push(arguments)?.expect(1, &[part])?;
    }
    // What is pushed beside it is saved and graded all the same.
    let said = learner.push(&["-o", "plain", "origin", "HEAD:refs/for/2", "HEAD:refs/heads/main"])?;
    said.expect(1, &["(stage #TW2: ", "Stage #ON1 passed.  Next: #TW2"])?;
    same((learner.references()?.as_str(), learner.record()?.len()), ("refs/heads/main", 1))
}

/// Another clone, which knows the grading remote by notes alone.
pub(crate) fn offline() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    learner.push(&["origin", "main"])?.expect(0, &[])?;
    let here = learner.stages(&["status", "--format", "json"])?;
    learner.git(&["fetch", "--quiet"])?;
    let log = learner.git(&["log", "-1"])?;
    same((log.contains("Notes (grading):"), log.contains("Passed: #ON1")), (true, true))?;
    fs::rename(learner.remote(), learner.home.path().join("gone"))?;
    let stages = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/push/stages");
    let there = learner.stages(&["--stages", stages, "status", "--format", "json"])?;
    let (here, mut there): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(&here.text)?, serde_json::from_str(&there.text)?);
    same(there["source"].as_str(), Some("refs/notes/grading, as it was last fetched"))?;
    there["source"] = here["source"].clone();
    same(here, there)
}

/// The same seed, the same verdict and the same report as `stages test`.
pub(crate) fn local() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    let pushed = learner.push(&["-o", "plain", "-o", "seed=11", "-o", "all", "origin", "main"])?;
    let stages = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/push/stages");
    let tested = learner.stages(&["--stages", stages, "test", "1..3", "--seed", "11"])?;
    let report = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_start_matches("remote: ").trim_end())
            .filter(|line| line.starts_with("[tester::") && !line.contains("Passed in ") && !line.contains("Again: "))
            .map(str::to_owned)
            .collect()
    };
    same(tested.code, Some(1))?;
    same((report(&pushed.text).len() > 5, report(&pushed.text)), (true, report(&tested.text)))
}

pub(crate) fn local_plan() -> Result<(), Failed> {
    let learner = Learner::new()?;
    learner.level(1)?;
    learner.stages(&["test"])?.expect(0, &["1 of 1 passed."])?;
    learner.push(&["origin", "main"])?.expect(0, &["Stage #ON1 passed."])?;
    let below = learner.work().join(".codecrafters");
    Said::of(&learner.command(STAGES).arg("test").current_dir(below).output()?).expect(1, &["1 of 2 passed, 1 failed."])
}
