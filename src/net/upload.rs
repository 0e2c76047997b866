//! The content of a request on its way from the stream to a handler.

use std::io;

use super::{
    buffer::Buffer,
    timeouts::{RateGuard, is_timeout},
    wire::Wire,
};
use crate::http::{
    body::{Body, BodyError},
    connection::{CONTINUE, Connection, Event},
    rejection::Rejection,
};

/// Content that nobody wanted and that is still read before the response. If more is to come, a new
/// connection costs less than the rest.
const SKIP_LIMIT: u64 = 256 * 1024;
/// Room for reading content: at first, and when a lot of it arrives.
const ROOM: (usize, usize) = (16 * 1024, 256 * 1024);

/// The content of the request at hand. Its head still lies in the buffer that was read first, where the
/// handler looks at it, so what arrives from now on is read into another.
pub(super) struct Upload<'c, 's> {
    connection: &'c mut Connection,
    wire: &'c mut Wire<'s>,
    /// The bytes that had arrived together with the head, and how many of them are consumed.
    early: &'c [u8],
    consumed: usize,
    /// The bytes that arrived later.
    late: Buffer,
    guard: Option<RateGuard<'s>>,
    ended: bool,
}

impl<'c, 's> Upload<'c, 's> {
    pub(super) fn new(connection: &'c mut Connection, wire: &'c mut Wire<'s>, early: &'c [u8]) -> Self {
        Upload { connection, wire, early, consumed: 0, late: Buffer::new(), guard: None, ended: false }
    }

    /// Reads what the handler has left of the content, so that a request that breaks a rule further on, or
    /// is never complete, is not answered as if it were whole (RFC 9112 sections 6.3 and 8). Not if that is too
    /// much, or if the client waits to be asked for it: then the connection ends with the response.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub(super) fn skip_rest(&mut self) -> Result<(), BodyError> {
        let mut skipped = 0;
        while skipped <= SKIP_LIMIT && self.connection.sends_at_most(SKIP_LIMIT) {
            match self.next()? {
                Some(piece) => skipped += piece.len() as u64,
                None => break,
            }
        }
        Ok(())
    }

    /// The number of bytes consumed of what had arrived with the head, and what arrived since.
    pub(super) fn into_rest(self) -> (usize, Buffer) {
        (self.consumed, self.late)
    }

    fn read(&mut self) -> Result<(), BodyError> {
        // Framing that was cut short by the end of the first buffer goes on in the second.
        self.late.append(&self.early[self.consumed..]);
        self.consumed = self.early.len();
        if self.connection.take_continue() {
            self.wire.output.extend_from_slice(CONTINUE);
        }
        let guard = self.guard.get_or_insert_with(|| RateGuard::new(self.wire.timeouts()));
        let result = match guard.time_left() {
            Ok(time) => self.wire.read(&mut self.late, ROOM, time),
            Err(error) => Err(error),
        };
        let reason = match result {
            Ok(0) => Rejection::Incomplete,
            Ok(count) => {
                guard.moved(count);
                return Ok(());
            }
            Err(error) if is_timeout(&error) => Rejection::Timeout,
            Err(error) => return Err(lost(&error)),
        };
        match self.connection.interrupt(self.late.unread(), reason) {
            Event::Reject(rejection) => Err(BodyError::Rejected(rejection)),
            _ => Err(BodyError::Lost),
        }
    }
}

fn lost(error: &io::Error) -> BodyError {
    log::debug!("client lost in the middle of its request: {error}");
    BodyError::Lost
}

/// The bytes that a step through the content has used up: of all that was received, and of the content that it
/// ended with.
struct Taken {
    received: usize,
    content: usize,
    /// True if it had arrived with the head.
    early: bool,
}

impl Upload<'_, '_> {
    /// Takes in some more of the request, perhaps nothing; reads if there is nothing to take. None at its end.
    fn step(&mut self) -> Result<Option<Taken>, BodyError> {
        if self.ended {
            return Ok(None);
        }
        let early = self.consumed < self.early.len();
        let unread = if early { &self.early[self.consumed..] } else { self.late.unread() };
        let step = self.connection.receive(unread);
        let received = step.consumed;
        let mut starved = false;
        let content = match step.event {
            Event::Body(piece) => piece.len(),
            Event::NeedMore => {
                starved = true;
                0
            }
            Event::Reject(rejection) => return Err(BodyError::Rejected(rejection)),
            Event::End | Event::Closed | Event::Head(_) => {
                self.ended = true;
                0
            }
        };
        if early {
            self.consumed += received;
        } else {
            self.late.consume(received);
        }
        // What has been taken is looked at first: reading lets go of it.
        if starved && received == 0 {
            self.read()?;
        }
        Ok(Some(Taken { received, content, early }))
    }

    /// The last bytes that were taken.
    fn last(&self, early: bool, count: usize) -> &[u8] {
        if early { &self.early[self.consumed - count..self.consumed] } else { self.late.last(count) }
    }
}

impl Body for Upload<'_, '_> {
    fn next(&mut self) -> Result<Option<&[u8]>, BodyError> {
        while let Some(taken) = self.step()? {
            if taken.content > 0 {
                return Ok(Some(self.last(taken.early, taken.content)));
            }
        }
        Ok(None)
    }

    fn next_raw(&mut self) -> Result<Option<&[u8]>, BodyError> {
        while let Some(taken) = self.step()? {
            if taken.received > 0 {
                return Ok(Some(self.last(taken.early, taken.received)));
            }
        }
        Ok(None)
    }

    fn exceeds(&self, limit: u64) -> bool {
        self.connection.content_exceeds(limit)
    }
}
