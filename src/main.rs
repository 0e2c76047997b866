//! The `http-server` command: flags, bind, run.

use std::{
    io::{ErrorKind, Write},
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use http_server::{
    client::{Patience, Service},
    directory::{Directory, keep_descriptor_for_storing},
    limits::Limits,
    log_output::Logger,
    routes::Site,
    server::{Server, raise_descriptor_limit},
    website::Website,
};
use log::LevelFilter;
use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGXFSZ},
    flag,
    iterator::Signals,
    low_level::emulate_default_handler,
};

/// An HTTP/1.1 server, written from TCP up.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// Serve the files of this directory under /files, and store there what is sent to it
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Serve the web site in this directory: its pages, wherever no other route is
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Show no list of the files in a folder of the web site that has no index.html
    #[arg(long, requires = "root")]
    no_listing: bool,

    /// Answer an upload only when it is on disk, to survive a loss of power
    #[arg(long, requires = "directory")]
    durable: bool,

    /// Listen on this address or name
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Listen on this port; 0 lets the system choose one, and prints it
    #[arg(long, default_value_t = 4221)]
    port: u16,

    /// Send the Date field with each answer
    #[arg(long)]
    date: bool,

    /// Log messages of this level and above to standard error; info has a line for each request
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    #[arg(value_parser = ["off", "error", "warn", "info", "debug"].map(clap::builder::PossibleValue::new))]
    log_level: String,

    /// Log nothing
    #[arg(long, short, conflicts_with = "log_level")]
    quiet: bool,

    #[command(flatten)]
    limits: LimitArguments,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArguments {
    /// Clients served at a time, at most 15000; more wait until one leaves
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    max_clients: u32,

    /// Bytes of a request's head
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head)]
    max_head: usize,

    /// Bytes of a request target
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().target)]
    max_target: usize,

    /// Field lines of a request
    #[arg(long, value_name = "N", default_value_t = Limits::default().fields)]
    max_fields: usize,

    /// Bytes of a request's content [default: no limit]
    #[arg(long, value_name = "BYTES")]
    max_content: Option<u64>,

    /// Time for a request's head, from its first byte to its last
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    head_timeout: Duration,

    /// Time without a byte of content, sent or received
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    content_timeout: Duration,

    /// Least bytes of content a second, over any content timeout; 0 for any rate
    #[arg(long, value_name = "BYTES", default_value_t = Patience::default().min_rate)]
    min_rate: u64,

    /// Time that a connection may be idle between two requests
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    idle_timeout: Duration,

    /// Time for what is in flight, after SIGINT or SIGTERM; a second signal ends the server at once
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    shutdown_timeout: Duration,
}

/// A positive number of seconds, decimals allowed.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(duration) if duration >= Duration::from_millis(1) => Ok(duration),
        _ => Err("must be at least 0.001 seconds".to_owned()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be gone; that is no reason to panic.
            let _ = writeln!(std::io::stderr(), "http-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    start_logging(&arguments)?;
    raise_descriptor_limit();
    let limits = &arguments.limits;
    let service = Service {
        site: Site {
            directory: arguments
                .directory
                .as_deref()
                .map(|path| opened(path, "--directory", Directory::open(path, arguments.durable)))
                .transpose()?,
            website: arguments
                .root
                .as_deref()
                .map(|path| opened(path, "--root", Website::open(path, !arguments.no_listing)))
                .transpose()?,
        },
        limits: Limits {
            head: limits.max_head,
            target: limits.max_target,
            fields: limits.max_fields,
            content: limits.max_content,
        },
        patience: Patience {
            idle: limits.idle_timeout,
            head: limits.head_timeout,
            content: limits.content_timeout,
            min_rate: limits.min_rate,
        },
        date: arguments.date,
    };
    let server = Arc::new(bind(&arguments.host, arguments.port, limits.max_clients as usize, service)?);
    survive_file_size_limit()?;
    // Before the first answer, since who has got one may send a signal.
    let signals = Signals::new([SIGINT, SIGTERM]).context("cannot handle signals")?;
    // The first client need not wait for the rest. If the system refuses a thread, `run` tries again.
    let _ = server.start();
    stop_on_signals(signals, &server)?;
    if arguments.directory.is_some() {
        keep_descriptor_for_storing();
    }

    let address = server.address().context("cannot tell the address")?;
    if arguments.port == 0 {
        // For the program that started this one and does not know the port.
        writeln!(std::io::stdout(), "listening on http://{address}").context("cannot print the port")?;
    }
    log::info!("listening on http://{address}");
    server.run(limits.shutdown_timeout);
    log::info!("stopped");
    Ok(())
}

fn start_logging(arguments: &Arguments) -> Result<()> {
    let level = if arguments.quiet { LevelFilter::Off } else { arguments.log_level.parse()? };
    log::set_boxed_logger(Box::new(Logger::default())).context("cannot start the log")?;
    log::set_max_level(level);
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
    Ok(())
}

/// What was opened in the directory that a flag names, or why it was not and what to do.
fn opened<T>(path: &Path, flag: &str, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::NotFound => format!("create it, or name another with {flag}"),
            ErrorKind::NotADirectory => "name the directory that holds the files".to_owned(),
            ErrorKind::PermissionDenied => format!("let this user read it, or name another with {flag}"),
            _ => format!("name another with {flag}"),
        };
        anyhow!("cannot open the directory {}: {error}; {remedy}", path.display())
    })
}

fn bind(host: &str, port: u16, capacity: usize, service: Service) -> Result<Server> {
    let addresses: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .with_context(|| format!("cannot find the address of {host:?}; give an address of this machine with --host"))?
        .collect();
    Server::bind(&addresses, capacity, service).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => "end the program that uses the port, or choose another with --port",
            ErrorKind::AddrNotAvailable => "give an address of this machine with --host",
            ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose another with --port",
            _ => "choose others with --host and --port",
        };
        anyhow!("cannot listen on {host}:{port}: {error}; {remedy}")
    })
}

/// A file that grows beyond the process's limit on file sizes ends the process by a signal, unless somebody
/// catches that; then it is an error like any other, and concerns one client.
fn survive_file_size_limit() -> Result<()> {
    flag::register(SIGXFSZ, Arc::default()).context("cannot handle signals")?;
    Ok(())
}

/// The first SIGINT or SIGTERM lets the server finish; the next ends the process as if nobody had caught it.
fn stop_on_signals(mut signals: Signals, server: &Arc<Server>) -> Result<()> {
    let server = Arc::clone(server);
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                log::info!("finishing what is in flight");
                server.stop();
            }
            if let Some(signal) = signals.next() {
                let _ = emulate_default_handler(signal);
            }
        })
        .context("cannot start a thread to handle signals")?;
    Ok(())
}
