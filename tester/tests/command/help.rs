//! The guide that `stages` alone shows, and the help of each subcommand.

use std::process::Command;

use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> [Trial; 3] {
    [
        Trial::test("help::the_guide_names_commands_that_exist", guide),
        Trial::test("help::every_command_has_a_summary_exit_codes_and_examples", commands_explain_themselves),
        Trial::test("help::what_the_tester_starts_itself_is_hidden", hidden),
    ]
}

/// Standard output of `stages` with these arguments, which must succeed.
pub(crate) fn said(arguments: &[&str]) -> Result<String, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_stages")).args(arguments).output()?;
    if !output.status.success() || !output.stderr.is_empty() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("stages {arguments:?}: {} {text}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The indented lines below a heading, up to the next empty line.
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  ")).collect()
}

/// The subcommands that `stages --help` lists, but for `help`.
pub(crate) fn commands() -> Result<Vec<String>, Failed> {
    let help = said(&["--help"])?;
    let names = section(&help, "Commands:").into_iter().filter_map(|line| line.split(' ').next());
    let names: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    if names.is_empty() { Err("no commands".into()) } else { Ok(names) }
}

fn guide() -> Result<(), Failed> {
    let guide = said(&[])?;
    let commands = commands()?;
    let named: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("  stages ")?.split(' ').next()).collect();
    match named.iter().find(|name| **name != "--help" && !commands.iter().any(|command| command == *name)) {
        Some(name) => Err(format!("the guide names `stages {name}`, which does not exist").into()),
        None if named.len() < 5 => Err(guide.into()),
        None => Ok(()),
    }
}

fn commands_explain_themselves() -> Result<(), Failed> {
    for command in commands()? {
        let (short, long) = (said(&[&command, "-h"])?, said(&[&command, "--help"])?);
        if short.len() >= long.len() || short.lines().next() != long.lines().next() {
            return Err(format!("`stages {command} -h` is no summary:\n{short}").into());
        }
        let codes = section(&long, "Exit codes:");
        if !codes.iter().any(|line| line.starts_with("0  ")) || !codes.iter().any(|line| line.starts_with("2  ")) {
            return Err(format!("`stages {command} --help` does not explain its exit codes:\n{long}").into());
        }
        let examples = section(&long, "Examples:");
        if examples.is_empty() {
            return Err(format!("`stages {command} --help` has no examples").into());
        }
        for example in examples {
            // What it is for stands behind it.
            let line = example.split("  ").next().unwrap_or_default();
            let known = |word: &&str| {
                !word.starts_with('-')
                    || long.contains(&format!("{word} "))
                    || long.contains(&format!("{word}\n"))
                    || long.contains(&format!("{word},"))
            };
            let begins = line == format!("stages {command}") || line.starts_with(&format!("stages {command} "));
            if !begins || !line.split(' ').all(|word| known(&word)) {
                return Err(format!("an example of `stages {command}` is not right: {line}").into());
            }
        }
    }
    Ok(())
}

fn hidden() -> Result<(), Failed> {
    let help = said(&["--help"])?;
    match ["hook", "supervise", "sandbox"].iter().find(|name| help.contains(&format!("\n  {name} "))) {
        Some(name) => Err(format!("`stages --help` lists {name}").into()),
        None => Ok(()),
    }
}
