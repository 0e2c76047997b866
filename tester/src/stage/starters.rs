//! Starters: for each language a repository that a learner begins with. A starter is a folder of `tester/starters/`, built
//! into the command, and no other file lists it.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};

/// Path within the starter, whether it is executable, contents.
type File = (&'static str, bool, &'static [u8]);

/// A language that there is a starter for, as the `starter.json` in its folder describes it.
#[derive(Debug)]
pub struct Language {
    /// Name on the command line, which is that of the folder.
    pub name: &'static str,
    /// Name in a sentence.
    pub title: &'static str,
    /// Other names on the command line.
    pub aliases: &'static [&'static str],
    /// The file that the learner opens first. Its lines for stage 1 are commented out, between two marks.
    pub source: &'static str,
    /// The mark that comments out each of those lines.
    pub comment: &'static str,
    /// The programs that `your_program.sh` needs, besides a shell.
    pub programs: &'static [&'static str],
    /// The argument by which each of them says its version.
    pub version_argument: &'static str,
    /// The oldest version that will do, such as `1.85`; none: any.
    pub minimum: Option<&'static str>,
    files: &'static [File],
}

const LANGUAGES: &[Language] = include!(concat!(env!("OUT_DIR"), "/starters.rs"));

/// All languages, in alphabetical order.
pub fn languages() -> &'static [Language] {
    LANGUAGES
}

/// The names of all languages, as a list in a sentence.
pub fn names() -> String {
    languages().iter().map(|language| language.name).collect::<Vec<_>>().join(", ")
}

/// The language of this name or alias, in upper or lower case.
///
/// # Errors
/// There is none; the message lists those that there are.
pub fn find(name: &str) -> Result<&'static Language> {
    let is = |other: &&str| other.eq_ignore_ascii_case(name);
    let found = languages().iter().find(|language| is(&language.name) || language.aliases.iter().any(is));
    found.with_context(|| {
        format!(
            "there is no starter for `{name}`, only for {}; for another language write a your_program.sh yourself",
            names()
        )
    })
}

impl Language {
    /// Writes the starter into `folder`, which is created if need be. Files that are there already and have other names
    /// stay as they are.
    ///
    /// # Errors
    /// One of the files is there already, and then nothing is written; or the folder cannot be written to.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for (path, _, _) in self.files {
            // Also a symbolic link that leads nowhere.
            if folder.join(path).symlink_metadata().is_ok() {
                bail!("{} already has a {path}; name a folder that is empty, or does not exist yet", folder.display());
            }
        }
        for (path, executable, contents) in self.files {
            let path = folder.join(path);
            write_file(&path, *executable, contents)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
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
    fn every_starter_is_whole() {
        assert!(!languages().is_empty());
        for Language { name, source, comment, programs, minimum, title, files, .. } in languages() {
            let executable: Vec<_> = files.iter().filter(|file| file.1).map(|file| file.0).collect();
            assert_eq!(executable, [".codecrafters/compile.sh", ".codecrafters/run.sh", "your_program.sh"], "{name}");
            let text = |wanted: &str| {
                let file = files.iter().find(|(path, _, _)| *path == wanted);
                let (_, _, contents) = file.unwrap_or_else(|| panic!("{name} has no {wanted}"));
                String::from_utf8_lossy(contents)
            };
            for needed in [".gitignore", "codecrafters.yml"] {
                text(needed);
            }
            let block = "---- Stage 1: uncomment the lines from here to the end mark ----";
            assert!(text(source).contains(&format!("{comment} {block}")), "{name}: {source} has no block to uncomment");
            // The page that comes with it says the same.
            let page = text("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
            let needs = minimum.map_or_else(|| programs[0].to_owned(), |minimum| format!("{minimum} or later"));
            for said in [format!("`{source}`"), format!("the `{comment} `"), needs, format!("server in {title}")] {
                assert!(page.contains(&said), "{name}: README.md does not say {said}");
            }
        }
    }

    #[test]
    fn what_describes_a_starter_is_no_part_of_it() {
        for language in languages() {
            assert!(language.files.iter().all(|(path, _, _)| *path != "starter.json"), "{}", language.name);
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
        assert!(message.contains("`cobol`") && message.contains("only for c, go, "), "{message}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("src/main.c");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        fs::write(&there, "mine").expect("a file");
        let message = find("c").expect("a language").write(folder.path()).expect_err("it is there").to_string();
        assert!(message.contains("already has a src/main.c"), "{message}");
        assert_eq!(fs::read(&there).expect("a file"), b"mine");
        assert!(!folder.path().join("your_program.sh").exists(), "some of it was written");
        // Another starter has no file of that name.
        find("python").expect("a language").write(folder.path()).expect("it can be written");
        let script = fs::metadata(folder.path().join("your_program.sh")).expect("a file");
        assert_ne!(script.permissions().mode() & 0o100, 0);
        assert_eq!(fs::metadata(folder.path().join("README.md")).expect("a file").permissions().mode() & 0o111, 0);
    }
}
