//! Files beneath an open directory: the only place that touches the file system.
//!
//! The directory is held as an open descriptor, and the kernel resolves every path *beneath* it (`cap-std`: `openat2`
//! with `RESOLVE_BENEATH`). No spelling of a name and no symbolic link leads out of it.

pub mod directory;
pub(crate) mod error;
pub(crate) mod file;
mod media_type;
pub(crate) mod name;
pub mod store;
