//! The `http-server` command: log, bind, run.

mod cli;

use std::{
    io::{self, Write},
    net::{SocketAddr, ToSocketAddrs},
    path::Path,
    process::ExitCode,
    sync::Arc,
    thread,
};

use anyhow::{Context, Result};
use clap::Parser;
use http_server::{
    app::{site::Site, website::Website},
    fs::{directory::Directory, store::keep_descriptor_for_storing},
    http::limits::Limits,
    log::output::Logger,
    net::{
        config::ServerConfig,
        descriptors::raise_descriptor_limit,
        server::{Server, Stopper},
        timeouts::Timeouts,
    },
};
use log::LevelFilter;
use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGXFSZ},
    flag,
    iterator::Signals,
    low_level::emulate_default_handler,
};

use crate::cli::{Arguments, ListenArguments, cannot_listen, cannot_open, cannot_resolve};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be gone; that is no reason to panic.
            let _ = writeln!(io::stderr(), "http-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    start_logging(arguments.log.level())?;
    raise_descriptor_limit();
    let server = bind(&arguments.listen, arguments.limits.max_clients as usize, config(arguments)?)?;
    let address = server.address().context("cannot tell the address")?;
    survive_file_size_limit()?;
    // Before the first response, because a client that has a response may already send a signal.
    let signals = Signals::new([SIGINT, SIGTERM]).context("cannot handle signals")?;
    let server = server.start();
    stop_on_signals(signals, server.stopper())?;
    if arguments.serve.directory.is_some() {
        keep_descriptor_for_storing();
    }
    if arguments.listen.port == 0 {
        // For the program that started this one and does not know the port.
        writeln!(io::stdout(), "listening on http://{address}").context("cannot print the port")?;
    }
    log::info!("listening on http://{address}");
    server.run(arguments.timeouts.shutdown_timeout);
    log::info!("stopped");
    Ok(())
}

fn config(arguments: &Arguments) -> Result<ServerConfig> {
    let Arguments { serve, limits, timeouts, .. } = arguments;
    let directory =
        |path: &Path| Directory::open(path, serve.durable).map_err(|error| cannot_open(path, "--directory", &error));
    let website =
        |path: &Path| Website::open(path, !serve.no_listing).map_err(|error| cannot_open(path, "--root", &error));
    Ok(ServerConfig {
        site: Site {
            directory: serve.directory.as_deref().map(directory).transpose()?,
            website: serve.root.as_deref().map(website).transpose()?,
        },
        limits: Limits {
            head: limits.max_head,
            target: limits.max_target,
            fields: limits.max_fields,
            content: limits.max_content,
        },
        timeouts: Timeouts {
            idle: timeouts.idle_timeout,
            head: timeouts.head_timeout,
            content: timeouts.content_timeout,
            min_rate: timeouts.min_rate,
        },
        date: serve.date,
    })
}

fn start_logging(level: LevelFilter) -> Result<()> {
    log::set_boxed_logger(Box::new(Logger::default())).context("cannot start the log")?;
    log::set_max_level(level);
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
    Ok(())
}

fn bind(listen: &ListenArguments, capacity: usize, config: ServerConfig) -> Result<Server> {
    let (host, port) = (&*listen.host, listen.port);
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().with_context(|| cannot_resolve(host))?.collect();
    Server::bind(&addresses, capacity, config).map_err(|error| cannot_listen(host, port, &error))
}

/// A file that grows beyond the process's limit on file sizes ends the process by a signal, unless somebody
/// catches that; then it is an error like any other, and concerns one client.
fn survive_file_size_limit() -> Result<()> {
    flag::register(SIGXFSZ, Arc::default()).context("cannot handle signals")?;
    Ok(())
}

/// The first SIGINT or SIGTERM lets the server finish; the next ends the process as if nobody had caught it.
fn stop_on_signals(mut signals: Signals, stopper: Stopper) -> Result<()> {
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                log::info!("finishing what is in flight");
                stopper.stop();
            }
            if let Some(signal) = signals.next() {
                let _ = emulate_default_handler(signal);
            }
        })
        .context("cannot start a thread to handle signals")?;
    Ok(())
}
