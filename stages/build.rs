//! Embeds the folders of the stages, so that the installed command needs no files.

use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    // Folders are watched too: a new stage is a new folder.
    println!("cargo::rerun-if-changed={}", here.display());
    let mut folders: Vec<_> = fs::read_dir(&here)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("tester.http").is_file() && path.join("README.md").is_file())
        .collect();
    folders.sort();
    let mut code = "&[\n".to_owned();
    for folder in folders {
        let name = folder.file_name().ok_or("a folder without a name")?.to_string_lossy();
        let (page, script) = (folder.join("README.md"), folder.join("tester.http"));
        code += &format!("    ({name:?}, include_str!({page:?}), include_str!({script:?})),\n");
    }
    code += "]\n";
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}
