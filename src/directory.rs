//! The directory that clients may read from and write to: the only place that touches the file system.
//!
//! It is held as an open descriptor, and every path is resolved by the kernel *beneath* it (`cap-std`:
//! `openat2` with `RESOLVE_BENEATH`). No spelling of a name and no symbolic link leads out of it.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::{File, Metadata},
    io::{self, ErrorKind, Write},
    os::{
        fd::AsFd,
        unix::{
            ffi::{OsStrExt, OsStringExt},
            fs::{FileExt, MetadataExt},
        },
    },
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions, OpenOptionsExt},
};
use cap_tempfile::TempFile;
use rustix::{
    fs::{AtFlags, Mode, OFlags, fsync, linkat, openat, sendfile},
    io::Errno,
    path::DecInt,
};

use crate::{media_type, request::percent_decoded};

/// An open directory.
#[derive(Debug)]
pub struct Directory {
    dir: Dir,
    durable: bool,
    /// Held while a file takes its name.
    replacing: Mutex<()>,
}

/// The state of a file: it has changed if this has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The file system's number for the file.
    pub inode: u64,
    /// Bytes.
    pub length: u64,
    /// When its contents last changed.
    pub modified: SystemTime,
}

impl Stamp {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        Ok(Stamp { inode: metadata.ino(), length: metadata.len(), modified: metadata.modified()? })
    }
}

/// Why a file could not be read or written.
#[derive(Debug)]
pub enum FileError {
    /// There is no such file, or nothing of that name could be one.
    NotFound,
    /// The file system does not permit it.
    Forbidden,
    /// No space is left, or a quota or size limit is reached.
    Full,
    /// The process or the system has no descriptor to spare at the moment.
    Busy,
    /// Anything else: a fault of the machine.
    Fault(io::Error),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            // cap-std refuses a path that leads outside with an error of its own, which has no code.
            None if error.kind() == ErrorKind::PermissionDenied => FileError::NotFound,
            Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG | Errno::XDEV | Errno::INVAL) => {
                FileError::NotFound
            }
            // ENXIO: a socket, or a device that is not there.
            Some(Errno::NXIO | Errno::NODEV) => FileError::NotFound,
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::ISDIR | Errno::NOTEMPTY | Errno::TXTBSY) => {
                FileError::Forbidden
            }
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => FileError::Full,
            Some(Errno::MFILE | Errno::NFILE) => FileError::Busy,
            _ => FileError::Fault(error),
        }
    }
}

/// Why a file was not stored: the directory's reason, or one that the caller's functions gave.
#[derive(Debug)]
pub enum StoreError<E> {
    /// The file could not be written.
    File(FileError),
    /// The bytes did not come, or the file may not be replaced.
    Caller(E),
}

/// Judges the state of a file that is to be replaced, None if there is none.
pub type Permits<'p, E> = &'p dyn Fn(Option<&Stamp>) -> Result<(), E>;

impl<E> From<FileError> for StoreError<E> {
    fn from(error: FileError) -> Self {
        StoreError::File(error)
    }
}

/// Opens `/proc/self/fd`, by way of which a nameless file gets its name. Called once, when there are descriptors, it
/// is there also when they are short.
pub fn keep_descriptor_for_storing() {
    // If there is no /proc, files have random names before they get their own.
    let _ = rustix_linux_procfs::proc_self_fd();
}

impl Directory {
    /// Opens a directory for a server's lifetime. It stays the same directory if it is renamed. If `durable`,
    /// a file that has been stored survives a loss of power.
    ///
    /// # Errors
    /// It does not exist, is not a directory, or may not be opened.
    pub fn open(path: &Path, durable: bool) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(Directory { dir, durable, replacing: Mutex::new(()) })
    }

    /// Opens a file for reading: a regular one, not a directory, a device or a pipe.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn file(&self, name: &FileName) -> Result<(FileSlice, Stamp), FileError> {
        match self.find(name)? {
            Found::File(file, stamp) => Ok((file, stamp)),
            Found::Folder => Err(FileError::NotFound),
        }
    }

    /// Finds out what a name stands for, and opens it if it is a regular file.
    ///
    /// # Errors
    /// See [`FileError`]; `NotFound` also for a device or a pipe.
    pub fn find(&self, name: &FileName) -> Result<Found, FileError> {
        let mut options = OpenOptions::new();
        // Without it, opening a pipe would wait for a writer.
        options.read(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
        let file = self.dir.open_with(&name.0, &options)?.into_std();
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Ok(Found::Folder);
        }
        if !metadata.is_file() {
            return Err(FileError::NotFound);
        }
        let stamp = Stamp::of(&metadata)?;
        Ok(Found::File(FileSlice { file, offset: 0, length: stamp.length }, stamp))
    }

    /// The files and folders in a folder, in no order, but those whose names are hidden: up to `limit` of them,
    /// and whether there are more. A symbolic link is what it leads to; one that leads outside, or nowhere, is
    /// left out, and so is what is neither file nor folder, since [`Directory::find`] would not find them either.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn entries(&self, folder: &FileName, limit: usize) -> Result<(Vec<Entry>, bool), FileError> {
        let mut entries = Vec::new();
        for entry in self.dir.read_dir(&folder.0)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let metadata = match entry.metadata() {
                Ok(metadata) if metadata.is_symlink() => self.dir.metadata(folder.0.join(&name)),
                result => result,
            };
            // What cannot be looked at, or is gone meanwhile, cannot be had either.
            let Ok(metadata) = metadata else { continue };
            if !metadata.is_file() && !metadata.is_dir() {
                continue;
            }
            if entries.len() == limit {
                return Ok((entries, true));
            }
            entries.push(Entry {
                name,
                is_folder: metadata.is_dir(),
                length: metadata.len(),
                modified: metadata.modified()?.into_std(),
            });
        }
        Ok((entries, false))
    }

    /// The state of a file, if there is one of that name.
    fn stamp(folder: &Dir, file_name: &OsStr) -> Result<Option<Stamp>, FileError> {
        match folder.symlink_metadata(file_name) {
            // A rename would also replace a pipe, a socket or a device, which is not what "store a file" means.
            Ok(found) if !found.is_file() && !found.is_symlink() => Err(FileError::Forbidden),
            Ok(found) => Ok(Some(Stamp {
                inode: cap_std::fs::MetadataExt::ino(&found),
                length: found.len(),
                modified: found.modified()?.into_std(),
            })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores what `fill` writes, whole or not at all: into a temporary file in the same folder, which takes
    /// the name when `fill` has succeeded. Where the file system can (`O_TMPFILE`), the temporary file has
    /// no name, so that not even a crash leaves it behind. Only a crash between the two system calls that
    /// replace a file could: Linux has no single one that lets a nameless file take a name that is in use.
    ///
    /// `permits`, if given, is asked before anything is written, and again at the moment of replacement, when
    /// nobody else can replace the file here.
    ///
    /// # Errors
    /// See [`StoreError`]. Then nothing has changed.
    pub fn store<E>(
        &self,
        name: &FileName,
        permits: Option<Permits<'_, E>>,
        fill: impl FnOnce(&mut NewFile<'_>) -> Result<(), StoreError<E>>,
    ) -> Result<(), StoreError<E>> {
        let io = |error: io::Error| StoreError::File(error.into());
        let file_name = name.0.file_name().ok_or(FileError::NotFound)?;
        let opened;
        let folder = match name.0.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => {
                opened = self.dir.open_dir(parent).map_err(io)?;
                &opened
            }
            _ => &self.dir,
        };
        let judge = |permits: Permits<'_, E>, stamp: Option<Stamp>| permits(stamp.as_ref()).map_err(StoreError::Caller);
        let stamp = Self::stamp(folder, file_name)?;
        permits.map_or(Ok(()), |permits| judge(permits, stamp))?;
        let mut file = NewFile(TempFile::new(folder).map_err(io)?);
        fill(&mut file)?;
        let mut named = None;
        if self.durable {
            file.0.as_file().sync_all().map_err(io)?;
            // The name is in the folder, and the folder is a file too. `folder` itself stands for a path only
            // (`O_PATH`). Opened before anything changes, since this may fail.
            named = Some(
                openat(folder, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                    .map_err(|error| io(error.into()))?,
            );
        }
        let nobody_else = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(permits) = permits {
            judge(permits, Self::stamp(folder, file_name)?)?;
        }
        file.take_name(folder, file_name).map_err(io)?;
        drop(nobody_else);
        named.map_or(Ok(()), fsync).map_err(|error| io(error.into()))
    }
}

/// What a name stands for.
#[derive(Debug)]
pub enum Found {
    /// A regular file, open for reading, and its state.
    File(FileSlice, Stamp),
    /// A folder.
    Folder,
}

/// A file or folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Any bytes but `/` and NUL.
    pub name: OsString,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes; of no meaning for a folder.
    pub length: u64,
    /// When its contents last changed.
    pub modified: SystemTime,
}

/// A file that is being written and has no name yet.
#[derive(Debug)]
pub struct NewFile<'d>(TempFile<'d>);

impl NewFile<'_> {
    /// Appends bytes.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        Ok(self.0.write_all(bytes)?)
    }

    fn take_name(self, folder: &Dir, name: &OsStr) -> io::Result<()> {
        let file = self.0.as_file();
        let linked = rustix_linux_procfs::proc_self_fd()
            .and_then(|descriptors| linkat(descriptors, DecInt::from_fd(file), folder, name, AtFlags::SYMLINK_FOLLOW));
        // Mostly because the name is in use. The file then takes a random name first, and is renamed.
        linked.or_else(|_| self.0.replace(name))
    }
}

/// The name of a file below a [`Directory`]: any bytes but `/` and NUL in each segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(PathBuf);

impl FileName {
    /// The name that the rest of a path stands for, each segment percent-decoded by itself. None if a
    /// segment is empty, is `.` or `..`, or decodes to something with a slash or NUL: no file has such a name,
    /// and what cannot exist need not be looked for.
    #[must_use]
    pub fn from_path(path: &[u8]) -> Option<FileName> {
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
    #[must_use]
    pub fn root() -> FileName {
        FileName(PathBuf::from("."))
    }

    /// The name of something in the folder of this name.
    #[must_use]
    pub fn join(&self, name: &'static str) -> FileName {
        FileName(self.0.join(name))
    }

    /// The segments, decoded.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(OsStr::as_bytes).filter(|&segment| segment != b".")
    }

    /// Whether the last segment ends like this, letters in either case.
    #[must_use]
    pub fn has_extension(&self, extension: &str) -> bool {
        self.0.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    /// The media type that goes with the name's extension, if it is a known one.
    #[must_use]
    pub fn media_type(&self) -> Option<&'static str> {
        media_type::of_extension(self.0.extension()?.as_bytes())
    }

    /// Whether the name's extension is that of a text type, which compresses well.
    #[must_use]
    pub fn is_text(&self) -> bool {
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

/// An open file, or a part of one, that is to be sent. Its length is that at the time of opening.
#[derive(Debug)]
pub struct FileSlice {
    file: File,
    offset: u64,
    length: u64,
}

impl FileSlice {
    /// How many bytes are still to be read or sent.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A part of the slice.
    #[must_use]
    pub fn part(self, offset: u64, length: u64) -> FileSlice {
        debug_assert!(offset + length <= self.length);
        FileSlice { offset: self.offset + offset, length, ..self }
    }

    /// Makes this slice a part of the whole file.
    pub fn select(&mut self, offset: u64, length: u64) {
        self.offset = offset;
        self.length = length;
    }

    /// Appends up to `limit` bytes to `out`; gives how many, 0 at the end of the slice.
    ///
    /// # Errors
    /// Reading failed, or the file has become shorter than it was.
    pub fn read(&mut self, limit: usize, out: &mut Vec<u8>) -> io::Result<usize> {
        let start = out.len();
        let wanted = self.length.min(limit as u64) as usize;
        out.resize(start + wanted, 0);
        self.file.read_exact_at(&mut out[start..], self.offset).inspect_err(|_| out.truncate(start))?;
        self.advance(wanted);
        Ok(wanted)
    }

    /// Sends up to `limit` bytes to a socket within the kernel; gives how many.
    ///
    /// # Errors
    /// Sending failed, or the file has become shorter than it was.
    pub fn send(&mut self, limit: usize, socket: impl AsFd) -> io::Result<usize> {
        let wanted = self.length.min(limit as u64) as usize;
        let count = sendfile(socket, &self.file, Some(&mut self.offset.clone()), wanted)?;
        if count == 0 && wanted > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.advance(count);
        Ok(count)
    }

    fn advance(&mut self, count: usize) {
        self.offset += count as u64;
        self.length -= count as u64;
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
