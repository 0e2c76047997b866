//! Shows that a stage is a folder: one that nobody has heard of is checked, fails a server, and explains why, without
//! a line of Rust that knows it.

use std::{fs, path::Path, process::Command};

use libtest_mimic::Failed;
use stages::stage::lint;

use crate::{STAGES, repository, support::executable};

const PAGE: &str = "# Tea

id: te1 · level: easy · track: tea

## The exchange

```http
> GET /pot/oolong HTTP/1.1
> Host: localhost:4221
>
< HTTP/1.1 418 I'm a teapot
<
< a cup of oolong
```

## What the tester checks

The pot.

## Notes

[RFC 7168](https://www.rfc-editor.org/rfc/rfc7168).

## Hints

<details></details>
<details></details>
<details></details>
";

const VALUES: &str = "let tea, other\n";

const POT: &str = "connect a
a> GET /pot/{tea} HTTP/1.1
a> Host: localhost:4221
a>
a< HTTP/1.1 418 I'm a teapot
a< ?Tea: *
a<
a< a cup of {tea}
a? [no-pot] status 404: there is a pot at `/pot/`, and {tea} is in it
a? [other-tea] body is a cup of {other}: {tea} was asked for
";

const TYPE: &str = "connect b
b> GET /user-agent HTTP/1.1
b> Host: localhost:4221
b> User-Agent: {other}
b>
b< HTTP/1.1 200 OK
b< Content-Type: text/tea
b<
b< {other}
";

const CAUSES: &str = "# Of all tea.
GET /user-agent ? [drink] value Content-Type text/plain: this is tea, and its type is text/tea
";

/// The stage in a copy of the stages, with a table of wrong servers beside them that names `causes`.
fn copy(base: &Path, causes: &str) -> Result<(), Failed> {
    let stages = base.join("stages");
    for entry in fs::read_dir(STAGES)? {
        let entry = entry?;
        let (from, to) = (entry.path(), stages.join(entry.file_name()));
        if from.is_dir() {
            fs::create_dir_all(&to)?;
            for file in fs::read_dir(&from)? {
                let file = file?;
                fs::copy(file.path(), to.join(file.file_name()))?;
            }
        } else {
            fs::create_dir_all(&stages)?;
            fs::copy(&from, &to)?;
        }
    }
    let folder = stages.join("47-tea");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("README.md"), PAGE)?;
    transcript(base, &[VALUES, POT, TYPE])?;
    fs::write(stages.join("tea.causes"), CAUSES)?;
    let table = base.join("tester/tests/bite/table");
    fs::create_dir_all(&table)?;
    // All that the real table names, and what is new.
    let mut sources = causes.to_owned();
    read_all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bite/table")), &mut sources)?;
    fs::write(table.join("rows.rs"), sources)?;
    Ok(())
}

/// Writes the transcript of the stage.
fn transcript(base: &Path, parts: &[&str]) -> Result<(), Failed> {
    let path = base.join("stages/47-tea/tester.http");
    Ok(executable(&path, &format!("{}\n{}", lint::FIRST_LINE, parts.concat()))?)
}

/// Id and text of the cause that the report of the stage names, for a server that does all that the others ask: it knows
/// no pot, and no tea.
fn cause(base: &Path) -> Result<(String, String), Failed> {
    let (repository, port) = repository("plain")?;
    let folder = repository.path().display().to_string();
    let arguments =
        ["test", "te1", "--format", "json", "--seed", "1", "--program", &folder, "--port", &port.to_string()];
    let (_, report) = stages(base, &arguments)?;
    let report: serde_json::Value = serde_json::from_str(&report)?;
    let cause = &report["stages"][0]["failure"]["cause"];
    let member = |name: &str| cause[name].as_str().map(str::to_owned).ok_or(format!("no cause in {report:#}"));
    Ok((member("id")?, member("text")?))
}

fn read_all(folder: &Path, text: &mut String) -> Result<(), Failed> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, text)?;
        } else {
            *text += &fs::read_to_string(&path)?;
        }
    }
    Ok(())
}

fn stages(base: &Path, arguments: &[&str]) -> Result<(Option<i32>, String), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stages"));
    let output = command.args(arguments).arg("--stages").arg(base.join("stages")).output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

pub(crate) fn is_a_folder() -> Result<(), Failed> {
    let base = tempfile::tempdir()?;
    copy(base.path(), "\"te1/no-pot\" \"tea/drink\"")?;
    let (code, problems) = stages(base.path(), &["check"])?;
    if code != Some(1) || problems.lines().count() != 1 || !problems.contains("\"te1/other-tea\"") {
        return Err(format!("a cause without a wrong server passes the check:\n{problems}").into());
    }
    copy(base.path(), "\"te1/no-pot\" \"te1/other-tea\" \"tea/drink\"")?;
    let (code, problems) = stages(base.path(), &["check"])?;
    if code != Some(0) {
        return Err(problems.into());
    }
    let (id, text) = cause(base.path())?;
    if id != "te1/no-pot" || !text.starts_with("there is a pot at `/pot/`, and ") || text.contains('{') {
        return Err(format!("{id}: {text}").into());
    }
    transcript(base.path(), &[VALUES, TYPE])?;
    let (id, text) = cause(base.path())?;
    if (id.as_str(), text.as_str()) != ("tea/drink", "this is tea, and its type is text/tea") {
        return Err(format!("{id}: {text}").into());
    }
    Ok(())
}
