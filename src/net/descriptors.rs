//! Open file descriptors: how many there may be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors kept back from clients: the listener, standard streams, and the files they ask for.
const RESERVED_DESCRIPTORS: u64 = 64;

/// Raises the limit on open descriptors as far as the system allows without privileges. A client needs one,
/// or two while it reads or writes a file.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("cannot raise the limit on open files: {error}");
    }
}

/// The number of clients that the limit on open descriptors leaves room for.
pub(super) fn descriptors_for_clients() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(RESERVED_DESCRIPTORS.min(limit / 4))).unwrap_or(usize::MAX)
}
