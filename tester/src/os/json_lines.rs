//! Messages between the tester's own processes: one JSON text a line.

use std::io::{self, Write};

use serde::{Serialize, de::DeserializeOwned};

/// Writes a message.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    // At once: several processes may write to the same pipe.
    to.write_all(&line)?;
    to.flush()
}

/// Reads a message, with or without its line feed.
pub(crate) fn parse<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    serde_json::from_slice(line).map_err(io::Error::other)
}
