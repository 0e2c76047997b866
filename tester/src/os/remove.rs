//! Removes folders that a program has written to, however deep they are and whatever rights it has taken away.

use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// Removes a folder and all that is in it; a link itself, not what it leads to. Folders in folders are moved to the top
/// first, so neither the stack, nor open descriptors, nor the length of a path limits the depth.
///
/// # Errors
/// The system refuses. A part of it is still there.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    open_up(folder)?;
    let mut number = 0;
    loop {
        // Number of files that a pass has removed or moved: without any the next would do no better.
        let (mut folders, mut done) = (0, 0);
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
                done += 1;
                continue;
            }
            folders += 1;
            let inner = entry.path();
            open_up(&inner)?;
            for entry in fs::read_dir(&inner)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    lift(&entry.path(), folder, &mut number)?;
                } else {
                    fs::remove_file(entry.path())?;
                }
                done += 1;
            }
            match fs::remove_dir(&inner) {
                Ok(()) => done += 1,
                // A listing need not have all of a folder that changes meanwhile.
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
                Err(error) => return Err(error),
            }
        }
        match (folders, done) {
            (0, _) => return fs::remove_dir(folder),
            (_, 0) => return Err(ErrorKind::DirectoryNotEmpty.into()),
            _ => {}
        }
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Moves a folder into `to`, under a name that is free.
fn lift(folder: &Path, to: &Path, number: &mut u64) -> io::Result<()> {
    open_up(folder)?;
    loop {
        *number += 1;
        match fs::rename(folder, to.join(format!(".{number}"))) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory
                ) => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_rights_and_names_do_not_matter() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("kept"), "").unwrap();
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("x");
        // Built from the inside, since no path is long enough for it: longer than PATH_MAX, deeper than most stacks.
        let (inner, outer) = (parent.path().join("inner"), parent.path().join("outer"));
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), inner.join("link")).unwrap();
        for _ in 0..2500 {
            fs::create_dir(&outer).unwrap();
            fs::rename(&inner, outer.join("d")).unwrap();
            fs::rename(&outer, &inner).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        fs::rename(&inner, folder.join("deep")).unwrap();
        for name in [".1", ".2/inner", ".3"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join(".4"), "").unwrap();
        fs::set_permissions(folder.join(".2"), Permissions::from_mode(0o000)).unwrap();
        remove(&folder).unwrap();
        assert!(!folder.exists() && outside.path().join("kept").exists());
        assert!(remove(&folder).is_err());
    }
}
