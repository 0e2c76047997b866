//! Measures a workload: in rounds, in which each server gets its turn, so that what disturbs the machine
//! disturbs all alike.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    load::{Load, Outcome},
    machine::{cpu, machine_cpu, own_cpu, peak_memory, processors},
    server::{Peer, Programs, Server},
    workloads::Workload,
};

/// One turn of one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Requests a second.
    pub(crate) rate: f64,
    /// CPU time of the server for each request.
    pub(crate) cpu: Duration,
    /// What half of the requests took at most, and 99 of 100.
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// The part of the machine that was busy with something else, from 0 to 1.
    pub(crate) disturbance: f64,
}

/// The turns of one server, in the order of the rounds, and the most memory that it had.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) peer: Peer,
    pub(crate) samples: Vec<Sample>,
    pub(crate) peak_memory: u64,
}

impl Series {
    /// The median of something over the rounds.
    pub(crate) fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(of).collect())
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => f64::midpoint(values[length / 2 - 1], values[length / 2]),
    }
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Of one turn.
    pub(crate) time: Duration,
    /// Whether wrk, if it is there, makes the load where it can.
    pub(crate) wrk: bool,
}

/// Measures a workload with each of the peers.
///
/// # Errors
/// A server does not start, or does not answer as it should.
pub(crate) fn compare(
    workload: &Workload,
    programs: &Programs,
    peers: &[Peer],
    files: &Path,
    plan: Plan,
) -> Result<Vec<Series>> {
    workload.prepare(files)?;
    let mut servers = Vec::new();
    let ceiling = workload.ceiling(files).unwrap_or_default();
    for &peer in peers {
        servers.push(Server::start(programs, peer, files, &ceiling)?);
    }
    let messages: Vec<_> = peers.iter().map(|&peer| workload.messages(peer)).collect();
    let mut samples = vec![Vec::new(); servers.len()];
    for round in 0..plan.rounds {
        for turn in 0..servers.len() {
            // Who follows whom changes from round to round.
            let at = (turn + round) % servers.len();
            let server = &servers[at];
            let wrk = programs.wrk.as_deref().filter(|_| plan.wrk);
            let sample = sample(server, wrk, workload, &messages[at], plan.time);
            samples[at].push(sample.with_context(|| format!("{}, {}", workload.title, server.peer.name()))?);
        }
    }
    let series = |(server, samples): (&Server, _)| Series {
        peer: server.peer,
        samples,
        peak_memory: peak_memory(&server.processes()),
    };
    Ok(servers.iter().zip(samples).map(series).collect())
}

fn sample(
    server: &Server,
    wrk: Option<&Path>,
    workload: &Workload,
    messages: &[Vec<u8>],
    time: Duration,
) -> Result<Sample> {
    let load = Load {
        address: server.address,
        messages,
        depth: workload.depth,
        connections: workload.connections,
        close: workload.closes(),
        time,
    };
    if let Some((program, arguments)) = wrk.zip(workload.wrk_arguments(server.address)) {
        return watch(&server.processes(), || run_wrk(program, &arguments, time));
    }
    let mut ready = load.ready()?;
    watch(&server.processes(), || ready.run())
}

/// Watches a server while there is load on it.
///
/// # Errors
/// The load's.
pub(crate) fn watch(processes: &[u32], load: impl FnOnce() -> Result<Outcome>) -> Result<Sample> {
    let before = (cpu(processes), own_cpu(), machine_cpu()?, Instant::now());
    let mut outcome = load()?;
    ensure!(outcome.requests > 0, "no request was answered");
    let server = cpu(processes).since(before.0).total();
    let accounted = server + own_cpu().since(before.1).total();
    let all = machine_cpu()?.saturating_sub(before.2);
    let capacity = before.3.elapsed().as_secs_f64() * processors() as f64;
    outcome.latencies.sort_unstable();
    let quantile = |part: f64| {
        let at = (outcome.latencies.len() as f64 * part) as usize;
        let latency = outcome.latencies.get(at.min(outcome.latencies.len().saturating_sub(1)));
        Duration::from_micros(u64::from(latency.copied().unwrap_or_default()))
    };
    Ok(Sample {
        rate: outcome.requests as f64 / outcome.elapsed.as_secs_f64(),
        cpu: server.div_f64(outcome.requests as f64),
        median: quantile(0.5),
        p99: quantile(0.99),
        disturbance: all.saturating_sub(accounted).as_secs_f64() / capacity,
    })
}

/// Has wrk make the load, which costs a little less than our own.
fn run_wrk(program: &Path, arguments: &[String], time: Duration) -> Result<Outcome> {
    // It knows whole seconds only.
    let seconds = time.as_secs_f64().round().max(1.0);
    let output = Command::new(program).arg(format!("-d{seconds}")).args(arguments).output();
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    parse_wrk(&text)
}

/// Reads wrk's report. Of the latencies it tells a few quantiles only, so the outcome has a hundred that agree
/// with those.
fn parse_wrk(text: &str) -> Result<Outcome> {
    if let Some(line) = text.lines().find(|line| line.contains("Socket errors") || line.contains("Non-2xx")) {
        bail!("wrk reports: {}", line.trim());
    }
    let find = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).map(str::trim);
    let summary = text.lines().find_map(|line| line.trim().split_once(" requests in "));
    let (requests, rest) = summary.context("wrk's report cannot be read")?;
    let elapsed = rest.split(',').next().and_then(duration).context("wrk's report cannot be read")?;
    let latency = |key| find(key).and_then(duration).context("wrk's report cannot be read");
    let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    let (median, p99) = (micros(latency("50%")?), micros(latency("99%")?));
    let latencies = (0..100).map(|at| if at < 99 { median } else { p99 }).collect();
    Ok(Outcome { requests: requests.trim().parse()?, elapsed, latencies })
}

/// A number with a unit, such as `1.23ms`.
fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|byte: char| !byte.is_ascii_digit() && byte != '.')?;
    let scale = match &text[end..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Some(Duration::from_secs_f64(text[..end].parse::<f64>().ok()? * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_report_of_wrk_is_read() {
        let report = "Running 1s test @ http://127.0.0.1:1/\n  2 threads and 8 connections\n\
            \x20 Latency Distribution\n     50%   75.00us\n     75%   92.00us\n     90%  115.00us\n     99%    1.36ms\n\
            \x20 108349 requests in 1.10s, 4.03MB read\nRequests/sec:  98500.11\n";
        let outcome = parse_wrk(report).unwrap();
        assert_eq!((outcome.requests, outcome.elapsed), (108_349, Duration::from_millis(1100)));
        assert_eq!((outcome.latencies[50], outcome.latencies[99]), (75, 1360));
        assert!(parse_wrk(&format!("{report}  Non-2xx or 3xx responses: 3\n")).is_err());
        assert!(parse_wrk("").is_err());
    }
}
