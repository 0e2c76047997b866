//! The listener, the threads that serve clients, and what moves their bytes.

mod buffer;
pub mod config;
pub(crate) mod conversation;
pub mod descriptors;
mod headcount;
pub mod server;
pub mod timeouts;
mod upload;
mod wire;
