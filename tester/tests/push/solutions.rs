//! Solutions that grow as a learner's does: one program for each of three languages, in plain libraries, that at level
//! N can do what stages 1 to N ask, and fails stage N + 1.

use std::{fs, io, path::Path};

use stages::stage::starters;

/// The level at which a solution passes all stages of the public challenge.
pub(crate) const LAST: u32 = 14;

/// Language, source, and the words before the level in it.
const SOLUTIONS: [(&str, &str, &str); 3] = [
    ("python", include_str!("solutions/python/main.py"), "LEVEL = "),
    ("c", include_str!("solutions/c/main.c"), "LEVEL = "),
    ("rust", include_str!("solutions/rust/main.rs"), "LEVEL: u32 = "),
];

/// The languages of the solutions, which are names of starters.
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    SOLUTIONS.iter().map(|(language, ..)| *language)
}

/// Puts the solution of this level in place of the source of a repository that began as the starter of `language`.
///
/// # Errors
/// There is no solution in that language, or the file cannot be written.
pub(crate) fn write(language: &str, level: u32, repository: &Path) -> io::Result<()> {
    let wrong = |what: &str| io::Error::other(format!("{what} in {language}"));
    let starter = starters::find(language).map_err(io::Error::other)?;
    let (_, source, before) =
        SOLUTIONS.iter().find(|(name, ..)| *name == starter.name).ok_or_else(|| wrong("no solution"))?;
    let last = format!("{before}{LAST}");
    if source.matches(&last).count() != 1 {
        return Err(wrong("not one line that sets the level"));
    }
    fs::write(repository.join(starter.source), source.replace(&last, &format!("{before}{level}")))
}
