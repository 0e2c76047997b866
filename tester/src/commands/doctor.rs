//! `stages doctor`.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::Result;
use stages::{
    grading,
    sandbox::{bubblewrap, limits::Limits, tier::Tier, toolchain::Toolchain},
    stage::starters::{self, Language},
};

use super::{exit_code, print};

/// Report which sandboxes and toolchains work on this machine
///
/// Tries each sandbox that gradings can use, and says why one does not work. Also shows the default limits of a grading,
/// and the versions of git and of the toolchains that the starters need.
#[derive(clap::Args)]
#[command(after_long_help = "Exit codes:\n  \
    0  a sandbox works\n  \
    1  none works\n  \
    2  the arguments are not valid\n\n\
    Examples:\n  \
    stages doctor")]
pub(crate) struct Args {}

/// Settings of the kernel that keep ordinary users from namespaces: file, harmful value, and what to do.
const SETTINGS: [(&str, &str, &str); 4] = [
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user.max_user_namespaces is 0, which allows no user namespaces; run `sysctl user.max_user_namespaces=10000`",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "kernel.unprivileged_userns_clone is 0, which allows ordinary users no namespaces; run `sysctl kernel.unprivileged_userns_clone=1`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor lets only programs with a profile use user namespaces; write one for `stages`, or run \
         `sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_unconfined",
        "1",
        "AppArmor applies that to unconfined programs as well",
    ),
];

pub(crate) fn run() -> Result<ExitCode> {
    let mut text = "Sandboxes, best first:\n".to_owned();
    let tools = Toolchain::detect();
    let mut best = None;
    for tier in Tier::SANDBOXES {
        match grading::try_tier(tier, &tools) {
            Ok(()) => {
                text += &format!("  {:<11} works{}\n", tier.to_string(), version(tier));
                best = best.or(Some(tier));
            }
            Err(why) => {
                text += &format!("  {:<11} does not work: {why}\n", tier.to_string());
            }
        }
    }
    text += "  none        always works, but is used only if you ask for it: the program runs with your rights\n";
    if best.is_none() {
        for hint in hints() {
            text += &format!("  Likely cause: {hint}.\n");
        }
    }
    text += &match best {
        Some(tier) => {
            format!(
                "A grading remote made on this machine uses {tier}; an existing one keeps its own until you run `stages remote`.\n"
            )
        }
        None => {
            "No sandbox works here, so nothing is graded, unless you ask for that with `--sandbox none`: do that only \
                 for programs that you trust.\n"
                .to_owned()
        }
    };
    let limits = Limits::default();
    text += &format!(
        "\nLimits: {} MiB of memory for all processes together (checked many times a second), {} MiB of disk in memory, \
         {} processes, {} s for building, {} s in all.\n",
        limits.memory >> 20,
        limits.disk >> 20,
        limits.processes,
        limits.compile_seconds,
        limits.total_seconds
    );
    text += &format!("\nGit: {}\n", says("git", "--version").unwrap_or_else(|| "not found; install it".to_owned()));
    text += "\nToolchains for the starters:\n";
    for language in starters::languages() {
        text += &format!("  {:<11} {}\n", language.title, versions(language));
    }
    let shown: Vec<String> = tools.folders.iter().map(|folder| folder.display().to_string()).collect();
    if !shown.is_empty() {
        text += &format!("\nPushed code can read these folders of toolchains: {}\n", shown.join(", "));
    }
    print(&text)?;
    Ok(exit_code(best.is_some()))
}

/// The versions of a language's programs, with a remark if they are too old for its starter.
fn versions(language: &Language) -> String {
    let versions: Option<Vec<String>> =
        language.programs.iter().map(|program| says(program, language.version_argument)).collect();
    let Some(versions) = versions else {
        return format!("not found ({})", language.programs.join(", "));
    };
    let shown = versions.join("; ");
    match language.minimum {
        Some(minimum) if versions.iter().any(|version| is_older(version, minimum)) => {
            format!("{shown}: too old, {minimum} or later is needed")
        }
        _ => shown,
    }
}

/// `true` if the first number in `said`, the first line about a program's version, is less than `minimum`: `1.85`, say.
fn is_older(said: &str, minimum: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        let from = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let version = text[from..].split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        version.split('.').map_while(|part| part.parse().ok()).collect()
    };
    let found = numbers(said);
    !found.is_empty() && found < numbers(minimum)
}

fn version(tier: Tier) -> String {
    match bubblewrap::version().filter(|_| tier == Tier::Bubblewrap) {
        Some((major, minor)) => format!(" (version {major}.{minor})"),
        None => String::new(),
    }
}

/// Likely reasons why user namespaces do not work, as far as the system tells.
fn hints() -> Vec<String> {
    if !Path::new("/proc/self/ns/user").exists() {
        return vec!["the kernel was built without user namespaces".to_owned()];
    }
    let mut found: Vec<String> = SETTINGS
        .iter()
        .filter(|(file, value, _)| fs::read_to_string(file).is_ok_and(|text| text.trim() == *value))
        .map(|(_, _, hint)| (*hint).to_owned())
        .collect();
    if found.is_empty() && Path::new("/.dockerenv").exists() {
        found.push("containers forbid namespaces by default; start this one with --security-opt seccomp=unconfined --security-opt systempaths=unconfined".to_owned());
    }
    found
}

/// The first line that a program prints of its version.
fn says(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        for (said, minimum, older) in [
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", "1.85", false),
            ("cargo 1.85.0", "1.85", false),
            ("cargo 1.9.0", "1.85", true),
            ("go version go1.21.6 linux/amd64", "1.22", true),
            ("v18.0.0", "18", false),
            ("v16.20.2", "18", true),
            ("openjdk version \"17.0.9\" 2023-10-17", "11", false),
            ("Python 3.11.2", "3.8", false),
            ("no number", "3.8", false),
        ] {
            assert_eq!(is_older(said, minimum), older, "{said}, {minimum}");
        }
    }
}
