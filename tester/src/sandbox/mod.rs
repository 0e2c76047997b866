//! What shuts pushed code in: namespaces, a root of its own, limits.

pub mod confine;
pub mod limits;
pub(crate) mod memory;
pub mod namespaces;
pub mod network;
pub(crate) mod root;
pub(crate) mod scratch;
pub mod tier;
pub mod toolchain;
