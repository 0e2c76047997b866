//! The whole challenge, from the starter to the last stage, by pushes alone.

use std::{fs, thread};

use libtest_mimic::Failed;
use stages::stage::catalog;

use crate::{
    learner::{Learner, STAGES, Said},
    solutions,
};

/// A learner who begins with the starter of `language`.
fn beginner(language: &str) -> Result<Learner, Failed> {
    let learner = Learner { home: tempfile::Builder::new().prefix("learner-").tempdir()? };
    // Toolchains are found by the home of whoever makes the remote; for all else the learner has an empty one.
    let mut new = learner.command(STAGES);
    new.current_dir(learner.home.path()).args(["new", "work", "--language", language]);
    if let Some(home) = std::env::var_os("HOME") {
        new.env("HOME", home);
    }
    Said::of(&new.output()?).expect(0, &["The first stage is open: #AT4"])?;
    Ok(learner)
}

/// Ten beginners push at once, each with a program that goes as far as another stage, in the best sandbox there is.
pub(crate) fn crowd(language: &str) -> Result<(), Failed> {
    let learners = (1..=10).map(|level| Ok((level, beginner(language)?))).collect::<Result<Vec<_>, Failed>>()?;
    for (level, learner) in &learners {
        solutions::write(language, *level, &learner.work())?;
        learner.commit("As far as it goes")?;
    }
    let stages = catalog::all(None)?;
    thread::scope(|scope| {
        let push = |learner| move || Learner::push(learner, &["-o", "plain", "-o", "all", "origin", "main"]);
        let pushes: Vec<_> = learners.iter().map(|(level, learner)| (level, scope.spawn(push(learner)))).collect();
        pushes.into_iter().try_for_each(|(level, push)| {
            let id = stages[*level as usize].page.id.to_ascii_uppercase();
            let said = push.join().map_err(|_| Failed::from("a push panicked"))??;
            said.expect(0, &[&format!("passed.  Stage #{id} failed.")])
        })
    })
}

pub(crate) fn challenge(language: &str) -> Result<(), Failed> {
    let learner = beginner(language)?;
    learner.push(&["-o", "plain", "origin", "main"])?.expect(
        0,
        &[
            "Grading main (",
            "): stage 1; seed ",
            "Stage #AT4 failed. ",
            "Current: #AT4 Bind to a port (stages show 1), 1 attempt so far",
        ],
    )?;
    let stages = catalog::select(&catalog::all(None)?, &[])?;
    for (index, stage) in stages.iter().enumerate() {
        solutions::write(language, stage.number, &learner.work())?;
        learner.commit(&stage.page.title)?;
        let passed = format!("Stage #{} passed.  ", stage.page.id.to_ascii_uppercase());
        let next = match stages.get(index + 1) {
            Some(next) => format!("Next: #{} {}", next.page.id.to_ascii_uppercase(), next.page.title),
            None => format!("The public challenge is done, all {} stages.", stages.len()),
        };
        learner.push(&["-o", "plain"])?.expect(0, &[&format!("{passed}{next}")])?;
    }
    // What is built is not committed, and the record is of as many gradings as there were pushes.
    let status = learner.git(&["status", "--porcelain"])?;
    let record = learner.record()?;
    if !status.is_empty() || record.len() != stages.len() + 1 {
        return Err(format!("{status}\n{} gradings", record.len()).into());
    }
    let json: serde_json::Value = serde_json::from_str(&learner.stages(&["status", "--format", "json"])?.text)?;
    let attempts = json["courses"][0]["stages"][0]["attempts"].as_u64();
    if json["courses"][0]["done"].as_u64() != Some(14) || attempts != Some(2) {
        return Err(json.to_string().into());
    }
    // Nothing was written beside the two repositories.
    let mut left: Vec<_> = fs::read_dir(learner.home.path())?.flatten().map(|entry| entry.file_name()).collect();
    left.sort();
    if left == ["work", "work.git"] { Ok(()) } else { Err(format!("{left:?}").into()) }
}
