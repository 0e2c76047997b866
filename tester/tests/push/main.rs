//! Grading by push, with real pushes to real remotes.
//!
//! The test program is also the server that is pushed: `push --serve LEVEL`.

#![allow(clippy::expect_used, reason = "a test program: what is not as expected fails the test")]

use std::{
    env,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};
use stages::stage::starters;

mod flow;
mod learner;
mod robust;
mod server;
mod setup;
mod solutions;
#[path = "../support/mod.rs"]
mod support;
mod transport;
mod whole;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match &args[..] {
        [flag, level] if flag == "--serve" => server::serve(level.parse().expect("a level")),
        [flag] if flag == "--namespaces" => {
            return if stages::sandbox::network::prepare().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        _ => {}
    }
    // The programs listen on one port, which each grading needs for itself.
    let namespaces = env::current_exe()
        .and_then(|test| Command::new(test).arg("--namespaces").status())
        .is_ok_and(|status| status.success());
    let sandbox = Command::new(learner::STAGES).arg("doctor").output().is_ok_and(|output| output.status.success());
    let mut trials = Vec::new();
    for (name, needs, test) in all() {
        let missing = match needs {
            Needs::Git => None,
            Needs::Grading => (!namespaces).then_some("namespaces"),
            Needs::Sandbox => (!sandbox).then_some("a sandbox (`stages doctor`)"),
        };
        trials.push(match missing {
            Some(what) => Trial::test(format!("{name} (skipped: needs {what})"), test).with_ignored_flag(true),
            None => Trial::test(name, test),
        });
    }
    let challenges = solutions::languages()
        .map(|language| (language, "from_the_first_stage_to_the_last_in", whole::challenge as fn(&str) -> _));
    for (language, name, test) in challenges.chain([("python", "ten_beginners_at_once_in", whole::crowd as _)]) {
        let missing = support::missing(starters::find(language).expect("a language").programs)
            .or((!sandbox).then_some("a sandbox (`stages doctor`)"));
        trials.push(match missing {
            Some(what) => {
                Trial::test(format!("{name}_{language} (skipped: needs {what})"), || Ok(())).with_ignored_flag(true)
            }
            None => Trial::test(format!("{name}_{language}"), move || test(language)),
        });
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What a test needs, besides git.
#[derive(Clone, Copy)]
enum Needs {
    Git,
    Grading,
    Sandbox,
}

type Test = fn() -> Result<(), Failed>;

fn all() -> Vec<(&'static str, Needs, Test)> {
    let git = [
        ("new_makes_a_repository_for_each_language", setup::each_language as Test),
        ("new_says_which_toolchain_is_missing", setup::without_toolchain),
        ("new_says_what_is_wrong", setup::mistakes),
        ("new_works_without_a_name", setup::nobody),
        ("remote_serves_a_repository_that_is_there", setup::existing),
        ("remote_says_what_is_wrong", setup::remote_mistakes),
        ("status_says_what_is_wrong", setup::status_mistakes),
    ];
    let grading = [
        ("a_pass_opens_the_next", flow::one_after_the_other as Test),
        ("a_step_back_loses_nothing", flow::step_back),
        ("other_branches_open_nothing", flow::other_branches),
        ("tags_and_several_references", flow::several),
        ("options_choose_what_is_graded", flow::options),
        ("wrong_options_refuse_the_push", flow::wrong_options),
        ("colour_unless_plain", flow::colour),
        ("tracks_come_after_the_public_challenge", flow::tracks),
        ("a_track_may_be_chosen_early", flow::early_track),
        ("a_test_saves_nothing", flow::test_only),
        ("a_test_that_fails_is_rejected", flow::test_only_fails),
        ("the_status_works_offline", flow::offline),
        ("a_verdict_is_that_of_a_local_test", flow::local),
        ("a_local_test_goes_up_to_the_current_stage", flow::local_plan),
        ("the_history_stays", robust::history),
        ("only_the_grader_writes_notes", robust::forged_notes),
        ("a_tag_like_the_branch", robust::tag_like_the_branch),
        ("notes_that_could_not_be_written_follow", robust::late_notes),
        ("work_is_saved_without_a_grader", robust::no_grader),
        ("work_is_saved_with_a_broken_configuration", robust::broken_configuration),
        ("a_fault_of_the_grader_is_no_attempt", robust::fault),
        ("a_commit_without_a_program_is_no_attempt", robust::no_program),
        ("a_sandbox_that_does_not_work_is_no_attempt", robust::no_sandbox),
        ("an_earlier_configuration_is_refused", robust::earlier_configuration),
        ("a_push_goes_on_while_the_command_is_replaced", robust::replaced),
        ("a_push_of_200_megabytes_is_refused", robust::large),
        ("two_pushes_at_once", robust::two_at_once),
        ("ten_learners_at_once", robust::ten_at_once),
        ("a_killed_grading_loses_nothing_else", robust::killed),
        ("an_interrupted_push_is_graded", robust::interrupted),
        ("a_grader_that_is_ended_says_so", robust::ended),
        ("an_interrupted_test_ends", robust::interrupted_test),
        ("over_ssh", transport::ssh),
        ("over_http", transport::http),
    ];
    let git = git.into_iter().map(|(name, test)| (name, Needs::Git, test));
    let sandbox = ("a_remote_gets_the_best_sandbox", Needs::Sandbox, setup::best_sandbox as Test);
    git.chain([sandbox]).chain(grading.into_iter().map(|(name, test)| (name, Needs::Grading, test))).collect()
}
