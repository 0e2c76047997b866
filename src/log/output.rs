//! The log's output: standard error, without blocking on a reader that has stopped.

use std::{
    io::{self, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use log::{Level, Log, Metadata, Record};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use crate::lock::lock;

/// Bytes that a pipe takes without blocking once it is ready (POSIX `PIPE_BUF` on Linux).
const PIECE: usize = 4096;
/// Time that a reader of the log may keep everybody waiting: a program that is busy for a moment loses nothing.
const READER_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes messages, one a line. Errors and warnings say that they are.
#[derive(Debug, Default)]
pub struct Logger(Mutex<LogOutput>);

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            Level::Error => "error: ",
            Level::Warn => "warn: ",
            Level::Info | Level::Debug | Level::Trace => "",
        };
        if self.enabled(record.metadata()) {
            let line = format!("{level}{}\n", record.args());
            // There is nobody to tell of a log that cannot be written.
            let _ = lock(&self.0).write_line(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Standard error as the log's output: a line at a time. While it is a pipe that is full and that
/// nobody reads, lines are dropped and counted, since a server that waits to write its log serves nobody, and
/// could not even be stopped.
#[derive(Debug, Default)]
struct LogOutput {
    /// Lines dropped since the last that was written.
    lost: u64,
    /// True if the last line written lacks its end.
    cut: bool,
}

impl LogOutput {
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        // Waited for once: from then on, what cannot be written at once is lost, until something can.
        let deadline = Instant::now() + if self.lost == 0 { READER_TIMEOUT } else { Duration::ZERO };
        if self.lost > 0 && is_ready(deadline)? {
            let begin = if std::mem::take(&mut self.cut) { "\n" } else { "" };
            let notice = format!("{begin}warn: {} lines of the log are lost, because nobody read them\n", self.lost);
            io::stderr().write_all(notice.as_bytes())?;
            self.lost = 0;
        }
        for (number, piece) in line.chunks(PIECE).enumerate() {
            if self.lost > 0 || !is_ready(deadline)? {
                self.lost += 1;
                self.cut |= number > 0;
                break;
            }
            io::stderr().write_all(piece)?;
        }
        Ok(())
    }
}

/// Waits until standard error takes a piece without blocking, or fails at once. False if the time is over.
fn is_ready(deadline: Instant) -> io::Result<bool> {
    loop {
        let time = deadline.saturating_duration_since(Instant::now());
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
        match poll(&mut [PollFd::new(&io::stderr(), PollFlags::OUT)], Some(&time)) {
            Err(Errno::INTR) => {}
            result => return Ok(result? > 0),
        }
    }
}
