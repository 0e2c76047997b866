//! The directory that clients may read from and write to.

use std::{ffi::OsString, io, os::unix::ffi::OsStrExt, path::Path, sync::Mutex, time::SystemTime};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions, OpenOptionsExt},
};
use rustix::fs::OFlags;

use super::{error::FileError, file::FileSlice, name::FileName};
use crate::http::conditions::Stamp;

/// An open directory.
#[derive(Debug)]
pub struct Directory {
    pub(super) dir: Dir,
    /// True if a file that has been stored survives a loss of power.
    pub(super) durable: bool,
    /// Held while a file takes its name.
    pub(super) replacing: Mutex<()>,
}

/// The thing that a name stands for.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file, open for reading, and its state.
    File(FileSlice, Stamp),
    Folder,
}

/// A file or folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Any bytes but `/` and NUL.
    pub(crate) name: OsString,
    pub(crate) is_folder: bool,
    /// Bytes; of no meaning for a folder.
    pub(crate) length: u64,
    /// The time at which its contents last changed.
    pub(crate) modified: SystemTime,
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
    pub(crate) fn file(&self, name: &FileName) -> Result<(FileSlice, Stamp), FileError> {
        match self.find(name)? {
            Found::File(file, stamp) => Ok((file, stamp)),
            Found::Folder => Err(FileError::NotFound),
        }
    }

    /// Finds out what a name stands for, and opens it if it is a regular file.
    ///
    /// # Errors
    /// See [`FileError`]; `NotFound` also for a device or a pipe.
    pub(crate) fn find(&self, name: &FileName) -> Result<Found, FileError> {
        let mut options = OpenOptions::new();
        // Without it, opening a pipe would wait for a writer.
        options.read(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
        let file = self.dir.open_with(name.as_path(), &options)?.into_std();
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Ok(Found::Folder);
        }
        if !metadata.is_file() {
            return Err(FileError::NotFound);
        }
        let (file, stamp) = FileSlice::whole(file, &metadata)?;
        Ok(Found::File(file, stamp))
    }

    /// Lists the files and folders in a folder, in no order, but those whose names are hidden: up to `limit` of them,
    /// and whether there are more. A symbolic link is what it leads to; one that leads outside, or nowhere, is
    /// left out, and so is what is neither file nor folder, since [`Directory::find`] would not find them either.
    ///
    /// # Errors
    /// See [`FileError`].
    pub(crate) fn entries(&self, folder: &FileName, limit: usize) -> Result<(Vec<Entry>, bool), FileError> {
        let mut entries = Vec::new();
        for entry in self.dir.read_dir(folder.as_path())? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let metadata = match entry.metadata() {
                Ok(metadata) if metadata.is_symlink() => self.dir.metadata(folder.as_path().join(&name)),
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
}
