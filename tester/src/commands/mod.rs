//! The subcommands that have a file of their own.

pub(crate) mod doctor;
pub(crate) mod grade;
pub(crate) mod hook;
pub(crate) mod new;
pub(crate) mod remote;
pub(crate) mod sandbox;
pub(crate) mod status;
