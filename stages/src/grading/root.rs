//! The root of a sandbox: a file system in memory, of limited size, with the system's folders and the toolchain's in it,
//! read-only. Once the tree of the commit is checked out, the tester and the program see nothing else of the machine.

use std::{
    env, fs, io,
    os::unix::{
        fs::{PermissionsExt as _, chown, lchown, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::statvfs::{FsFlags, statvfs},
    unistd::pivot_root,
};

use crate::grading::{
    Toolchain,
    checkout::{self, Trouble},
    messages::{self, Event, Task},
    toolchain::of_the_system,
};

/// The tree of the commit.
pub(crate) const APP: &str = "/app";
/// This command.
pub(crate) const SELF: &str = "/.stages";
/// The task, for the short time between two processes that are the warden.
const TASK: &str = "/.task";
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

/// The first process in the namespaces: makes the root, goes there, and becomes the warden that works.
///
/// # Errors
/// What the system says.
pub(crate) fn enter(task: &Task) -> io::Result<()> {
    let root = &task.place;
    // Whoever cannot mount has no sandbox; what fails after that is another matter.
    let notes = match make(task) {
        Ok(()) => checkout_into(task),
        Err(error) => Err(Event::Unavailable(format!("its root cannot be made: {error}"))),
    };
    let stdout = &mut io::stdout();
    match notes {
        Err(event) => {
            messages::send(stdout, &event)?;
            return messages::send(stdout, &Event::Done);
        }
        Ok(notes) => {
            let notes: Vec<u8> = serde_json::to_vec(&(task, notes))?;
            let file = root.join(&TASK[1..]);
            fs::write(&file, notes)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        }
    }
    env::set_current_dir(root)?;
    pivot_root(".", ".")?;
    // The old root lies on top of the new one.
    umount2(".", MntFlags::MNT_DETACH)?;
    env::set_current_dir("/")?;
    Err(Command::new(SELF).args(["sandbox", "work", "--in-root"]).env("TMPDIR", RUN).exec())
}

/// The task that the first process left, and what the checkout had to say.
pub(crate) fn take_task() -> io::Result<(Task, Vec<String>)> {
    let text = fs::read(TASK)?;
    // It holds the seed, which is no business of the program's.
    fs::remove_file(TASK)?;
    messages::parse(&text)
}

fn checkout_into(task: &Task) -> Result<Vec<String>, Event> {
    if task.only_try {
        return Ok(Vec::new());
    }
    let app = task.place.join(&APP[1..]);
    let scratch = task.place.join(".git-of-the-grader");
    let fault = |error: io::Error| Event::Verdict(super::Verdict::GraderFault, error.to_string());
    fs::create_dir(&scratch).map_err(fault)?;
    let order = &task.order;
    let notes =
        checkout::checkout(&order.git_dir, &order.commit, &app, &scratch, &order.limits).map_err(|trouble| {
            let (verdict, why) = match trouble {
                Trouble::Refused(why) => (super::Verdict::Refused, why),
                Trouble::Fault(why) => (super::Verdict::GraderFault, why),
            };
            Event::Verdict(verdict, why)
        })?;
    fs::remove_dir_all(&scratch).map_err(fault)?;
    give(&app, task.user).map_err(fault)?;
    Ok(notes)
}

/// Makes the folder `task.place` the root of the sandbox, but does not go there.
fn make(task: &Task) -> io::Result<()> {
    let root = task.place.as_path();
    // Nothing that is mounted here is to be seen outside.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    let options = format!("size={},nr_inodes={INODES},mode=755", task.order.limits.disk);
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), root, Some("tmpfs"), safe, Some(options.as_str()))?;
    for folder in ["etc", "proc", "dev", "dev/shm", "tmp", "run", "app"] {
        fs::create_dir(root.join(folder))?;
    }
    // The checkout makes it.
    if !task.only_try {
        fs::remove_dir(root.join("app"))?;
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
    toolchain(root, &task.order.toolchain, task.user)?;
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
