//! The settings that are the same for all clients.

use super::timeouts::Timeouts;
use crate::{app::site::Site, http::limits::Limits};

/// The settings of a server: what it serves, and what it takes from its clients.
#[derive(Debug, Default)]
pub struct ServerConfig {
    pub site: Site,
    /// The limits on what a client may send.
    pub limits: Limits,
    /// The limits on the time that it may take.
    pub timeouts: Timeouts,
    /// True if responses are to have a `Date` field (RFC 9110 section 6.6.1).
    pub date: bool,
}
