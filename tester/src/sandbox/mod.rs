//! The sandbox for pushed code: namespaces, a root of its own, limits.
//!
//! From the outside in: [`namespaces`] are made first, [`root`] is the file system in them, and [`confine`] is the view of
//! it that one script has, as its [`cell`] says.

pub mod bubblewrap;
pub(crate) mod cell;
pub mod confine;
pub mod limits;
pub(crate) mod memory;
pub mod namespaces;
pub mod network;
pub(crate) mod report;
pub(crate) mod root;
pub(crate) mod scratch;
pub(crate) mod system;
pub mod tier;
pub mod toolchain;
