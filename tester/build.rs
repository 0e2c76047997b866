//! Embeds the folders of the stages and the starters, so that the installed command needs no files.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let stages_folder = here.join("../stages").canonicalize()?;
    // Folders are watched too: a new stage is a new folder.
    for watched in [&stages_folder, &here.join("starters"), &here.join("build.rs")] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    fs::write(out.join("embedded.rs"), stages(&stages_folder)?)?;
    fs::write(out.join("starters.rs"), starters(&here.join("starters"))?)?;
    Ok(())
}

/// `(folder, page, transcript)` of each stage.
fn stages(here: &Path) -> io::Result<String> {
    let mut code = "&[\n".to_owned();
    for folder in sorted(here)? {
        let (page, script) = (folder.join("README.md"), folder.join("tester.http"));
        if page.is_file() && script.is_file() {
            code += &format!("    ({:?}, include_str!({page:?}), include_str!({script:?})),\n", name(&folder));
        }
    }
    Ok(code + "]\n")
}

/// The contents of a `starter.json`; the fields are explained at `Language` in `src/stage/starters.rs`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    title: String,
    aliases: Vec<String>,
    source: String,
    comment: String,
    programs: Vec<String>,
    version_argument: String,
    minimum: Option<String>,
}

/// A `Language` for each starter, with all its files but the one that describes it.
fn starters(here: &Path) -> io::Result<String> {
    let mut code = "&[\n".to_owned();
    for folder in sorted(here)? {
        let described = folder.join("starter.json");
        let in_file = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", described.display()));
        let text = fs::read_to_string(&described).map_err(|error| in_file(&error))?;
        let Description { title, aliases, source, comment, programs, version_argument, minimum } =
            serde_json::from_str(&text).map_err(|error| in_file(&error))?;
        code += &format!(
            "    Language {{ name: {:?}, title: {title:?}, aliases: &{aliases:?}, source: {source:?}, \
             comment: {comment:?}, programs: &{programs:?}, version_argument: {version_argument:?}, \
             minimum: {minimum:?}, files: &[\n",
            name(&folder)
        );
        // What was built in the folder itself is no part of the starter.
        let ignored = fs::read_to_string(folder.join(".gitignore"))?;
        let mut files = Vec::new();
        walk(&folder, &ignored, &mut files)?;
        for file in files.into_iter().filter(|file| *file != described) {
            let path = file.strip_prefix(&folder).map_err(io::Error::other)?;
            let executable = fs::metadata(&file)?.permissions().mode() & 0o111 != 0;
            code += &format!("        ({path:?}, {executable}, include_bytes!({file:?})),\n");
        }
        code += "    ] },\n";
    }
    Ok(code + "]\n")
}

/// All files below `folder`, but for folders that `ignored` names, one a line.
fn walk(folder: &Path, ignored: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for path in sorted(folder)? {
        if !path.is_dir() {
            files.push(path);
        } else if !ignored.lines().any(|line| line.trim_matches('/') == name(&path)) {
            walk(&path, ignored, files)?;
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
