//! An upload becomes a file here: whole or not at all.

use std::{
    ffi::OsStr,
    io::{self, ErrorKind, Write},
};

use cap_std::fs::{Dir, MetadataExt};
use cap_tempfile::TempFile;
use rustix::{
    fs::{AtFlags, Mode, OFlags, fsync, linkat, openat},
    path::DecInt,
};

use super::{directory::Directory, error::FileError, name::FileName};
use crate::{http::conditions::Stamp, lock::lock};

/// The reason for which a file was not stored: the directory's, or one that the caller's functions gave.
#[derive(Debug)]
pub(crate) enum StoreError<E> {
    /// The file could not be written.
    File(FileError),
    /// The bytes did not come, or the file may not be replaced.
    Caller(E),
}

/// Judges the state of a file that is to be replaced, None if there is none.
pub(crate) type Permits<'p, E> = &'p dyn Fn(Option<&Stamp>) -> Result<(), E>;

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
    /// The state of a file, if there is one of that name.
    fn stamp(folder: &Dir, file_name: &OsStr) -> Result<Option<Stamp>, FileError> {
        match folder.symlink_metadata(file_name) {
            // A rename would also replace a pipe, a socket or a device, which is not what "store a file" means.
            Ok(found) if !found.is_file() && !found.is_symlink() => Err(FileError::Forbidden),
            Ok(found) => {
                Ok(Some(Stamp { inode: found.ino(), length: found.len(), modified: found.modified()?.into_std() }))
            }
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
    pub(crate) fn store<E>(
        &self,
        name: &FileName,
        permits: Option<Permits<'_, E>>,
        fill: impl FnOnce(&mut NewFile<'_>) -> Result<(), StoreError<E>>,
    ) -> Result<(), StoreError<E>> {
        let io = |error: io::Error| StoreError::File(error.into());
        let file_name = name.as_path().file_name().ok_or(FileError::NotFound)?;
        let opened;
        let folder = match name.as_path().parent() {
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
        let nobody_else = lock(&self.replacing);
        if let Some(permits) = permits {
            judge(permits, Self::stamp(folder, file_name)?)?;
        }
        file.take_name(folder, file_name).map_err(io)?;
        drop(nobody_else);
        named.map_or(Ok(()), fsync).map_err(|error| io(error.into()))
    }
}

/// A file that is being written and has no name yet.
#[derive(Debug)]
pub(crate) struct NewFile<'d>(TempFile<'d>);

impl NewFile<'_> {
    /// Appends bytes.
    ///
    /// # Errors
    /// See [`FileError`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
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
