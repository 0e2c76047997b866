//! The root of a sandbox: a file system in memory, of limited size, with the system's folders and the toolchain's in it,
//! read-only. Once the tree of the commit is checked out, the tester and the program see nothing else of the machine.

use std::{
    env, fs, io,
    os::unix::fs::{PermissionsExt as _, chown, lchown, symlink},
    path::{Path, PathBuf},
};

use nix::{
    mount::{MsFlags, mount},
    sys::statvfs::{FsFlags, statvfs},
};

use crate::sandbox::toolchain::{Toolchain, of_the_system};

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

/// Folders of the system, or links to them.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
/// What compilers and interpreters need of `/etc`, and what holds nothing that is anybody's own.
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

/// What a root is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    /// An empty folder, which becomes the root.
    pub(crate) place: &'a Path,
    /// The size of all files in it, in bytes.
    pub(crate) disk: u64,
    pub(crate) toolchain: &'a Toolchain,
    /// The user that programs run as, where the sandbox's own is root.
    pub(crate) user: Option<u32>,
    /// Whether there is a folder for the tree already; the checkout makes its own.
    pub(crate) with_app: bool,
}

/// Makes the folder `plan.place` the root of the sandbox, but does not go there.
///
/// # Errors
/// What the system says: there is no sandbox for those who cannot mount.
pub(crate) fn make(plan: Plan<'_>) -> io::Result<()> {
    let root = plan.place;
    // Nothing that is mounted here is to be seen outside.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    let options = format!("size={},nr_inodes={INODES},mode=755", plan.disk);
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), root, Some("tmpfs"), safe, Some(options.as_str()))?;
    for folder in ["etc", "proc", "dev", "dev/shm", "tmp", "run"] {
        fs::create_dir(root.join(folder))?;
    }
    if plan.with_app {
        fs::create_dir(root.join("app"))?;
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
    toolchain(root, plan.toolchain, plan.user)?;
    let own = root.join(&SELF[1..]);
    fs::write(&own, "")?;
    bind_at(&env::current_exe()?, &own)
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
    if let Some(home) = cargo_home(toolchain) {
        let place = below(root, &home);
        fs::create_dir_all(&place)?;
        chown(&place, user, user)?;
    }
    let mut folders: Vec<PathBuf> = toolchain.folders.clone();
    folders.sort();
    folders.dedup();
    for (index, folder) in folders.iter().enumerate() {
        let covered = folders[..index].iter().any(|other| folder.starts_with(other)) || of_the_system(folder);
        if !covered && folder.is_dir() {
            bind(folder, root)?;
        }
    }
    Ok(())
}

/// `CARGO_HOME`, which cargo writes to even when it has nothing to store.
pub(crate) fn cargo_home(toolchain: &Toolchain) -> Option<PathBuf> {
    let home = PathBuf::from(toolchain.variables.get("CARGO_HOME")?);
    (home.is_absolute() && !of_the_system(&home)).then_some(home)
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
    for below in mounts()?.into_iter().filter(|mount| mount.starts_with(&real)) {
        if let Err(error) = read_only(&below)
            // What hides under another mount, or is out of reach, is so for the program as well.
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

/// Where something is mounted: the fifth word of each line (proc_pid_mountinfo(5)).
fn mounts() -> io::Result<Vec<PathBuf>> {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(text.lines().filter_map(|line| line.split(' ').nth(4)).map(unescape).collect())
}

/// Undoes `\040` and the like.
fn unescape(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match code.filter(|_| *first == b'\\') {
            Some(code) => {
                bytes.push(code);
                rest = &more[3..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    std::ffi::OsString::from_vec(bytes).into()
}

/// Gives a folder and all in it to the program's user.
///
/// # Errors
/// What the system says.
pub(crate) fn give(path: &Path, user: Option<u32>) -> io::Result<()> {
    let Some(id) = user else {
        return Ok(());
    };
    lchown(path, Some(id), Some(id))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_with_unusual_names_are_found() {
        assert_eq!(unescape("/a\\040b\\134c"), Path::new("/a b\\c"));
        assert_eq!(unescape("/a\\"), Path::new("/a\\"));
        assert_eq!(unescape("/a\\9"), Path::new("/a\\9"));
        assert!(mounts().unwrap().contains(&PathBuf::from("/")));
    }
}
