//! Hostile commits: each is graded in every sandbox that the machine has, as root and as an ordinary user, and ends in a
//! clear verdict, with nothing of it left and nothing touched. Whatever is killed of a sandbox, nothing runs outside it;
//! where there is none, nothing is graded unless that was asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    attacks::{ATTACKS, Attack},
    killed::Replaced,
    push::{Push, Who},
};

mod attacks;
mod environment;
mod killed;
mod push;
#[path = "../support/mod.rs"]
mod support;
mod without;

/// The tiers, and what a machine without one is asked to get.
const TIERS: [(&str, &str); 3] = [
    ("bubblewrap", "bubblewrap, and user namespaces (`stages doctor`)"),
    ("unshare", "user namespaces (`stages doctor`)"),
    ("none", ""),
];

/// What is killed or stopped, and when.
type Killed = fn(&'static str, Who) -> Result<(), Failed>;
const KILLED: [(&str, Killed); 10] = [
    ("killed_while_it_is_made", killed::while_it_is_made),
    ("killed_before_it_is_ready", killed::before_it_is_ready),
    ("killed_once_before_it_is_ready", killed::once),
    ("stopped_for_a_while_before_it_is_ready", killed::late),
    ("killed_during_the_checkout", killed::during_the_checkout),
    ("killed_while_it_compiles", killed::while_it_compiles),
    ("killed_while_it_tests", killed::while_it_tests),
    ("killed_its_supervisor_while_it_tests", killed::its_supervisor),
    ("killed_its_view_while_it_tests", killed::its_view),
    ("killed_from_outside_while_it_compiles", killed::from_outside),
];

fn main() -> ExitCode {
    push::put_a_secret_into_the_keyring();
    let root = push::can_become_nobody();
    let python = runs("python3");
    let mut trials = Vec::new();
    for who in [Who::Caller, Who::Nobody] {
        for (tier, needs) in TIERS {
            let absent = match who {
                Who::Nobody if !root => Some("root, to become an ordinary user"),
                // One user is enough for what is the same for all.
                Who::Nobody if tier == "none" => continue,
                _ if !python => Some("python3"),
                _ if !push::tier_works(tier, who) => Some(needs),
                _ => None,
            };
            for attack in ATTACKS.iter().filter(|attack| tier != "none" || attack.harmless) {
                trials.push(trial(attack, tier, who, absent));
            }
            let name = format!("{}::{tier}::a_grader_that_is_killed_leaves_nothing", who.name());
            trials.push(skippable(name, absent, move || without::killed_grader(tier, who)));
            let name = format!("{}::{tier}::a_grader_that_is_interrupted_leaves_nothing", who.name());
            trials.push(skippable(name, absent, move || without::interrupted_grader(tier, who)));
            let name = format!("{}::{tier}::the_verdict_is_that_of_stages_test", who.name());
            trials.push(skippable(name, absent, move || without::same_verdict(tier, who)));
            if tier != "none" {
                let name = format!("{}::{tier}::an_environment_that_leads_to_the_commit", who.name());
                trials.push(skippable(name, absent, move || environment::leads_to_the_commit(tier, who)));
            }
            for (name, how) in [("renamed_over", Replaced::RenamedOver), ("removed", Replaced::Removed)] {
                let name = format!("{}::{tier}::its_binary_is_{name}", who.name());
                trials.push(skippable(name, absent, move || killed::replaced(tier, who, how)));
            }
            for (name, test) in KILLED.iter().filter(|_| tier != "none") {
                let name = format!("{}::{tier}::{name}", who.name());
                trials.push(skippable(name, absent, move || test(tier, who)));
            }
        }
    }
    let unshare = Some("unshare, and user namespaces").filter(|_| !without::can_forbid_namespaces());
    let missing = Some("python3").filter(|_| !python);
    trials.push(skippable("without::a_program_outside_leaves_a_trace".to_owned(), missing, killed::the_trace_shows));
    for (name, test) in [
        ("grading_is_refused", without::refuses as fn() -> Result<(), Failed>),
        ("a_sandbox_that_was_named_is_refused", without::refuses_by_name),
        ("none_that_was_asked_for_warns", without::warns),
        ("no_remote_is_made", without::no_remote),
    ] {
        trials.push(skippable(format!("without::{name}"), unshare, test));
    }
    trials.push(skippable("without::doctor_says_why".to_owned(), unshare, without::doctor));
    let mut arguments = Arguments::from_args();
    // Most of the time is spent waiting, not computing.
    arguments.test_threads = arguments.test_threads.or(Some(6));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn trial(attack: &'static Attack, tier: &'static str, who: Who, absent: Option<&'static str>) -> Trial {
    let name = format!("{}::{tier}::{}", who.name(), attack.name);
    skippable(name, absent, move || {
        let push = Push::new(who);
        (attack.commit)(&push);
        let graded = push.grade(tier, attack.arguments);
        graded.check(attack)?;
        push.nothing_left()
    })
}

/// A trial that is reported as ignored, with what it needs, where that is not there.
fn skippable(name: String, absent: Option<&str>, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    match absent {
        Some(needs) => Trial::test(format!("{name} (skipped: needs {needs})"), test).with_ignored_flag(true),
        None => Trial::test(name, test),
    }
}
