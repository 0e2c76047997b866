//! The folders of one run: fixtures, and what the program has written.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::ffi::OsStrExt as _,
    path::{Component, Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, ResolveFlags, openat2},
    io::Errno,
};
use tempfile::TempDir;

use crate::{
    judge::difference::{Difference, FileFault, Mismatch},
    os::remove::remove,
    text,
    transcript::{
        FixtureKind, Transcript,
        values::{Scope, Values},
    },
};

/// Longest time for the program to clear up.
const TIDY: Duration = Duration::from_secs(1);

/// Most bytes that are read of a file that is too long.
const MORE: u64 = 1 << 20;

/// A folder of its own for one run, removed when dropped.
#[derive(Debug)]
pub struct Disk {
    base: TempDir,
    /// The files that may lie in it.
    known: BTreeSet<PathBuf>,
    /// True if it stays.
    left: bool,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A program may have made it deeper than the usual way of removing folders can go. Best effort: what stays is
        // tried once more by the owner of the name.
        if !self.left {
            let _ = remove(self.base.path());
        }
    }
}

impl Disk {
    /// Makes the folder, and `dir` and `root` in it.
    pub fn new() -> io::Result<Disk> {
        let base = tempfile::Builder::new().prefix("stages-").tempdir()?;
        let mut disk = Disk { known: BTreeSet::new(), left: false, base };
        for folder in [disk.dir(), disk.root()] {
            fs::create_dir(&folder)?;
            disk.known.insert(folder);
        }
        Ok(disk)
    }

    /// Leaves the folders where they are.
    pub fn leave(mut self) {
        self.left = true;
        self.base.disable_cleanup(true);
    }

    /// The folder that holds all others.
    pub fn base(&self) -> &Path {
        self.base.path()
    }

    /// `{dir}`.
    pub fn dir(&self) -> PathBuf {
        self.base.path().join("dir")
    }

    /// `{root}`.
    pub fn root(&self) -> PathBuf {
        self.base.path().join("root")
    }

    /// Puts the transcript's fixtures there.
    ///
    /// # Errors
    /// A file cannot be made, or a template cannot be rendered.
    pub fn prepare(&mut self, transcript: &Transcript, values: &mut Values) -> Result<(), String> {
        for fixture in &transcript.fixtures {
            let mut make = || -> Result<(), String> {
                let path = self.place(&values.render(&fixture.path, Scope::default())?)?;
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent).map_err(|error| error.to_string())?;
                }
                match &fixture.kind {
                    FixtureKind::Folder => fs::create_dir_all(&path),
                    FixtureKind::File(content) => fs::write(&path, values.render(content, Scope::default())?),
                    FixtureKind::Symlink(target) => {
                        let target = values.render(target, Scope::default())?;
                        std::os::unix::fs::symlink(OsStr::from_bytes(&target), &path)
                    }
                }
                .map_err(|error| format!("{}: {error}", path.display()))?;
                self.know(&path);
                Ok(())
            };
            make().map_err(|why| format!("line {} of the transcript: {why}", fixture.line))?;
        }
        Ok(())
    }

    /// Checks that a file holds `content`. Gives the file's path as the report shows it.
    ///
    /// # Errors
    /// The difference.
    pub fn check_saved(&mut self, path: &[u8], content: &[u8]) -> Result<String, Difference> {
        let path = normal(Path::new(OsStr::from_bytes(path)));
        let shown = self.shown(&path);
        let wrong = |fault| Mismatch::File { path: shown.clone(), fault };
        let found = self.read(&path, content.len()).map_err(|error| {
            let fault = match error.kind() {
                io::ErrorKind::NotFound => FileFault::Missing,
                _ => FileFault::Unreadable(error.to_string()),
            };
            Difference::new(wrong(fault), content, b"")
        })?;
        if found != content {
            return Err(Difference::new(wrong(FileFault::Contents), content, found));
        }
        self.know(&path);
        Ok(shown)
    }

    /// Checks that there is no file but those that are known, and gives the program a second for that.
    ///
    /// # Errors
    /// The first file that nobody asked for.
    pub fn check_nothing_else(&self) -> Result<(), Difference> {
        let deadline = Instant::now() + TIDY;
        loop {
            let Some(path) = self.stranger(self.base.path()) else {
                return Ok(());
            };
            if Instant::now() >= deadline {
                let what = Mismatch::File { path: self.shown(&path), fault: FileFault::Unexpected };
                return Err(Difference::new(what, b"", self.read(&path, 0).unwrap_or_default()));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn stranger(&self, folder: &Path) -> Option<PathBuf> {
        let mut entries: Vec<_> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.into_iter().find_map(|path| {
            if !self.known.contains(&path) {
                Some(path)
            } else if path.is_dir() && !path.is_symlink() {
                self.stranger(&path)
            } else {
                None
            }
        })
    }

    /// Reads a file that the program may have made, and a program may be hostile: a link must not lead the tester out of
    /// the folder, a pipe not make it wait, and of a file that is far too long a part is enough.
    fn read(&self, path: &Path, expected: usize) -> io::Result<Vec<u8>> {
        let inside = path.strip_prefix(self.base.path()).map_err(|_| io::ErrorKind::NotFound)?;
        let base = File::open(self.base.path())?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat2(&base, inside, flags, Mode::empty(), ResolveFlags::BENEATH) {
            Err(Errno::XDEV) => return Err(io::Error::other("it is a link that leads out of the folder")),
            file => File::from(file?),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut content = Vec::new();
        file.take(2 * expected as u64 + MORE).read_to_end(&mut content)?;
        Ok(content)
    }

    fn know(&mut self, path: &Path) {
        let inside = path.ancestors().take_while(|path| *path != self.base.path());
        self.known.extend(inside.map(Path::to_path_buf));
    }

    /// A fixture's path, which must lie in the folder.
    fn place(&self, path: &[u8]) -> Result<PathBuf, String> {
        let path = normal(Path::new(OsStr::from_bytes(path)));
        if !path.starts_with(self.base.path()) {
            return Err(format!("{} lies outside the folder of the run", path.display()));
        }
        Ok(path)
    }

    fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(self.dir()) {
            Ok(rest) => format!("DIR/{}", text::visible(rest.as_os_str().as_bytes())),
            Err(_) => {
                let rest = path.strip_prefix(self.base.path()).unwrap_or(path);
                text::visible(rest.as_os_str().as_bytes())
            }
        }
    }
}

/// `path` without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::parse::parse;

    #[test]
    fn fixtures_are_made_and_strangers_found() {
        let text = "let name\nfile {dir}/sub/{name} = x\nfile {dir}/../beside =\n| one\n| two\nfile {root}/empty/\nsymlink {dir}/link -> sub\n";
        let transcript = parse(text).unwrap();
        let mut disk = Disk::new().unwrap();
        let mut values = Values::draw(&transcript.lets, 1, "", &disk.dir(), &disk.root()).unwrap();
        disk.prepare(&transcript, &mut values).unwrap();
        assert_eq!(fs::read(disk.base().join("beside")).unwrap(), b"one\ntwo\n");
        assert!(disk.root().join("empty").is_dir());
        assert_eq!(fs::read_link(disk.dir().join("link")).unwrap(), Path::new("sub"));
        disk.check_nothing_else().unwrap();

        fs::write(disk.dir().join("sub/new"), "12").unwrap();
        let stranger = |path: &str| Mismatch::File { path: path.to_owned(), fault: FileFault::Unexpected };
        assert_eq!(disk.check_nothing_else().unwrap_err().what, stranger("DIR/sub/new"));
        let hostile = disk.dir().join("sub/\x1b[2J\n");
        fs::rename(disk.dir().join("sub/new"), &hostile).unwrap();
        assert_eq!(disk.check_nothing_else().unwrap_err().what, stranger("DIR/sub/\\x1B[2J\\n"));
        fs::rename(&hostile, disk.dir().join("sub/new")).unwrap();
        let path = disk.dir().join("sub/new");
        let wrong = disk.check_saved(path.as_os_str().as_bytes(), b"1x").unwrap_err();
        assert_eq!(wrong.at, 1);
        disk.check_saved(path.as_os_str().as_bytes(), b"12").unwrap();
        disk.check_nothing_else().unwrap();
        let missing = disk.check_saved(b"/nonexistent", b"").unwrap_err().what;
        assert!(matches!(missing, Mismatch::File { fault: FileFault::Missing, .. }), "{missing}");
    }

    #[test]
    fn the_tester_is_not_led_astray() {
        let mut disk = Disk::new().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), "secret").unwrap();
        let path = disk.dir().join("file");
        let check = |disk: &mut Disk| disk.check_saved(path.as_os_str().as_bytes(), b"right");
        std::os::unix::fs::symlink(outside.path(), &path).unwrap();
        let unreadable = |wrong: &Difference, why: &str| {
            let fault = FileFault::Unreadable(why.to_owned());
            assert_eq!(wrong.what, Mismatch::File { path: "DIR/file".to_owned(), fault });
        };
        let wrong = check(&mut disk).unwrap_err();
        unreadable(&wrong, "it is a link that leads out of the folder");
        assert_eq!(wrong.received, b"");
        fs::remove_file(&path).unwrap();
        // A link within the folder is as good as the file.
        fs::write(disk.root().join("real"), "right").unwrap();
        let root = disk.root();
        let inside = Path::new("..").join(root.file_name().unwrap()).join("real");
        std::os::unix::fs::symlink(inside, &path).unwrap();
        check(&mut disk).unwrap();
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        unreadable(&check(&mut disk).unwrap_err(), "it is not a regular file");
        fs::remove_file(&path).unwrap();
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(check(&mut disk).unwrap_err().received.len() < 2 << 20);
    }

    #[test]
    fn a_fixture_stays_in_the_folder() {
        let transcript = parse("file {dir}/../../evil = x\n").unwrap();
        let mut disk = Disk::new().unwrap();
        let mut values = Values::draw(&[], 1, "", &disk.dir(), &disk.root()).unwrap();
        assert!(disk.prepare(&transcript, &mut values).unwrap_err().contains("line 1"));
    }
}
