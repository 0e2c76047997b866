//! Compares `README.md` with the stages, the starters, the command and the bench, whose facts it repeats.

use std::{collections::BTreeSet, fs};

use libtest_mimic::{Failed, Trial};
use stages::{
    push::options,
    stage::{
        catalog::{self, PUBLIC_TRACKS},
        starters,
    },
};

use crate::help;

pub(crate) fn trials() -> [Trial; 5] {
    [
        Trial::test("readme::lists_the_stages", stages),
        Trial::test("readme::lists_the_languages", languages),
        Trial::test("readme::names_commands_that_exist", commands),
        Trial::test("readme::lists_the_push_options", push_options),
        Trial::test("readme::repeats_the_figures_of_the_bench", figures),
    ]
}

fn readme() -> Result<String, Failed> {
    Ok(fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?)
}

fn stages() -> Result<(), Failed> {
    let mut expected = String::new();
    for stage in catalog::all(None)? {
        let (number, page) = (stage.number, &stage.page);
        let folder = format!("{number:02}-{}", stage.slug);
        expected += &format!("| {number} [{}](stages/{folder}/README.md) | {} | {} |", page.title, page.id, page.level);
        if !PUBLIC_TRACKS.contains(&page.track.as_str()) {
            expected += &format!(" {} |", page.track);
        }
        expected += "\n";
    }
    let readme = readme()?;
    let is_row = |line: &&str| line.strip_prefix("| ").is_some_and(|row| row.starts_with(|c: char| c.is_ascii_digit()));
    // Those of other tables have no link.
    let rows = readme.lines().filter(is_row).filter(|line| line.contains("](stages/"));
    let found: String = rows.map(|row| format!("{row}\n")).collect();
    if found == expected {
        let count = format!("{} stages", expected.lines().count());
        return if readme.contains(&count) { Ok(()) } else { Err(format!("README.md does not say: {count}").into()) };
    }
    let diff = similar::TextDiff::from_lines(&expected, &found).unified_diff().header("pages", "README.md").to_string();
    Err(format!("the tables of stages differ from the pages:\n{diff}").into())
}

fn languages() -> Result<(), Failed> {
    let readme = readme()?;
    let line = readme.lines().find(|line| line.trim_start().starts_with("stages new ")).ok_or("no `stages new`")?;
    let listed = line.split("--language ").nth(1).ok_or("no `--language`")?.replace("# or", "");
    let listed: BTreeSet<&str> = listed.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let expected: BTreeSet<&str> = starters::languages().iter().map(|language| language.name).collect();
    if listed == expected { Ok(()) } else { Err(format!("README.md lists {listed:?}, there are {expected:?}").into()) }
}

fn commands() -> Result<(), Failed> {
    let readme = readme()?;
    let commands = help::commands()?;
    // In code: indented, or between backticks.
    let lines = readme.lines().filter_map(|line| line.strip_prefix("    "));
    let code = lines.chain(readme.split('`').skip(1).step_by(2));
    let named =
        code.filter_map(|code| code.trim_start_matches("cargo ").strip_prefix("stages ")?.split([' ', '\n']).next());
    let named: BTreeSet<&str> = named.filter(|name| !name.is_empty() && !name.starts_with('-')).collect();
    let unknown: Vec<&&str> = named.iter().filter(|name| !commands.iter().any(|command| command == **name)).collect();
    match unknown[..] {
        [] if named.len() >= 5 => Ok(()),
        [] => Err(format!("README.md names {named:?} only").into()),
        _ => Err(format!("README.md names {unknown:?}, which `stages` does not have").into()),
    }
}

fn push_options() -> Result<(), Failed> {
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split("-o ").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next());
        words.flatten().map(str::to_owned).collect()
    };
    let (listed, expected) = (names(&readme()?), names(&options::help(&catalog::all(None)?).join("\n")));
    if listed == expected { Ok(()) } else { Err(format!("README.md lists {listed:?}, there are {expected:?}").into()) }
}

/// The cells of a row of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The first table with a column `÷ nginx`: its head, and its rows.
fn measured(text: &str) -> Result<(Vec<&str>, Vec<Vec<&str>>), Failed> {
    let mut lines =
        text.lines().skip_while(|line| !line.contains("÷ nginx |")).take_while(|line| line.starts_with('|'));
    let head = cells(lines.next().ok_or("no table of figures")?);
    Ok((head, lines.skip(1).map(cells).collect()))
}

fn figures() -> Result<(), Failed> {
    let (readme, all) = (readme()?, fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../bench/README.md"))?);
    let ((head, rows), (all_head, all_rows)) = (measured(&readme)?, measured(&all)?);
    for row in &rows {
        let measured =
            all_rows.iter().find(|measured| measured[0] == row[0]).ok_or_else(|| format!("no row {}", row[0]))?;
        for (name, value) in head.iter().zip(row) {
            let column = all_head.iter().position(|other| other == name).ok_or_else(|| format!("no column {name}"))?;
            if measured[column] != *value {
                return Err(format!("{}, {name}: {value}, but bench/README.md has {}", row[0], measured[column]).into());
            }
        }
    }
    if rows.is_empty() { Err("no figures".into()) } else { Ok(()) }
}
