//! The root of a sandbox: a file system in memory, of limited size, with the system's folders and the toolchain's in it,
//! read-only. Once the tree of the commit is checked out, the tester and the program see nothing else of the machine.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink},
    path::{Path, PathBuf},
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::statvfs::{FsFlags, statvfs},
};

use crate::{
    os::{itself, proc},
    sandbox::{
        system::{self, SYSTEM},
        toolchain::Toolchain,
    },
};

/// The tree of the commit.
pub(crate) const APP: &str = "/app";
/// This command.
pub(crate) const SELF: &str = "/.stages";
/// The folder for the stages' own folders.
pub(crate) const RUN: &str = "/run";
/// For memory that programs share.
pub(crate) const SHARED_MEMORY: &str = "/dev/shm";
/// Most files in all.
const INODES: u32 = 400_000;
/// The smallest disk, in bytes: to the kernel, none at all would mean one without a limit (tmpfs(5)).
const SMALLEST: u64 = 64 << 10;

/// Files of `/etc` that compilers and interpreters need, and that hold nothing of anybody's own.
const ETC: [&str; 14] = [
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "protocols",
    "services",
    "ssl/openssl.cnf",
    "ssl/certs",
    "crypto-policies",
    "pki/java",
];
/// Devices without anything behind them; no process here has a terminal.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// The parts of a root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'a> {
    /// An empty folder, which becomes the root.
    pub(crate) root: &'a Path,
    /// The size of all files in it, in bytes.
    pub(crate) disk: u64,
    pub(crate) toolchain: &'a Toolchain,
    /// The user that programs run as, where the sandbox's own is root.
    pub(crate) user: Option<u32>,
}

/// Makes the folder `layout.root` the root of the sandbox, but does not go there. The tree's folder in it is empty.
///
/// # Errors
/// The system refuses a mount: there is no sandbox for those who cannot mount.
pub(crate) fn make(layout: Layout<'_>) -> io::Result<()> {
    let root = layout.root;
    // Nothing that is mounted here is to be seen outside.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    let options = format!("size={},nr_inodes={INODES},mode=755", layout.disk.max(SMALLEST));
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), root, Some("tmpfs"), safe, Some(options.as_str()))?;
    for folder in ["etc", "proc", "dev", "dev/shm", "tmp", "run", "app"] {
        fs::create_dir(root.join(folder))?;
    }
    for folder in ["tmp", "dev/shm"] {
        fs::set_permissions(root.join(folder), fs::Permissions::from_mode(0o1777))?;
    }
    let none = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), &root.join("proc"), Some("proc"), none, None::<&str>).map_err(|error| {
        io::Error::other(format!("proc cannot be mounted, as in containers that hide parts of it: {error}"))
    })?;
    for path in SYSTEM {
        match fs::read_link(path) {
            Ok(target) => symlink(target, root.join(&path[1..]))?,
            Err(_) if Path::new(path).is_dir() => bind(Path::new(path), root)?,
            Err(_) => {}
        }
    }
    etc(root)?;
    for name in DEVICES {
        bind(&Path::new("/dev").join(name), root)?;
    }
    for (name, target) in
        [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("ptmx", "pts/ptmx")]
    {
        symlink(target, root.join("dev").join(name))?;
    }
    toolchain(root, layout.toolchain, layout.user)?;
    own_binary(root)
}

/// Shows this command at [`SELF`]. The file that it was started from need not be there any more, or be another by now; and
/// the kernel binds no file that has no name. Then a copy is shown, which counts for nobody's limit on disk.
fn own_binary(root: &Path) -> io::Result<()> {
    let own = root.join(&SELF[1..]);
    fs::write(&own, "")?;
    let runs = fs::metadata(itself::EXE)?;
    if let Some(path) = itself::path() {
        let bound = bind_at(&path, &own).and_then(|()| fs::metadata(&own));
        if bound.is_ok_and(|bound| (bound.dev(), bound.ino()) == (runs.dev(), runs.ino())) {
            return Ok(());
        }
        // Another file by now; or none, and then there is nothing to undo.
        let _ = umount2(&own, MntFlags::MNT_DETACH);
    }
    let folder = root.join(".copy");
    fs::create_dir(&folder)?;
    let options = format!("size={},mode=755", runs.len() + (64 << 10));
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), &folder, Some("tmpfs"), safe, Some(options.as_str()))?;
    let copy = folder.join("stages");
    fs::copy(itself::EXE, &copy)?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    bind_at(&copy, &own)?;
    // The file stays at the other place.
    umount2(&folder, MntFlags::MNT_DETACH)?;
    fs::remove_dir(&folder)
}

fn etc(root: &Path) -> io::Result<()> {
    let java = fs::read_dir("/etc").into_iter().flatten().flatten();
    let java = java.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.starts_with("java"));
    for name in ETC.map(str::to_owned).into_iter().chain(java) {
        let path = Path::new("/etc").join(name);
        match fs::symlink_metadata(&path) {
            Ok(data) if data.is_symlink() => {
                let place = below(root, &path);
                fs::create_dir_all(place.parent().unwrap_or(root))?;
                symlink(fs::read_link(&path)?, place)?;
            }
            Ok(_) => bind(&path, root)?,
            Err(_) => {}
        }
    }
    for (name, text) in [
        ("passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n"),
        ("group", "root:x:0:\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("resolv.conf", ""),
    ] {
        fs::write(root.join("etc").join(name), text)?;
    }
    Ok(())
}

/// The toolchain's folders where they are outside, and a home for cargo that can be written to.
fn toolchain(root: &Path, toolchain: &Toolchain, user: Option<u32>) -> io::Result<()> {
    if let Some(home) = toolchain.cargo_home() {
        let place = below(root, &home);
        fs::create_dir_all(&place)?;
        chown(&place, user, user)?;
    }
    let mut folders: Vec<PathBuf> = toolchain.folders.clone();
    folders.sort();
    folders.dedup();
    for (index, folder) in folders.iter().enumerate() {
        let covered = folders[..index].iter().any(|other| folder.starts_with(other)) || system::has(folder);
        if !covered && folder.is_dir() {
            bind(folder, root)?;
        }
    }
    Ok(())
}

/// `path` below `root`.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Shows `path` read-only, and what is mounted below it, at the same place below `root`.
fn bind(path: &Path, root: &Path) -> io::Result<()> {
    let place = below(root, path);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if fs::metadata(path)?.is_dir() {
        fs::create_dir_all(&place).map_err(named)?;
    } else {
        fs::create_dir_all(place.parent().unwrap_or(root)).map_err(named)?;
        fs::write(&place, "").map_err(named)?;
    }
    bind_at(path, &place).map_err(named)
}

fn bind_at(path: &Path, place: &Path) -> io::Result<()> {
    mount(Some(path), place, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?;
    let real = fs::canonicalize(place)?;
    for below in proc::mount_points()?.into_iter().filter(|mount| mount.starts_with(&real)) {
        if let Err(error) = read_only(&below)
            // A folder that hides under another mount, or is out of reach, is so for the program as well.
            && !matches!(error.raw_os_error().map(nix::errno::Errno::from_raw), Some(nix::errno::Errno::EACCES | nix::errno::Errno::ENOENT))
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Makes a mount read-only. Its other flags stay, as the kernel demands of what came from outside.
pub(crate) fn read_only(place: &Path) -> io::Result<()> {
    let now = statvfs(place)?.flags();
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID;
    for (is, keep) in [
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ] {
        if now.contains(is) {
            flags |= keep;
        }
    }
    Ok(mount(None::<&str>, place, None::<&str>, flags, None::<&str>)?)
}

/// Gives a folder and all in it to the program's user.
pub(crate) fn give(path: &Path, user: Option<u32>) -> io::Result<()> {
    let Some(id) = user else {
        return Ok(());
    };
    lchown(path, Some(id), Some(id))?;
    // One after the other, so that a deep tree takes no more descriptors than a flat one.
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            lchown(entry.path(), Some(id), Some(id))?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}
