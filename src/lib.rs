//! An HTTP/1.1 server from TCP up, one thread a client.
//!
//! The way of one request, each step a module:
//!
//! 1. [`server`] accepts a client and gives it a thread; [`client`] reads what it sends.
//! 2. [`connection`] turns the bytes into events, without I/O; [`parse`] is its grammar. A request that
//!    breaks a rule ends here with a [`rejection`].
//! 3. [`routes`] looks the [`request`] up in its table and calls a handler, which may read the request's
//!    content through [`body`] and files through [`directory`], and makes a [`response`].
//! 4. [`encoding`] compresses the content if the client asked for that; `Connection::reply` decides how it is
//!    framed; `wire` sends head and content in one write.

mod access;
pub mod body;
mod buffer;
pub mod client;
pub mod connection;
pub mod directory;
pub mod encoding;
pub mod fields;
mod handlers;
pub mod parse;
pub mod rejection;
pub mod request;
pub mod response;
pub mod routes;
pub mod server;
pub mod status;
mod upload;
mod wire;
