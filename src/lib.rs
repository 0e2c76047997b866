//! An HTTP/1.1 server from TCP up, one thread a client.
//!
//! Each folder is a layer, and imports only from those below it:
//!
//! 1. [`net`] accepts a client and gives it a thread, which moves bytes between its stream and a `Connection`.
//! 2. [`app`] is what is served: the route table, a file for each endpoint, and the web site.
//! 3. [`content`] is a response with its content, and what of it this client gets: compressed, in part, not at all.
//! 4. [`fs`] is the directory that files are read from and written to, and the only place that touches the file system.
//! 5. [`http`] is the protocol as pure functions and a state machine, without I/O.
//!
//! [`mod@log`] is the access log and its output.

pub mod app;
pub mod content;
pub mod fs;
pub mod http;
mod lock;
pub mod log;
pub mod net;
