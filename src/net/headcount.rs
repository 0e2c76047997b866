//! The count of clients and of threads that wait for one, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// The numbers of clients that are connected and of threads that wait in `accept` or are about to. Both in one word,
/// clients in its upper half, so that a thread that goes from the one to the other is counted once at any moment.
#[derive(Debug, Default)]
pub(super) struct Headcount(AtomicU64);

impl Headcount {
    const CLIENT: u64 = 1 << 32;
    const WAITING: u64 = 1;

    /// Gives the clients, and the threads that wait.
    pub(super) fn get(&self) -> (usize, usize) {
        Self::split(self.0.load(Ordering::SeqCst))
    }

    fn split(count: u64) -> (usize, usize) {
        ((count >> 32) as usize, count as u32 as usize)
    }

    pub(super) fn begin_to_wait(&self) {
        self.0.fetch_add(Self::WAITING, Ordering::SeqCst);
    }

    pub(super) fn cease_to_wait(&self) {
        self.0.fetch_sub(Self::WAITING, Ordering::SeqCst);
    }

    /// A thread that waited has got a client. Gives the new counts.
    pub(super) fn enter(&self) -> (usize, usize) {
        let change = Self::CLIENT - Self::WAITING;
        Self::split(self.0.fetch_add(change, Ordering::SeqCst) + change)
    }

    /// A client has left. Its thread waits for another if fewer than `spare` do. Gives how many clients are left,
    /// and whether the thread is to wait.
    pub(super) fn leave(&self, spare: usize) -> (usize, bool) {
        let next = |count| {
            let stays = Self::split(count).1 < spare;
            (count - Self::CLIENT + if stays { Self::WAITING } else { 0 }, stays)
        };
        let mut count = self.0.load(Ordering::SeqCst);
        loop {
            let (new, stays) = next(count);
            match self.0.compare_exchange_weak(count, new, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return (Self::split(new).0, stays),
                Err(actual) => count = actual,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_and_threads_that_wait_are_counted_together() {
        let headcount = Headcount::default();
        headcount.begin_to_wait();
        headcount.begin_to_wait();
        assert_eq!(headcount.enter(), (1, 1));
        assert_eq!(headcount.enter(), (2, 0));
        assert_eq!(headcount.leave(1), (1, true));
        assert_eq!(headcount.leave(1), (0, false));
        assert_eq!(headcount.get(), (0, 1));
        headcount.cease_to_wait();
        assert_eq!(headcount.get(), (0, 0));
    }
}
