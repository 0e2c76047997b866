//! Opens connections: waits until the program listens, and opens them no faster than it accepts.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::state::Runner;
use crate::{
    os::ports,
    run::{
        connection::Connection,
        events::Entry,
        failure::{Failure, Moment},
    },
    transcript::Connect,
};

/// After this time without anybody listening the tester says that it waits.
const STILL_WAITING: Duration = Duration::from_secs(2);
/// Longest time to try for a connection once the program has listened.
const REFUSED: Duration = Duration::from_secs(2);
/// So many connections of a group are opened before the tester looks whether they have been accepted: a program may let
/// the system keep no more than a few for it.
const AT_ONCE: usize = 4;
/// Longest time for a program to accept them, on a machine that is busy with other things.
const ACCEPTED: Duration = Duration::from_secs(5);

impl Runner<'_> {
    pub(super) fn connect(&mut self, all: &[Connect], line: usize) -> Result<(), Failure> {
        for Connect { name, count } in all {
            let names = match count {
                Some(count) => (1..=*count).map(|number| format!("{name}{number}")).collect(),
                None => vec![name.clone()],
            };
            let mut waiting = true;
            for (number, name) in names.into_iter().enumerate() {
                if waiting && number > 0 && number % AT_ONCE == 0 {
                    waiting = self.accepted();
                }
                let connection = self.connect_one(line)?;
                self.connections.insert(name, connection);
            }
            self.log.add(Entry::Tick(match count {
                Some(count) => {
                    format!("{count} connections to localhost:{} ({name}1 to {name}{count})", self.options.port)
                }
                None => format!("connection {name} to localhost:{}", self.options.port),
            }));
        }
        Ok(())
    }

    /// Waits until the program has accepted what was opened so far. `false`: it has not, and does not seem to be going
    /// to.
    fn accepted(&self) -> bool {
        let deadline = Instant::now() + ACCEPTED;
        while ports::unaccepted(self.options.port) > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    fn connect_one(&mut self, line: usize) -> Result<Connection, Failure> {
        let first = self.connections.is_empty();
        let begin = Instant::now();
        let limit = if first { self.options.start } else { REFUSED };
        let mut pause = Duration::from_millis(1);
        let mut said_so = false;
        loop {
            let error = match Connection::connect(self.options.port, &self.allowance) {
                Ok(connection) => {
                    if first {
                        (self.started)(begin.elapsed());
                    }
                    return Ok(connection);
                }
                Err(error) => error,
            };
            if let Some(why) = self.program.refused() {
                return Err(Failure::NotStarted { why, line });
            }
            if let Some(how) = self.program.ended() {
                let during = if first { Moment::Starting } else { Moment::Connecting };
                return Err(Failure::Died { how, during, listened: !first, line });
            }
            if begin.elapsed() >= limit {
                let port = self.options.port;
                let what = if first {
                    format!("Nothing listens on port {port} of localhost after {} s ({error})", limit.as_secs_f32())
                } else {
                    format!(
                        "Port {port} accepts no further connections ({error}), although your program is still running"
                    )
                };
                return Err(Failure::NotListening { what, listened: !first, line });
            }
            if first && !said_so && begin.elapsed() >= STILL_WAITING {
                said_so = true;
                self.log.add(Entry::Note(format!(
                    "Waiting for port {} (up to {} s: a first start may compile) …",
                    self.options.port,
                    limit.as_secs_f32()
                )));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}
