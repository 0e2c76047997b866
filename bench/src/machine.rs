//! What the machine says about processes: CPU time and memory, from `/proc`.

use std::{collections::HashMap, fs, time::Duration};

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;

/// CPU time, as the kernel counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Cpu {
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }

    pub(crate) fn since(self, before: Cpu) -> Cpu {
        Cpu { user: self.user.saturating_sub(before.user), system: self.system.saturating_sub(before.system) }
    }
}

/// A process and those that it has started.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(fields) = stat(child) {
            children.entry(fields.parent).or_default().push(child);
        }
    }
    let mut family = vec![pid];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(children.remove(&parent).unwrap_or_default());
        at += 1;
    }
    family
}

/// What these processes have used so far.
pub(crate) fn cpu(pids: &[u32]) -> Cpu {
    pids.iter()
        .filter_map(|&pid| stat(pid))
        .fold(Cpu::default(), |sum, stat| Cpu { user: sum.user + stat.own.user, system: sum.system + stat.own.system })
}

/// What this process has used, and those that it has started and that have ended.
pub(crate) fn own_cpu() -> Cpu {
    stat(std::process::id()).map_or_else(Cpu::default, |stat| Cpu {
        user: stat.own.user + stat.ended_children.user,
        system: stat.own.system + stat.ended_children.system,
    })
}

/// What the whole machine has used.
///
/// # Errors
/// There is no readable `/proc/stat`.
pub(crate) fn machine_cpu() -> Result<Duration> {
    let text = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; guest time is part of user time.
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|&at| ticks.get(at)).sum();
    Ok(duration(busy))
}

/// The largest resident size that each process has had, in bytes, added up.
pub(crate) fn peak_memory(pids: &[u32]) -> u64 {
    pids.iter().filter_map(|pid| kibibytes(&format!("/proc/{pid}/status"), "VmHWM:")).sum::<u64>() * 1024
}

/// The memory that these processes have to themselves, in bytes: pages that several share count in part.
pub(crate) fn memory(pids: &[u32]) -> u64 {
    pids.iter().filter_map(|pid| kibibytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")).sum::<u64>() * 1024
}

/// What the machine is: its processor, how many, and its kernel.
pub(crate) fn description() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let model = model.unwrap_or("unknown processor");
    format!("{} × {model}, Linux {}", processors(), kernel.trim())
}

pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn kibibytes(path: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

struct Stat {
    parent: u32,
    own: Cpu,
    ended_children: Cpu,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
    let time = |at: usize| Some(duration(fields.get(at)?.parse().ok()?));
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: Cpu { user: time(11)?, system: time(12)? },
        ended_children: Cpu { user: time(13)?, system: time(14)? },
    })
}

fn duration(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn work_is_seen() {
        let pid = std::process::id();
        let before = (cpu(&[pid]), own_cpu(), machine_cpu().unwrap());
        let deadline = Instant::now() + Duration::from_secs(60);
        // A tick is a hundredth of a second.
        while cpu(&[pid]).since(before.0).total() < Duration::from_millis(50) {
            assert!(Instant::now() < deadline);
        }
        assert!(own_cpu().since(before.1).total() >= Duration::from_millis(50));
        assert!(machine_cpu().unwrap() > before.2);
        assert!(peak_memory(&[pid]) > 100_000 && memory(&[pid]) > 100_000);
    }

    #[test]
    fn a_child_belongs_to_the_family() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let family = family(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(family.contains(&child.id()) && family.contains(&std::process::id()), "{family:?}");
    }
}
