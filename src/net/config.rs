//! The settings that are the same for all clients.

use super::timeouts::Timeouts;
use crate::{app::site::Site, http::limits::Limits};

/// What a server serves, and what it takes from its clients.
#[derive(Debug, Default)]
pub struct ServerConfig {
    pub site: Site,
    /// How much a client may send.
    pub limits: Limits,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// Whether responses have a `Date` field (RFC 9110 section 6.6.1).
    pub date: bool,
}
