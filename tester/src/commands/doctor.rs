//! `stages doctor`: which sandboxes the machine supports, found out by trying.

use std::{fs, path::Path, process::Command};

use anyhow::Result;
use stages::{
    grading,
    sandbox::{bubblewrap, limits::Limits, tier::Tier, toolchain::Toolchain},
};

/// What the starters need: their language, the programs, and how they say their version.
const TOOLS: [(&str, &[&str], &str); 6] = [
    ("Rust", &["cargo", "rustc"], "--version"),
    ("Python", &["python3"], "--version"),
    ("JavaScript", &["node"], "--version"),
    ("Go", &["go"], "version"),
    ("C", &["cc", "make"], "--version"),
    ("Java", &["javac", "java"], "-version"),
];

/// Settings of the kernel that keep ordinary users from namespaces: file, the value that does, and what to do.
const SETTINGS: [(&str, &str, &str); 4] = [
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user.max_user_namespaces is 0: no user namespaces at all; `sysctl user.max_user_namespaces=10000`",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "kernel.unprivileged_userns_clone is 0: none for ordinary users; `sysctl kernel.unprivileged_userns_clone=1`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor lets only programs with a profile use user namespaces; write one for `stages`, or \
         `sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_unconfined",
        "1",
        "AppArmor holds unconfined programs to that as well",
    ),
];

/// The text for people, and whether a sandbox works.
pub(crate) fn run() -> Result<(String, bool)> {
    let mut text = "Sandboxes, best first:\n".to_owned();
    let toolchain = Toolchain::detect();
    let mut best = None;
    for tier in Tier::SANDBOXES {
        match grading::try_tier(tier, &toolchain) {
            Ok(()) => {
                text += &format!("  {:<11} works{}\n", tier.to_string(), version(tier));
                best = best.or(Some(tier));
            }
            Err(why) => {
                text += &format!("  {:<11} does not work: {why}\n", tier.to_string());
            }
        }
    }
    text += "  none        always works, and is never chosen for you: the program runs with your rights\n";
    if best.is_none() {
        for hint in hints() {
            text += &format!("  Likely cause: {hint}.\n");
        }
    }
    text += &match best {
        Some(tier) => {
            format!("Remotes made here grade in {tier}; one that exists keeps its own until `stages remote`.\n")
        }
        None => {
            "No sandbox works here, so nothing is graded, unless a remote is made with `--sandbox none`: do that for \
                 programs that you trust only.\n"
                .to_owned()
        }
    };
    let limits = Limits::default();
    text += &format!(
        "\nLimits: {} MiB of memory for all processes together (watched many times a second), {} MiB of disk in memory, \
         {} processes, {} s for building, {} s in all.\n",
        limits.memory >> 20,
        limits.disk >> 20,
        limits.processes,
        limits.compile_seconds,
        limits.total_seconds
    );
    text += &format!("\nGit: {}\n", says("git", "--version").unwrap_or_else(|| "not found; install it".to_owned()));
    text += "\nToolchains for the starters:\n";
    for (language, programs, argument) in TOOLS {
        let found: Option<Vec<String>> = programs.iter().map(|program| says(program, argument)).collect();
        let found = found.map_or_else(|| format!("not found ({})", programs.join(", ")), |found| found.join("; "));
        text += &format!("  {language:<11} {found}\n");
    }
    let shown: Vec<String> = toolchain.folders.iter().map(|folder| folder.display().to_string()).collect();
    if !shown.is_empty() {
        text += &format!("\nPushed code can read these folders of toolchains: {}\n", shown.join(", "));
    }
    Ok((text, best.is_some()))
}

fn version(tier: Tier) -> String {
    match bubblewrap::version().filter(|_| tier == Tier::Bubblewrap) {
        Some((major, minor)) => format!(" (version {major}.{minor})"),
        None => String::new(),
    }
}

/// What keeps user namespaces from working, as far as the system tells.
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
        found.push("containers forbid namespaces; start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined".to_owned());
    }
    found
}

/// The first line that a program prints of its version.
fn says(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}
