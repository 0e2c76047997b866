//! The errors of the file system, as far as a client may know them.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

/// The reason for which a file could not be read or written.
#[derive(Debug)]
pub(crate) enum FileError {
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
