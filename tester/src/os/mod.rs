//! What the tester asks of the operating system, apart from programs and sandboxes.

pub(crate) mod exit;
pub mod ports;
pub(crate) mod remove;
