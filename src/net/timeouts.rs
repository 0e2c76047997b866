//! Timeouts and the minimum rate. A thread serves one client, so these bound how long a client can hold a thread that
//! does nothing useful for it.

use std::{
    io::{self, ErrorKind},
    time::{Duration, Instant},
};

/// The time that a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Between two requests.
    pub idle: Duration,
    /// For a head, from its first byte to its last.
    pub head: Duration,
    /// Without a byte of content, in either direction.
    pub content: Duration,
    /// Bytes of content a second, in either direction: a client that is slower for longer than `content` is given up.
    /// 0 for any.
    pub min_rate: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            idle: Duration::from_secs(60),
            head: Duration::from_secs(30),
            content: Duration::from_secs(30),
            min_rate: 500,
        }
    }
}

/// Watches that content moves fast enough for its client to be worth a thread.
///
/// Each byte earns time, at the minimum rate, but never more than the timeout for a gap: a client that has been
/// fast does not thereby earn the right to be slow for long.
#[derive(Debug)]
pub(super) struct RateGuard<'s> {
    timeouts: &'s Timeouts,
    /// The end of the time earned; None if it is too far away to be told.
    deadline: Option<Instant>,
}

impl<'s> RateGuard<'s> {
    /// Starts the clock.
    pub(super) fn new(timeouts: &'s Timeouts) -> Self {
        RateGuard { timeouts, deadline: Instant::now().checked_add(timeouts.content) }
    }

    /// Counts bytes that were sent or received.
    pub(super) fn moved(&mut self, count: usize) {
        if self.timeouts.min_rate == 0 {
            return;
        }
        let earned = Duration::from_secs_f64(count as f64 / self.timeouts.min_rate as f64);
        let latest = Instant::now().checked_add(self.timeouts.content);
        self.deadline = match (self.deadline.and_then(|deadline| deadline.checked_add(earned)), latest) {
            (Some(deadline), Some(latest)) => Some(deadline.min(latest)),
            (deadline, latest) => deadline.or(latest),
        };
    }

    /// The time that the next bytes may take.
    ///
    /// # Errors
    /// `TimedOut` when no time is left.
    pub(super) fn time_left(&self) -> io::Result<Duration> {
        let gap = self.timeouts.content;
        let Some(deadline) = self.deadline.filter(|_| self.timeouts.min_rate > 0) else { return Ok(gap) };
        let left = deadline.saturating_duration_since(Instant::now()).min(gap);
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Tells a timeout from other errors of a stream.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
