//! What the tester asks of the operating system, apart from programs and sandboxes.

pub mod exit;
pub(crate) mod itself;
pub(crate) mod json_lines;
pub mod ports;
pub(crate) mod proc;
pub(crate) mod remove;
