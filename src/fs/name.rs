//! The names of files: how the path of a request becomes one, and what its extension says.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use super::media_type;
use crate::http::percent::percent_decoded;

/// The name of a file below a `Directory`: any bytes but `/` and NUL in each segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName(PathBuf);

impl FileName {
    /// Makes a name of the rest of a path, each segment percent-decoded by itself. None if a
    /// segment is empty, is `.` or `..`, or decodes to something with a slash or NUL: no file has such a name,
    /// and what cannot exist need not be looked for.
    pub(crate) fn from_path(path: &[u8]) -> Option<FileName> {
        let mut name = Vec::with_capacity(path.len());
        for segment in path.split(|&byte| byte == b'/') {
            let segment = percent_decoded(segment);
            if matches!(&*segment, b"" | b"." | b"..") || segment.iter().any(|byte| matches!(byte, b'/' | 0)) {
                return None;
            }
            if !name.is_empty() {
                name.push(b'/');
            }
            name.extend_from_slice(&segment);
        }
        Some(FileName(OsString::from_vec(name).into()))
    }

    /// The directory itself.
    pub(crate) fn root() -> FileName {
        FileName(PathBuf::from("."))
    }

    /// The name of something in the folder of this name.
    pub(crate) fn join(&self, name: &'static str) -> FileName {
        FileName(self.0.join(name))
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.0
    }

    /// The segments, decoded.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(OsStr::as_bytes).filter(|&segment| segment != b".")
    }

    /// True if the name's extension is this, letters in either case.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.0.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    /// The media type that goes with the name's extension, if it is a known one.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        media_type::of_extension(self.0.extension()?.as_bytes())
    }

    /// True if the name's extension is that of a text type, which compresses well.
    pub(crate) fn is_text(&self) -> bool {
        self.media_type().is_some_and(media_type::is_text)
    }
}

/// For people: what is not text, or would upset a terminal, is escaped.
impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments().enumerate() {
            let slash = if at == 0 { "" } else { "/" };
            write!(f, "{slash}{}", String::from_utf8_lossy(segment).escape_debug())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_has_a_segment_that_could_lead_elsewhere() {
        for path in
            ["", "/", "/etc/passwd", "a//b", "..", "%2e%2e", "a/../b", "a/%2E./b", ".", "a%2fb", "a%2F..%2fb", "a%00"]
        {
            assert!(FileName::from_path(path.as_bytes()).is_none(), "{path}");
        }
        for (path, name) in
            [("a", "a"), ("a/b", "a/b"), ("a%20b", "a b"), ("...", "..."), ("C:%5Cx", "C:\\x"), ("%", "%")]
        {
            assert_eq!(FileName::from_path(path.as_bytes()).unwrap().0, Path::new(name), "{path}");
        }
    }

    #[test]
    fn names_of_text_types_are_known_by_their_extension() {
        let is_text = |path: &str| FileName::from_path(path.as_bytes()).unwrap().is_text();
        assert!(["a.txt", "a.HTML", "b/c.json", "x.svg", "x.js", "x.css"].into_iter().all(is_text));
        assert!(!["a", "a.png", "a.gz", "txt"].into_iter().any(is_text));
    }
}
