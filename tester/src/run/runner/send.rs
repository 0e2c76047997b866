//! Sends a write, and shows it as a command.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use super::state::Runner;
use crate::{
    http::curl,
    judge::difference::{Difference, Mismatch},
    run::{connection::Connection, events::Entry, failure::Failure},
    text,
    transcript::{Part, Write},
};

impl Runner<'_> {
    /// Sends a write on one connection.
    ///
    /// # Errors
    /// The program takes no more, or the transcript cannot be sent.
    pub(super) fn write(
        &mut self,
        write: &Write,
        name: &str,
        member: Option<usize>,
        line: usize,
    ) -> Result<(), Failure> {
        let bytes = self.bytes(write, name, member, line)?;
        if self.log.debug {
            let times = if write.times > 1 { format!(" ({} times)", write.times) } else { String::new() };
            for text in text::lines(&bytes, 200) {
                self.log.add(Entry::Bytes(format!("{name}> {text}{times}")));
            }
        }
        let deadline = Instant::now() + self.options.timeout;
        match send(self.connection(name)?, write, &bytes, deadline) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let what = Mismatch::StoppedReading(self.options.timeout);
                Err(self.wrong(line, name, Difference::bare(what), None))
            }
            Err(error) => Err(self.broken(line, error.to_string())),
        }
    }

    /// The bytes of a write with its values. The requests in it are noted as sent, and shown as commands.
    fn bytes(&mut self, write: &Write, name: &str, member: Option<usize>, line: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let first = member.is_none_or(|number| self.transcript.group(&write.conn) == Some(number));
        for part in &write.parts {
            let piece = self.values.part(part, member).map_err(|why| self.broken(line, why))?;
            // A message that goes on with a request that was begun is no request of its own.
            let begins = matches!(part, Part::Message(_)) || self.connection(name)?.heads.is_empty();
            if begins {
                for _ in 0..write.times {
                    self.connection(name)?.heads.push_back(piece.starts_with(b"HEAD "));
                }
            }
            if first {
                let command = curl::curl(&piece, self.options.port);
                let command = command.unwrap_or_else(|| curl::netcat(&piece, self.options.port));
                self.log.add(Entry::Command(command));
            }
            bytes.extend(piece);
        }
        Ok(bytes)
    }
}

/// Sends bytes as often as the write says, in pieces where it says so.
fn send(connection: &mut Connection, write: &Write, bytes: &[u8], deadline: Instant) -> io::Result<()> {
    let (size, pause) = write.cut.unwrap_or((bytes.len().max(1), Duration::ZERO));
    for round in 0..write.times {
        for (number, piece) in bytes.chunks(size).enumerate() {
            if round + number > 0 && !pause.is_zero() {
                thread::sleep(pause);
            }
            connection.send(piece, deadline.max(Instant::now() + pause))?;
        }
    }
    Ok(())
}
