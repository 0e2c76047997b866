//! An HTTP/1.1 server from TCP up, one thread a client.
//!
//! The way of one request, each step a module:
//!
//! 1. [`server`] accepts a client and gives it a thread; [`client`] reads what it sends.
//! 2. [`connection`] turns the bytes into events, without I/O; [`parse`] is its grammar, and [`limits`] bounds
//!    what it takes. A request that breaks a rule ends here with a [`rejection`].
//! 3. [`routes`] looks the [`request`] up in its table and calls a handler, which may read the request's
//!    content through [`body`] and files through [`directory`], and makes a [`response`].
//! 4. [`representation`] selects what of it this client gets: compressed ([`encoding`]), not at all because
//!    it has it already ([`conditions`]), or a part ([`ranges`]).
//! 5. `Connection::reply` decides how the content is framed; `wire` sends head and content in one write.

mod access;
pub mod body;
mod buffer;
pub mod client;
pub mod conditions;
pub mod connection;
pub mod date;
pub mod directory;
pub mod encoding;
pub mod fields;
mod handlers;
pub mod limits;
pub mod log_output;
pub mod media_type;
pub mod parse;
pub mod ranges;
pub mod rejection;
pub mod representation;
pub mod request;
pub mod response;
pub mod routes;
mod scan;
pub mod server;
pub mod status;
mod upload;
pub mod website;
mod wire;
