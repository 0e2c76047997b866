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
    fs::write(out.join("causes.rs"), causes(&stages_folder)?)?;
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

/// `(track, causes)` of each track that has some.
fn causes(here: &Path) -> io::Result<String> {
    let mut code = "&[\n".to_owned();
    for file in sorted(here)? {
        if let Some(track) = name(&file).strip_suffix(".causes") {
            code += &format!("    ({track:?}, include_str!({file:?})),\n");
        }
    }
    Ok(code + "]\n")
}

/// `(language, [(path, executable, contents)])` of each starter.
fn starters(here: &Path) -> io::Result<String> {
    let mut code = "&[\n".to_owned();
    for folder in sorted(here)? {
        // What was built in the folder itself is no part of the starter.
        let ignored = fs::read_to_string(folder.join(".gitignore"))?;
        let mut files = Vec::new();
        walk(&folder, &ignored, &mut files)?;
        code += &format!("    ({:?}, &[\n", name(&folder));
        for file in files {
            let path = file.strip_prefix(&folder).map_err(io::Error::other)?;
            let executable = fs::metadata(&file)?.permissions().mode() & 0o111 != 0;
            code += &format!("        ({path:?}, {executable}, include_bytes!({file:?})),\n");
        }
        code += "    ]),\n";
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
