//! Compares the server with nginx, if it is installed, and with a server that does nothing, on the machine at
//! hand; everything stays on the loopback interface, and everything that is started is stopped.

mod ceiling;
mod heads;
mod idle;
mod instructions;
mod load;
mod machine;
mod measure;
mod response;
mod server;
mod table;
mod workloads;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use table::{MIB, Table, micros, short, whole};

use crate::{
    ceiling::Responses,
    measure::{Plan, Series, median},
    server::{Peer, Programs, Server},
    workloads::{Ask, WORKLOADS, Workload},
};

/// Compare the server with nginx and with a server that does nothing, on this machine
#[derive(Debug, Parser)]
#[command(name = "bench/run", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// A minute: short turns, few rounds, no file of 1 GiB
    #[arg(long)]
    quick: bool,

    /// Rows of the table, by name; `--list` shows them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,

    /// Show the names of all rows
    #[arg(long)]
    list: bool,

    /// Rounds; each server has one turn in each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,

    /// Length of a turn
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<Duration>,

    /// Write the tables to this file as well
    #[arg(long, value_name = "FILE")]
    md: Option<PathBuf>,

    /// Measure this binary instead of building one
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,

    /// Where to put the files that are served; a folder in memory, if there is one, spares the disk
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count the instructions for each request, and compare with the record; needs valgrind
    Instructions {
        /// Replace the record
        #[arg(long)]
        record: bool,
    },

    /// Be the server that does nothing
    #[command(hide = true)]
    Ceiling(Responses),

    /// Answer a request in memory, so many times
    #[command(hide = true)]
    Drive { case: String, times: u32 },
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=60.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "a number from 0.1 to 60 is needed".to_owned())
}

/// Rows that are no workloads.
const START: (&str, &str) = ("start", "start to first response");
const IDLE: (&str, &str) = ("idle", "10,000 idle clients");
const CLIENTS: (&str, &str) = ("cost-clients", "a table of its own: 1 to 10,000 clients");
const HEADS: (&str, &str) = ("cost-heads", "a table of its own: time to parse a head, by its size");
const IDLE_CLIENTS: usize = 10_000;
/// Times that each server is started to find the median.
const STARTS: usize = 11;
/// Numbers of clients for the table of what they cost.
const CROWDS: [usize; 6] = [1, 8, 64, 256, 1024, 10_000];

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Some(Command::Ceiling(responses)) => return ceiling::main(&responses),
        Some(Command::Instructions { record }) => return instructions::main(record),
        Some(Command::Drive { case, times }) => return instructions::drive(&case, times),
        None => {}
    }
    let names = WORKLOADS.iter().map(|workload| (workload.name, workload.title)).chain([START, IDLE, CLIENTS, HEADS]);
    if arguments.list {
        names.for_each(|(name, title)| println!("{name:14} {title}"));
        return Ok(());
    }
    for name in &arguments.only {
        ensure!(names.clone().any(|(known, _)| known == name), "there is no row {name:?}: `--list` shows them");
    }
    let bench = Bench::new(arguments)?;
    let report = bench.run();
    // Whatever happened, nothing stays behind.
    bench.folder.close().context("cannot remove the files that were served")?;
    let report = report?;
    if let Some(path) = &bench.arguments.md {
        fs::write(path, report).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

struct Bench {
    arguments: Arguments,
    programs: Programs,
    peers: Vec<Peer>,
    plan: Plan,
    folder: tempfile::TempDir,
    files: PathBuf,
    /// Set by Ctrl-C.
    interrupted: Arc<AtomicBool>,
}

impl Bench {
    fn new(arguments: Arguments) -> Result<Self> {
        let programs = Programs::find(arguments.server.as_deref())?;
        let memory = Path::new("/dev/shm");
        let parent = arguments.folder.clone().unwrap_or_else(|| {
            if space(memory).is_ok_and(|space| space > 1 << 28) { memory.to_owned() } else { std::env::temp_dir() }
        });
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&parent);
        let folder = folder.with_context(|| format!("cannot create a folder in {}", parent.display()))?;
        // nginx's workers may run as another user.
        let readable = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        fs::set_permissions(folder.path(), readable.clone())?;
        let files = folder.path().join("files");
        fs::create_dir(&files)?;
        fs::set_permissions(&files, readable)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let quick = arguments.quick;
        let time = arguments.seconds.unwrap_or(Duration::from_millis(if quick { 250 } else { 2000 }));
        let plan = Plan {
            rounds: arguments.rounds.map_or(if quick { 3 } else { 5 }, |rounds| rounds as usize),
            time,
            // It knows whole seconds only.
            wrk: time >= Duration::from_secs(1),
        };
        Ok(Bench { peers: programs.peers(), arguments, programs, plan, folder, files, interrupted })
    }

    /// Measures and prints; gives what it has printed.
    fn run(&self) -> Result<String> {
        let mut report = Report::default();
        report.print(&self.introduction());
        if WORKLOADS.iter().any(|workload| self.wants(workload.name)) {
            self.comparison(&mut report)?;
        }
        if self.wants(START.0) || self.wants(IDLE.0) {
            self.footprint(&mut report)?;
        }
        if self.wants(CLIENTS.0) {
            self.crowds(&mut report)?;
        }
        if self.wants(HEADS.0) {
            report.print("\nTime to parse a head, in nanoseconds, by its size:\n\n");
            report.print(&heads::table()?.to_string());
        }
        Ok(report.text)
    }

    fn wants(&self, name: &str) -> bool {
        self.arguments.only.is_empty() || self.arguments.only.iter().any(|wanted| wanted == name)
    }

    fn introduction(&self) -> String {
        let wrk = match &self.programs.wrk {
            Some(_) if self.plan.wrk => "wrk makes the load where it can, our own generator elsewhere",
            _ => "our own generator makes the load; with wrk installed, and turns of a second, wrk does where it can",
        };
        let nginx = match &self.programs.nginx {
            Some(program) => nginx_version(program),
            None => "nginx is not installed, so there is no comparison with it".to_owned(),
        };
        format!(
            "{}\n{nginx}; {wrk}.\nMedians of {} rounds of {} s. Files are in {}.\n",
            machine::description(),
            self.plan.rounds,
            self.plan.time.as_secs_f64(),
            self.folder.path().parent().unwrap_or(Path::new("/")).display(),
        )
    }

    fn check_interrupt(&self) -> Result<()> {
        ensure!(!self.interrupted.load(Ordering::Relaxed), "interrupted");
        Ok(())
    }

    /// The table of all workloads.
    fn comparison(&self, report: &mut Report) -> Result<()> {
        let mut header = vec!["".to_owned(), "ours".to_owned()];
        header.extend(self.peers[1..].iter().map(|peer| format!("÷ {}", peer.name())));
        header.extend(self.peers.iter().map(|peer| format!("CPU {}", peer.name())));
        header.extend(self.peers.iter().take(2).map(|peer| format!("p99 {}", peer.name())));
        header.extend(["peak memory".to_owned(), "disturbed".to_owned()]);
        let mut table = Table::new(&header);
        for workload in WORKLOADS.iter().filter(|workload| self.wants(workload.name)) {
            self.check_interrupt()?;
            if self.arguments.quick && workload.space() >= 1 << 30 {
                continue;
            }
            if space(&self.files)? < workload.space() + (1 << 26) {
                report.note(&format!("{}: too little space in {}", workload.name, self.files.display()));
                continue;
            }
            eprintln!("{} …", workload.title);
            let has_ceiling = workload.ceiling(&self.files).is_some();
            let peers: Vec<_> =
                self.peers.iter().copied().filter(|&peer| peer != Peer::Ceiling || has_ceiling).collect();
            let series = measure::compare(workload, &self.programs, &peers, &self.files, self.plan)?;
            self.check_interrupt()?;
            table.row(self.row(workload, &series));
            for entry in fs::read_dir(&self.files)? {
                fs::remove_file(entry?.path())?;
            }
        }
        report.print(&format!("\n{table}"));
        report.print(
            "\nours: requests a second; GB a second for contents of more than 1 MiB.\n\
             ÷ other: ours by theirs, the median over the rounds.\n\
             CPU: of the server, in µs for each request; in seconds for each GB where there is that much.\n\
             p99: what 99 of 100 requests took at most, in µs.\n\
             peak memory: of ours, in MiB.\n\
             disturbed: the part of the machine that was busy with something else, in the worst round.\n",
        );
        Ok(())
    }

    fn row(&self, workload: &Workload, series: &[Series]) -> Vec<String> {
        let ours = &series[0];
        let of = |peer: &Peer| series.iter().find(|series| series.peer == *peer);
        let rate = ours.median(|sample| sample.rate);
        let shown = match workload.bulk() {
            Some(length) => format!("{:.2} GB/s", rate * length as f64 / 1e9),
            None => whole(rate),
        };
        let mut row = vec![workload.title.to_owned(), shown];
        // Each round by itself, since both had the same machine then.
        row.extend(self.peers[1..].iter().map(|peer| {
            let pairs = of(peer).map(|theirs| ours.samples.iter().zip(&theirs.samples));
            pairs.map_or("–".to_owned(), |pairs| {
                short(median(pairs.map(|(ours, theirs)| ours.rate / theirs.rate).collect()))
            })
        }));
        let per = workload.bulk().map_or(1e6, |length| 1e9 / length as f64);
        let cpu = |series: &Series| short(series.median(|sample| sample.cpu.as_secs_f64() * per));
        row.extend(self.peers.iter().map(|peer| of(peer).map_or("–".to_owned(), cpu)));
        let p99 = |series: &Series| whole(series.median(|sample| micros(sample.p99)));
        row.extend(self.peers.iter().take(2).map(|peer| of(peer).map_or("–".to_owned(), p99)));
        row.push(short(ours.peak_memory as f64 / MIB));
        let disturbance = series.iter().flat_map(|series| &series.samples).map(|sample| sample.disturbance);
        row.push(format!("{:.0} %", disturbance.fold(0.0, f64::max) * 100.0));
        row
    }

    /// What is no rate: start, idle clients, size.
    fn footprint(&self, report: &mut Report) -> Result<()> {
        let mut header = vec![String::new()];
        header.extend(self.peers.iter().map(|peer| peer.name()));
        let mut table = Table::new(&header);
        if self.wants(START.0) {
            eprintln!("{} …", START.1);
            let mut row = vec![format!("{}, ms", START.1)];
            for &peer in &self.peers {
                row.push(short(self.start(peer)?));
            }
            table.row(row);
            let size = |program: &Path| fs::metadata(program).map_or(f64::NAN, |found| found.len() as f64 / MIB);
            let mut row = vec!["binary, MiB".to_owned()];
            row.extend(self.peers.iter().map(|peer| match (peer, &self.programs.nginx) {
                (Peer::Ours, _) => short(size(&self.programs.ours)),
                (Peer::Nginx(_), Some(program)) => short(size(program)),
                _ => "–".to_owned(),
            }));
            table.row(row);
        }
        if self.wants(IDLE.0) {
            match idle::allow_descriptors(IDLE_CLIENTS + 100) {
                Ok(()) => self.idle(&mut table)?,
                Err(error) => report.note(&format!("{}: {error:#}", IDLE.0)),
            }
        }
        report.print(&format!("\n{table}"));
        Ok(())
    }

    /// Milliseconds from the start of the process to the first response.
    fn start(&self, peer: Peer) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let server = Server::start(&self.programs, peer, &self.files, &Responses::default())?;
            times.push(server.started_in.as_secs_f64() * 1e3);
            self.check_interrupt()?;
        }
        Ok(median(times))
    }

    fn idle(&self, table: &mut Table) -> Result<()> {
        let mut costs = Vec::new();
        for &peer in &self.peers {
            eprintln!("{}, {} …", IDLE.1, peer.name());
            costs.push(idle::measure(&self.programs, peer, &self.files, IDLE_CLIENTS, self.plan.time)?);
            self.check_interrupt()?;
        }
        let mut row = |title: &str, of: &dyn Fn(&idle::Cost) -> f64| {
            let mut row = vec![format!("{}: {title}", IDLE.1)];
            row.extend(costs.iter().map(|cost| short(of(cost))));
            table.row(row);
        };
        row("memory of each, KiB", &|cost| cost.memory / 1024.0);
        row("a newcomer's median, µs", &|cost| micros(cost.newcomer.median));
        row("a newcomer's p99, µs", &|cost| micros(cost.newcomer.p99));
        Ok(())
    }

    /// Throughput and memory by the number of clients.
    fn crowds(&self, report: &mut Report) -> Result<()> {
        let peers: Vec<_> = self.peers.iter().copied().filter(|peer| !matches!(peer, Peer::Nginx(2..))).collect();
        // wrk does not manage the largest crowd, and all rows are to be alike.
        let plan = Plan { wrk: false, ..self.plan };
        let mut header = vec!["clients".to_owned()];
        header.extend(peers.iter().map(|peer| format!("requests/s {}", peer.name())));
        header.extend(peers.iter().map(|peer| format!("CPU {}", peer.name())));
        header.extend(peers.iter().map(|peer| format!("p99 {}", peer.name())));
        header.push("peak memory, MiB".to_owned());
        let mut table = Table::new(&header);
        for clients in CROWDS {
            if let Err(error) = idle::allow_descriptors(clients + 100) {
                report.note(&format!("{clients} clients: {error}"));
                continue;
            }
            eprintln!("{clients} clients …");
            let workload = Workload {
                name: CLIENTS.0,
                title: CLIENTS.1,
                connections: clients,
                depth: 1,
                ask: Ask::Get("/", "Host: 127.0.0.1:4221\r\n"),
            };
            let series = measure::compare(&workload, &self.programs, &peers, &self.files, plan)?;
            self.check_interrupt()?;
            let mut row = vec![whole(clients as f64)];
            row.extend(series.iter().map(|series| whole(series.median(|sample| sample.rate))));
            row.extend(series.iter().map(|series| short(series.median(|sample| micros(sample.cpu)))));
            row.extend(series.iter().map(|series| whole(series.median(|sample| micros(sample.p99)))));
            row.push(short(series[0].peak_memory as f64 / MIB));
            table.row(row);
        }
        report.print(&format!("\nAll of so many clients ask for `/` as fast as they are answered:\n\n{table}"));
        Ok(())
    }
}

/// What has been printed.
#[derive(Default)]
struct Report {
    text: String,
}

impl Report {
    fn print(&mut self, text: &str) {
        print!("{text}");
        self.text.push_str(text);
    }

    /// Says what is missing from the table, and why.
    fn note(&mut self, text: &str) {
        self.print(&format!("skipped: {text}\n"));
    }
}

/// Bytes that may be written to a folder.
fn space(folder: &Path) -> Result<u64> {
    let found = rustix::fs::statvfs(folder).with_context(|| format!("cannot look at {}", folder.display()))?;
    Ok(found.f_bavail * found.f_frsize)
}

fn nginx_version(program: &Path) -> String {
    let output = std::process::Command::new(program).arg("-v").output().map(|output| output.stderr).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    let version = text.trim().rsplit('/').next().unwrap_or_default();
    format!("nginx {version}, configured as in bench/nginx.conf")
}
