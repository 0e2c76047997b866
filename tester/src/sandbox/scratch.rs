//! The folder of a grading, which is gone when the grading is over, however that ends.
//!
//! A grading that is killed leaves its folder behind: an empty one in a sandbox, where everything lies in memory, a full
//! one without. Each folder is locked while its grader lives, and the next grading removes those that are not.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use tempfile::TempDir;

/// Prefix of the names of all that a grading makes outside its sandbox.
pub(crate) const PREFIX: &str = "stages-grading-";
/// Suffix of their locks' names; a lock lies beside its folder.
const LOCK: &str = ".lock";
/// A lock is made right after its folder. What is older than this and not locked has no owner.
const YOUNG: Duration = Duration::from_secs(10);

/// A folder of its own, locked.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    lock: PathBuf,
    _held: File,
}

impl Scratch {
    /// Removes what killed gradings have left, and makes a new folder.
    pub(crate) fn new() -> io::Result<Scratch> {
        let parent = parent();
        sweep(&parent);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent)?;
        let mut lock = folder.path().as_os_str().to_owned();
        lock.push(LOCK);
        let held = File::create_new(&lock)?;
        flock(&held, FlockOperation::LockExclusive)?;
        Ok(Scratch { folder, lock: lock.into(), _held: held })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(self.folder.path());
        let _ = fs::remove_file(&self.lock);
    }
}

/// The folder for temporary files, unless the sandbox's user cannot look into it.
fn parent() -> PathBuf {
    let usual = std::env::temp_dir();
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0);
    match fs::canonicalize(&usual) {
        Ok(path) if path.ancestors().all(open) => path,
        _ => PathBuf::from("/tmp"),
    }
}

/// Removes the folders in `parent` whose graders are gone.
fn sweep(parent: &Path) {
    let me = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let path = entry.path();
        let Ok(data) = fs::symlink_metadata(&path) else { continue };
        let age = data.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        if data.uid() != me || age.is_none_or(|age| age < YOUNG) {
            continue;
        }
        if let Some(stem) = name.strip_suffix(LOCK) {
            // A lock whose folder is gone.
            if !parent.join(stem).exists() && is_free(&path) {
                let _ = fs::remove_file(&path);
            }
        } else if data.is_dir() {
            let lock = parent.join(format!("{name}{LOCK}"));
            if is_free(&lock) {
                remove(&path);
                let _ = fs::remove_file(&lock);
            }
        }
    }
}

/// Checks whether nobody holds a lock; also if it is not there.
fn is_free(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes a folder.
fn remove(folder: &Path) {
    // Best effort: what is still there now is for the next sweep.
    let _ = crate::os::remove::remove(folder);
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    fn old(path: &Path) {
        let long_ago = SystemTime::now() - 2 * YOUNG;
        File::open(path).unwrap().set_modified(long_ago).unwrap();
    }

    #[test]
    fn what_a_killed_grading_left_is_swept_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let folder = parent.path().join(format!("{PREFIX}{name}"));
            fs::create_dir_all(folder.join("closed/inner")).unwrap();
            fs::set_permissions(folder.join("closed"), Permissions::from_mode(0o000)).unwrap();
            let lock = File::create(parent.path().join(format!("{PREFIX}{name}{LOCK}"))).unwrap();
            flock(&lock, FlockOperation::LockExclusive).unwrap();
            old(&folder);
            (folder, lock)
        };
        let (dead, lock) = make("dead");
        drop(lock);
        let (alive, _lock) = make("alive");
        let (young, lock) = make("young");
        drop(lock);
        File::open(&young).unwrap().set_modified(SystemTime::now()).unwrap();
        let other = parent.path().join("other");
        fs::create_dir(&other).unwrap();
        old(&other);
        sweep(parent.path());
        assert!(!dead.exists());
        assert!(alive.exists() && young.exists() && other.exists());
        remove(&alive);
        remove(&young);
        assert!(!alive.exists() && !young.exists());
    }
}
