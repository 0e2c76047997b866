//! The command line: flags, and what to do about errors of the system that a flag can mend.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Error, anyhow};
use clap::{
    ArgAction, Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use http_server::{http::limits::Limits, net::timeouts::Timeouts};
use log::LevelFilter;

const EXAMPLES: &str = "\
Examples:
  http-server
      Listen on http://127.0.0.1:4221, for /, /echo/TEXT, /user-agent and /mirror
  http-server --directory /srv/files --durable
      Read and store files under /files
  http-server --root site --host 0.0.0.0 --port 8080
      Serve a web site to the network
  http-server --root site --port 0 --quiet
      Let the system choose a port, print it, and log nothing";

/// An HTTP/1.1 server, written from TCP up
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_flag = true, disable_version_flag = true)]
#[command(after_help = "Use --help for the full text and examples.", after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) serve: ServeArguments,
    #[command(flatten)]
    pub(crate) listen: ListenArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) timeouts: TimeoutArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    #[command(flatten)]
    other: OtherArguments,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to serve")]
pub(crate) struct ServeArguments {
    /// Serve and store files of this directory under /files
    ///
    /// GET /files/NAME sends a file, POST /files/NAME stores the content of the request under that name, whole or not
    /// at all. No name and no symbolic link leads out of the directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// Serve the web site in this directory
    ///
    /// Its pages are served wherever no other route applies. A folder shows its index.html, or else a list of its files; names
    /// that begin with a dot are hidden. The file _redirects, if there is one, holds lines FROM TO [STATUS]. A page whose
    /// first line is `<!-- template -->` is filled in with the values of the query and the form.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,

    /// Do not list the files of a folder without an index.html
    ///
    /// The response for such a folder is then 404.
    #[arg(long, requires = "root")]
    pub(crate) no_listing: bool,

    /// Confirm an upload only when it is on disk
    ///
    /// A confirmed file then survives a power failure. An upload takes longer.
    #[arg(long, requires = "directory")]
    pub(crate) durable: bool,

    /// Send the Date field with each response
    #[arg(long)]
    pub(crate) date: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Where to listen")]
pub(crate) struct ListenArguments {
    /// Listen on this address or host name
    ///
    /// 127.0.0.1 takes connections from this machine only, 0.0.0.0 or :: from any.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// Listen on this port; 0 lets the system choose one
    ///
    /// With 0, the address with the chosen port is printed to standard output.
    #[arg(long, value_name = "PORT", default_value_t = 4221)]
    pub(crate) port: u16,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// Serve this many clients at a time, at most 15000
    ///
    /// More clients wait until one leaves. The limit on open files may allow fewer.
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    pub(crate) max_clients: u32,

    /// Accept a head of up to this many bytes
    ///
    /// The head is the request line and the fields. The response to a longer head is 431, or 414 or 501 if it is one long line.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head)]
    pub(crate) max_head: usize,

    /// Accept a request target of up to this many bytes
    ///
    /// The response to a longer target is 414.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().target)]
    pub(crate) max_target: usize,

    /// Accept up to this many field lines in a request
    ///
    /// The response to more field lines is 431.
    #[arg(long, value_name = "N", default_value_t = Limits::default().fields)]
    pub(crate) max_fields: usize,

    /// Accept content of up to this many bytes [default: no limit]
    ///
    /// The response to more content is 413. Chunk framing is not counted.
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_content: Option<u64>,
}

/// Numbers of seconds may have decimals.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Timeouts")]
pub(crate) struct TimeoutArguments {
    /// Wait this long for a whole head
    ///
    /// The time runs from the first byte to the last. When it is over, the response is 408. All timeouts may have decimals;
    /// the shortest is 0.001 seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) head_timeout: Duration,

    /// Wait this long for the next byte of content
    ///
    /// This holds for content that is received and for content that is sent. When the time is over, the response is 408; or
    /// the connection ends, if the response has begun.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) content_timeout: Duration,

    /// Expect this many bytes of content a second
    ///
    /// A client that is slower for longer than the content timeout is disconnected. 0 allows any rate.
    #[arg(long, value_name = "BYTES", default_value_t = Timeouts::default().min_rate)]
    pub(crate) min_rate: u64,

    /// Keep an idle connection open this long
    ///
    /// A connection is idle between two requests.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,

    /// Wait this long for the last responses
    ///
    /// SIGINT or SIGTERM tells the server to stop: it accepts no more clients, and responds to the requests in flight. A
    /// second signal ends it at once.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) shutdown_timeout: Duration,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArguments {
    /// Log messages of this level and above to standard error
    ///
    /// LEVEL is off, error, warn, info or debug. At info there is a line for each request: address, method, target, status,
    /// bytes of content, time.
    #[arg(
        long = "log-level",
        value_name = "LEVEL",
        default_value = "info",
        conflicts_with = "quiet",
        hide_possible_values = true
    )]
    #[arg(value_parser = PossibleValuesParser::new(["off", "error", "warn", "info", "debug"])
        .try_map(|level| level.parse::<LevelFilter>()))]
    level: LevelFilter,

    /// Log nothing
    #[arg(long, short)]
    quiet: bool,
}

impl LogArguments {
    pub(crate) fn level(&self) -> LevelFilter {
        if self.quiet { LevelFilter::Off } else { self.level }
    }
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Other")]
struct OtherArguments {
    /// Print help: one line for each flag (-h), or everything (--help)
    #[arg(long, short, action = ArgAction::Help)]
    help: Option<bool>,

    /// Print the version
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

/// A positive number of seconds, decimals allowed.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(duration) if duration >= Duration::from_millis(1) => Ok(duration),
        _ => Err("must be at least 0.001 seconds".to_owned()),
    }
}

/// The message for a directory that cannot be opened, with what to do. `flag` names the directory.
pub(crate) fn cannot_open(path: &Path, flag: &str, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        ErrorKind::NotFound => format!("create it, or name another with {flag}"),
        ErrorKind::NotADirectory => "name the directory that holds the files".to_owned(),
        ErrorKind::PermissionDenied => format!("let this user read it, or name another with {flag}"),
        _ => format!("name another with {flag}"),
    };
    anyhow!("cannot open the directory {}: {error}; {remedy}", path.display())
}

/// The message for a host whose address cannot be found.
pub(crate) fn cannot_resolve(host: &str) -> String {
    format!("cannot find the address of {host:?}; give an address of this machine with --host")
}

/// The message for an address that cannot be listened on, with what to do.
pub(crate) fn cannot_listen(host: &str, port: u16, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => "end the program that uses the port, or choose another with --port",
        ErrorKind::AddrNotAvailable => "give an address of this machine with --host",
        ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose another with --port",
        _ => "choose others with --host and --port",
    };
    anyhow!("cannot listen on {host}:{port}: {error}; {remedy}")
}
