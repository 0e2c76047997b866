//! The subcommands that have a file of their own.

pub(crate) mod doctor;
pub(crate) mod grade;
pub(crate) mod sandbox;
