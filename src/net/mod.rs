//! The listener, the threads that serve clients, and what moves their bytes.

mod buffer;
pub mod conversation;
pub mod server;
mod upload;
mod wire;
