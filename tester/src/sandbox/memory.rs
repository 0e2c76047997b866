//! A watch on the memory of pushed code. A limit on address space would break Java and JavaScript, which reserve far more
//! than they use; so what is resident is added up, many times a second, and whoever goes over the limit is ended.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{os::proc, sandbox::tier::Tier};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Every how many looks it also looks for files that are nowhere but in memory.
const FILES: u64 = 4;

/// The watch. It goes on as long as the process.
#[derive(Debug)]
pub(crate) struct Watch {
    exceeded: Arc<AtomicBool>,
}

impl Watch {
    /// Watches all processes of the sandbox; without one, all that descend from this one.
    pub(crate) fn start(most: u64, tier: Tier) -> io::Result<Watch> {
        let exceeded = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&exceeded);
        let own = proc::user_namespace("self").ok_or_else(|| io::Error::other("/proc/self/ns/user cannot be read"));
        let own = if tier == Tier::None { None } else { Some(own?) };
        let me = std::process::id().try_into().unwrap_or_default();
        thread::Builder::new().spawn(move || {
            for round in 0_u64.. {
                thread::sleep(PAUSE);
                let mut found = if tier == Tier::None { proc::descendants(me) } else { proc::processes() };
                if tier != Tier::None {
                    // Pushed code has a user namespace of its own.
                    found.retain(|process| proc::user_namespace(&process.to_string()) != own);
                }
                let sum = |bytes: fn(i32) -> u64| found.iter().map(|process| bytes(*process)).sum::<u64>();
                // Shared pages count once for each process that has them resident; the exact sum takes longer.
                let beyond = sum(proc::resident) > most && sum(proc::proportional) > most;
                if beyond || (round % FILES == 0 && files_in_memory(&found) > most) {
                    flag.store(true, Ordering::SeqCst);
                    for process in found.into_iter().filter_map(Pid::from_raw) {
                        // Gone already, or ended in a moment with its namespace.
                        let _ = kill_process(process, Signal::KILL);
                    }
                }
            }
        })?;
        Ok(Watch { exceeded })
    }

    /// Checks whether the limit was ever gone over.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::SeqCst)
    }
}

/// Bytes of the files without a name (memfd_create(2)) that processes hold open or have mapped, and of the memory that they
/// share (mmap(2), MAP_SHARED). Such a page stays when a process lets go of it, and is resident in none then. So a mapping
/// counts as a whole; nobody reserves more of this kind than is used.
fn files_in_memory(processes: &[i32]) -> u64 {
    let mut known = BTreeMap::new();
    for process in processes {
        let text = fs::read(format!("/proc/{process}/maps")).unwrap_or_default();
        for (file, end) in text.split(|byte| *byte == b'\n').filter_map(mapping) {
            let length: &mut u64 = known.entry(file).or_default();
            *length = end.max(*length);
        }
    }
    for process in processes {
        for number in proc::descriptors(&process.to_string()) {
            if proc::descriptor(*process, number)
                .is_some_and(|link| link.as_os_str().as_bytes().starts_with(b"/memfd:"))
                && let Ok(data) = fs::metadata(proc::descriptor_path(*process, number))
            {
                // Written, but not mapped; or mapped only in part.
                let length: &mut u64 = known.entry(data.ino()).or_default();
                *length = (data.blocks() * 512).max(*length);
            }
        }
    }
    known.values().sum()
}

/// The inode of a file that is nowhere but in memory, and the end in it of what is mapped, in bytes, from a line of
/// proc_pid_maps(5): addresses, rights, offset, device, inode, and what it is.
fn mapping(line: &[u8]) -> Option<(u64, u64)> {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_ascii_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let shared = words.next()?.ends_with('s');
    let offset = u64::from_str_radix(words.next()?, 16).ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    let what = words.next()?;
    let length = u64::from_str_radix(to, 16).ok()?.checked_sub(u64::from_str_radix(from, 16).ok()?)?;
    let in_memory = what == "/dev/zero" && words.next() == Some("(deleted)") || what.starts_with("/memfd:");
    (shared && in_memory).then_some((inode, offset.saturating_add(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_mappings_are_read() {
        for (line, found) in [
            ("7f1000000000-7f1003200000 rw-s 00000000 00:01 3077   /dev/zero (deleted)", Some((3077, 0x320_0000))),
            ("7f1000000000-7f1000001000 rw-s 00001000 00:01 12   /memfd:a b (deleted)", Some((12, 0x2000))),
            ("7f1000000000-7f1000001000 rw-p 00000000 00:01 12   /memfd:x (deleted)", None),
            ("7f1000000000-7f1000001000 rw-s 00000000 00:05 7   /dev/zero", None),
            ("7f1000000000-7f1000001000 rw-s 00000000 fe:00 12   /tmp/x", None),
            ("7f1000000000-7f1000001000 rw-p 00000000 00:00 0 ", None),
            ("2-1 rw-s 00000000 00:01 12   /memfd:x (deleted)", None),
        ] {
            assert_eq!(mapping(line.as_bytes()), found, "{line}");
            for end in 0..line.len() {
                mapping(&line.as_bytes()[..end]);
            }
        }
        assert_eq!(mapping(b"\xff"), None);
    }

    #[test]
    fn files_without_a_name_are_counted_once() {
        let me = i32::try_from(std::process::id()).unwrap();
        let before = files_in_memory(&[me]);
        let file = rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        rustix::io::write(&file, &[1; 64 << 10]).unwrap();
        let now = files_in_memory(&[me, me]);
        assert!(now >= 64 << 10 && now < before + (128 << 10), "{before} {now}");
    }
}
