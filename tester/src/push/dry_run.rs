//! The hook `proc-receive` (githooks(5)): a push to `refs/for/…` is tested, and nothing is saved. It succeeds or fails as
//! the test does, so that scripts can rely on it; and the same commit can be tested again and again.

use std::io::{self, Read, Write};

use anyhow::{Context as _, Result, bail};

use super::{
    grader::Grader,
    options::{self, Choice, Options},
    receive::{FOR, Update},
};
use crate::{
    git::{command as git, pkt_line},
    grading::Verdict,
    report::style::{PLAIN, tell},
    stage::catalog::tag,
};

/// Talks to git: reads which references are pushed, and answers with what became of each. The report goes to `out`.
///
/// # Errors
/// Git speaks another language, or is gone.
pub fn run(
    grader: &Grader,
    input: &mut impl Read,
    output: &mut impl Write,
    seed: u64,
    out: impl FnOnce(bool) -> Box<dyn Write>,
) -> Result<()> {
    let offer = pkt_line::read_list(input).context("git sent nothing")?;
    let features = hello(&offer)?;
    let push_options = features.iter().any(|feature| feature == "push-options");
    pkt_line::write(output, if push_options { &b"version=1\0push-options"[..] } else { b"version=1\0" })?;
    pkt_line::flush(output)?;
    let updates: Vec<Update> = pkt_line::read_list(input)?.iter().filter_map(|line| Update::parse(line)).collect();
    let given = if push_options { pkt_line::read_list(input)? } else { Vec::new() };
    let given: Vec<String> = given.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let options = options::parse(&given, grader.stages());
    let mut out = out(options::plain(&given));
    for update in &updates {
        let result = match &options {
            Ok(options) => test(grader, update, options, seed, &mut *out),
            Err(problems) => Err(problems.join("; ")),
        };
        answer(output, &update.name, &result)?;
    }
    pkt_line::flush(output)?;
    Ok(())
}

/// The features that git offers with `version=1`.
fn hello(offer: &[Vec<u8>]) -> Result<Vec<String>> {
    let first = offer.first().map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
    let (version, features) = first.split_once('\0').unwrap_or((&first, ""));
    if version != "version=1" {
        bail!("git offers the protocol `{}` to proc-receive; only version=1 is supported", version.escape_debug());
    }
    Ok(features.split(' ').map(str::to_owned).collect())
}

fn answer(output: &mut impl Write, name: &str, result: &Result<(), String>) -> io::Result<()> {
    match result {
        Ok(()) => pkt_line::write(output, format!("ok {name}").as_bytes()),
        Err(reason) => pkt_line::write(output, format!("ng {name} {}", reason.replace('\n', " ")).as_bytes()),
    }
}

/// Tests one reference. The error is the reason for which it is rejected.
fn test(grader: &Grader, update: &Update, options: &Options, seed: u64, out: &mut dyn Write) -> Result<(), String> {
    if update.deletes() {
        return Err("there is nothing to delete: nothing is ever saved there".to_owned());
    }
    let name = update.name.strip_prefix(FOR).unwrap_or_default();
    let choice = options::choice_of(name, grader.stages())
        .ok_or_else(|| format!("push to {FOR}current, {FOR}all, or {FOR} and a stage, as in {FOR}3"))?;
    if options.choice != Choice::Current {
        return Err(format!("{FOR}{name} already selects the stages; leave out -o stage and -o all"));
    }
    if options.track.is_some() && choice != Choice::Current {
        return Err(format!("-o track can only be combined with {FOR}current"));
    }
    let fault = |error: anyhow::Error| format!("the grader failed: {error:#}");
    // A tag stands for the commit that it names.
    let commit = git::run(grader.folder(), &["rev-parse", "--verify", &format!("{}^{{commit}}", update.new)])
        .map_err(|_| "this is not a commit".to_owned())?;
    let plan = grader.progress().map_err(fault)?.plan(&choice, options.track.as_deref());
    if plan.is_empty() {
        return Err("no track is chosen yet; choose one with -o track=NAME".to_owned());
    }
    let grade = grader.grade(&commit, &update.name, &plan, options, seed, out);
    let failed = grade.stages.last().filter(|stage| !stage.passed());
    let stage = failed.map(|stage| format!("stage {}: ", tag(&stage.id))).unwrap_or_default();
    match grade.verdict {
        Verdict::Passed => {
            tell(out, PLAIN, "All passed. This was only a test: nothing is saved, and no stage is opened.");
            Ok(())
        }
        verdict => Err(format!("{stage}{}", verdict.in_short())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read() {
        let hello = |text: &str| hello(&[text.as_bytes().to_vec()]);
        assert_eq!(hello("version=1\0push-options atomic").unwrap(), ["push-options", "atomic"]);
        assert_eq!(hello("version=1").unwrap(), [""]);
        for wrong in ["", "version=2\0push-options", "version=11"] {
            assert!(hello(wrong).is_err(), "{wrong}");
        }
        assert!(super::hello(&[]).is_err());
    }

    #[test]
    fn a_reason_is_one_line() {
        let mut bytes = Vec::new();
        answer(&mut bytes, "refs/for/1", &Ok(())).unwrap();
        answer(&mut bytes, "refs/for/2", &Err("a\nb".to_owned())).unwrap();
        assert_eq!(bytes, b"0011ok refs/for/10015ng refs/for/2 a b");
    }
}
