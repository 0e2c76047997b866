//! The operating system, as the tester needs it apart from programs and sandboxes.

pub(crate) mod exit;
pub(crate) mod itself;
pub(crate) mod json_lines;
pub(crate) mod ports;
pub(crate) mod proc;
pub(crate) mod remove;
