//! The access log: one line for each request.

use std::{net::SocketAddr, time::Instant};

use log::{Level, log_enabled};

use crate::http::{request::Request, status::Status};

/// A line of the access log in the making. When the log is off it is nothing at all.
#[derive(Debug)]
pub(crate) struct Entry(Option<(SocketAddr, Instant)>);

impl Entry {
    /// Starts the clock.
    pub(crate) fn begin(address: SocketAddr) -> Self {
        Entry(log_enabled!(Level::Info).then(|| (address, Instant::now())))
    }

    /// Writes the line: address, method, target, status, bytes of content, time. A request that was refused
    /// before it was understood has neither method nor target, and one whose client left before the response
    /// has no status. `lost` marks a response, if any, that did not get to its end.
    pub(crate) fn end(self, request: Option<&Request<'_>>, status: Option<Status>, content_sent: u64, lost: bool) {
        let Some((address, begun)) = self.0 else { return };
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        // The grammar lets only visible ASCII into a target, so nothing in it needs escaping.
        let (method, target) = match request {
            Some(request) => (request.method.token(), String::from_utf8_lossy(request.raw_target)),
            None => ("-", "-".into()),
        };
        let status = status.map_or_else(|| "-".to_owned(), |status| status.code().to_string());
        let lost = if lost { " lost" } else { "" };
        log::info!("{address} {method} {target} {status} {content_sent}B {milliseconds:.3}ms{lost}");
    }
}
