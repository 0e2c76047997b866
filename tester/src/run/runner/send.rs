//! Sends a write, and shows it as a command.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::state::Runner;
use crate::{
    http::curl,
    judge::difference::{Difference, Mismatch},
    run::{events::Entry, failure::Failure},
    text,
    transcript::{Part, Write},
};

impl Runner<'_> {
    pub(super) fn write(
        &mut self,
        write: &Write,
        name: &str,
        member: Option<usize>,
        line: usize,
    ) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let first = member.is_none_or(|number| self.transcript.group(&write.conn) == Some(number));
        for part in &write.parts {
            let piece = self.values.part(part, member).map_err(|why| self.broken(line, why))?;
            // What goes on with a request that was begun is no request of its own.
            let begins = matches!(part, Part::Message(_)) || self.client(name)?.heads.is_empty();
            if begins {
                for _ in 0..write.times {
                    self.client(name)?.heads.push_back(piece.starts_with(b"HEAD "));
                }
            }
            if first {
                let command = curl::curl(&piece, self.options.port);
                let command = command.unwrap_or_else(|| curl::netcat(&piece, self.options.port));
                self.log.add(Entry::Command(command));
            }
            bytes.extend(piece);
        }
        let deadline = Instant::now() + self.options.timeout;
        if self.log.debug {
            let times = if write.times > 1 { format!(" ({} times)", write.times) } else { String::new() };
            for text in text::lines(&bytes, 200) {
                self.log.add(Entry::Bytes(format!("{name}> {text}{times}")));
            }
        }
        let (size, pause) = write.cut.unwrap_or((bytes.len().max(1), Duration::ZERO));
        let client = self.client(name)?;
        let mut sent = Ok(());
        'all: for round in 0..write.times {
            for (number, piece) in bytes.chunks(size).enumerate() {
                if round + number > 0 && !pause.is_zero() {
                    thread::sleep(pause);
                }
                sent = client.send(piece, deadline.max(Instant::now() + pause));
                if sent.is_err() {
                    break 'all;
                }
            }
        }
        match sent {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                let what = Mismatch::StoppedReading(self.options.timeout);
                Err(self.wrong(line, name, Difference::bare(what), None))
            }
            Err(error) => Err(self.broken(line, error.to_string())),
        }
    }
}
