//! Open files, and the parts of them that are sent.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind},
    os::{
        fd::AsFd,
        unix::fs::{FileExt, MetadataExt},
    },
};

use rustix::fs::sendfile;

use crate::http::conditions::Stamp;

/// An open file, or a part of one, that is to be sent. Its length is that at the time of opening.
#[derive(Debug)]
pub struct FileSlice {
    file: File,
    offset: u64,
    length: u64,
}

impl FileSlice {
    /// The whole of an open file, and its state.
    ///
    /// # Errors
    /// The file system does not know when the file was modified.
    pub(super) fn whole(file: File, metadata: &Metadata) -> io::Result<(Self, Stamp)> {
        let stamp = Stamp { inode: metadata.ino(), length: metadata.len(), modified: metadata.modified()? };
        Ok((FileSlice { file, offset: 0, length: stamp.length }, stamp))
    }

    /// The number of bytes that are still to be read or sent.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// A part of the slice.
    pub(crate) fn part(self, offset: u64, length: u64) -> FileSlice {
        debug_assert!(offset + length <= self.length);
        FileSlice { offset: self.offset + offset, length, ..self }
    }

    /// Makes this slice a part of the whole file.
    pub(crate) fn select(&mut self, offset: u64, length: u64) {
        self.offset = offset;
        self.length = length;
    }

    /// Appends up to `limit` bytes to `out`; gives how many, 0 at the end of the slice.
    ///
    /// # Errors
    /// Reading failed, or the file has become shorter than it was.
    pub(crate) fn read(&mut self, limit: usize, out: &mut Vec<u8>) -> io::Result<usize> {
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
    pub(crate) fn send(&mut self, limit: usize, socket: impl AsFd) -> io::Result<usize> {
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
