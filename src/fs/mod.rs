//! Files beneath an open directory.

pub mod directory;
