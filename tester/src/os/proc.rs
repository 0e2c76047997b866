//! Processes, as `/proc` shows them, read in one place (proc(5)). A process may end at any moment, so what cannot be
//! read counts as not there.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

/// All processes of this process namespace.
pub(crate) fn processes() -> Vec<i32> {
    numbers("/proc")
}

/// The open descriptors of a process; `self` is this one.
pub(crate) fn descriptors(process: &str) -> Vec<i32> {
    numbers(&format!("/proc/{process}/fd"))
}

fn numbers(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The name of a process, as it may call itself.
pub(crate) fn name(process: i32) -> String {
    fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default().trim_end().to_owned()
}

/// The children of a process.
pub(crate) fn children(of: i32) -> Vec<i32> {
    processes().into_iter().filter(|process| parent(*process) == Some(of)).collect()
}

/// The children of a process, theirs, and so on.
pub(crate) fn descendants(of: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> =
        processes().into_iter().filter_map(|process| Some((process, parent(process)?))).collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        next += 1;
    }
    found.remove(0);
    found
}

fn parent(process: i32) -> Option<i32> {
    parent_in(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The parent in proc_pid_stat(5): the second word after the name in parentheses, which may hold anything.
fn parent_in(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The user namespace of a process.
pub(crate) fn user_namespace(process: &str) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/user")).ok()
}

/// Bytes of a process that are in memory: the second number of proc_pid_statm(5), in pages.
pub(crate) fn resident(process: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let pages: u64 = text.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// The same with each shared page divided by those that share it (proc_pid_smaps(5), Pss), in bytes.
pub(crate) fn proportional(process: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.map_or(0, |count| count << 10)
}

/// Checks whether an id is in this process's own map of users or groups, `uid_map` or `gid_map` (user_namespaces(7):
/// first id inside, first outside, count).
pub(crate) fn has_id(id: u32, map: &str) -> bool {
    let text = fs::read_to_string(format!("/proc/self/{map}")).unwrap_or_default();
    text.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&u64::from(id)))
    })
}

/// The mount points: the fifth word of each line (proc_pid_mountinfo(5)).
pub(crate) fn mount_points() -> io::Result<Vec<PathBuf>> {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(text.lines().filter_map(|line| line.split(' ').nth(4)).map(unescape).collect())
}

/// Undoes `\040` and the like.
fn unescape(text: &str) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        if let Some(code) = code.filter(|_| *first == b'\\') {
            bytes.push(code);
            rest = &more[3..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    OsString::from_vec(bytes).into()
}

/// The link of an open descriptor of a process: a path, or what it is else.
pub(crate) fn descriptor(process: i32, number: i32) -> Option<PathBuf> {
    fs::read_link(descriptor_path(process, number)).ok()
}

/// The file that stands for an open descriptor of a process.
pub(crate) fn descriptor_path(process: i32, number: i32) -> PathBuf {
    Path::new("/proc").join(process.to_string()).join("fd").join(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_stands_behind_any_name() {
        assert_eq!(parent_in("7 (a) S 1 (b) S 12 13"), Some(12));
        assert_eq!(parent_in("7 (sh) R 5 7"), Some(5));
        for broken in ["", "7", "7 (a", "7 (a)", "7 (a) S", "7 (a) S x"] {
            assert_eq!(parent_in(broken), None, "{broken}");
        }
    }

    #[test]
    fn processes_are_found_and_measured() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(processes().contains(&me) && descriptors("self").contains(&0));
        assert!(resident(me) > 1 << 20);
        assert!(proportional(me) > 1 << 19 && proportional(me) <= resident(me) * 2);
        assert!(has_id(rustix::process::geteuid().as_raw(), "uid_map"));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let id = i32::try_from(child.id()).unwrap();
        assert!(children(me).contains(&id) && descendants(me).contains(&id));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn mount_points_with_unusual_names_are_found() {
        assert_eq!(unescape("/a\\040b\\134c"), Path::new("/a b\\c"));
        assert_eq!(unescape("/a\\"), Path::new("/a\\"));
        assert_eq!(unescape("/a\\9"), Path::new("/a\\9"));
        assert!(mount_points().unwrap().contains(&PathBuf::from("/")));
    }
}
