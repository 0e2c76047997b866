//! Starters: for each language a repository that a learner begins with. They are folders of `tester/starters/`, built
//! into the command.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};

/// Path within the starter, whether it is executable, contents.
type File = (&'static str, bool, &'static [u8]);

/// Folder and files of each starter.
const EMBEDDED: &[(&str, &[File])] = include!(concat!(env!("OUT_DIR"), "/starters.rs"));

/// A language that there is a starter for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its name on the command line, which is also that of its folder.
    pub name: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// Other names on the command line.
    pub aliases: &'static [&'static str],
    /// The programs that `your_program.sh` needs, besides a shell.
    pub programs: &'static [&'static str],
    /// The file that the learner opens first.
    pub source: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language { name: "rust", title: "Rust", aliases: &["rs"], programs: &["cargo"], source: "src/main.rs" },
    Language {
        name: "python",
        title: "Python",
        aliases: &["py", "python3"],
        programs: &["python3"],
        source: "src/main.py",
    },
    Language {
        name: "javascript",
        title: "JavaScript",
        aliases: &["js", "node", "nodejs"],
        programs: &["node"],
        source: "src/main.js",
    },
    Language { name: "go", title: "Go", aliases: &["golang"], programs: &["go"], source: "main.go" },
    Language { name: "c", title: "C", aliases: &[], programs: &["cc"], source: "src/main.c" },
    Language { name: "java", title: "Java", aliases: &[], programs: &["javac", "java"], source: "src/Main.java" },
];

/// All languages, in the order in which they are listed.
pub fn languages() -> &'static [Language] {
    LANGUAGES
}

/// The language of this name or alias, in upper or lower case.
///
/// # Errors
/// There is none; the message lists those that there are.
pub fn find(name: &str) -> Result<&'static Language> {
    let is = |other: &&str| other.eq_ignore_ascii_case(name);
    let found = LANGUAGES.iter().find(|language| is(&language.name) || language.aliases.iter().any(is));
    found.with_context(|| {
        let names: Vec<_> = LANGUAGES.iter().map(|language| language.name).collect();
        format!(
            "there is no starter for `{name}`, only for {}; for another language write a your_program.sh yourself",
            names.join(", ")
        )
    })
}

/// Writes the starter of `language` (a name or an alias) into `folder`, which is created if need be. Files that are there
/// already and have other names stay as they are.
///
/// # Errors
/// There is no starter of that name; one of its files is there already, and then nothing is written; or the folder
/// cannot be written to.
pub fn write(language: &str, folder: &Path) -> Result<()> {
    let language = find(language)?;
    let (_, files) = EMBEDDED
        .iter()
        .find(|(name, _)| *name == language.name)
        .with_context(|| format!("the starter for {} was not built in", language.title))?;
    for (path, _, _) in *files {
        // Also a symbolic link that leads nowhere.
        if folder.join(path).symlink_metadata().is_ok() {
            bail!("{} has a {path} already; name a folder that is empty, or does not exist yet", folder.display());
        }
    }
    for (path, executable, contents) in *files {
        let path = folder.join(path);
        write_file(&path, *executable, contents).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn write_file(path: &Path, executable: bool, contents: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mode = if executable { 0o777 } else { 0o666 };
    Ok(OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(contents)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn every_language_has_its_starter() {
        let mut folders: Vec<_> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        let mut names: Vec<_> = languages().iter().map(|language| language.name).collect();
        folders.sort_unstable();
        names.sort_unstable();
        assert_eq!(folders, names);
        for (name, files) in EMBEDDED {
            let source = find(name).expect("a language").source;
            let executable: Vec<_> = files.iter().filter(|file| file.1).map(|file| file.0).collect();
            assert_eq!(executable, [".codecrafters/compile.sh", ".codecrafters/run.sh", "your_program.sh"], "{name}");
            for needed in [".gitignore", "README.md", "codecrafters.yml", source] {
                assert!(files.iter().any(|(path, _, _)| *path == needed), "{name} has no {needed}");
            }
        }
    }

    #[test]
    fn names_and_aliases_are_told_apart() {
        for (name, language) in [
            ("js", "javascript"),
            ("node", "javascript"),
            ("py", "python"),
            ("golang", "go"),
            ("C", "c"),
            ("Rust", "rust"),
        ] {
            assert_eq!(find(name).expect("a language").name, language);
        }
        let mut all: Vec<&str> = languages().iter().flat_map(|l| l.aliases.iter().copied().chain([l.name])).collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count, "a name twice");
        let message = find("cobol").expect_err("there is none").to_string();
        assert!(message.contains("`cobol`") && message.contains("rust, python, javascript, go, c, java"), "{message}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("src/main.c");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        fs::write(&there, "mine").expect("a file");
        let message = write("c", folder.path()).expect_err("it is there").to_string();
        assert!(message.contains("src/main.c already"), "{message}");
        assert_eq!(fs::read(&there).expect("a file"), b"mine");
        assert!(!folder.path().join("your_program.sh").exists(), "some of it was written");
        // Another starter has no file of that name.
        write("python", folder.path()).expect("it can be written");
        let script = fs::metadata(folder.path().join("your_program.sh")).expect("a file");
        assert_ne!(script.permissions().mode() & 0o100, 0);
        assert_eq!(fs::metadata(folder.path().join("README.md")).expect("a file").permissions().mode() & 0o111, 0);
    }
}
