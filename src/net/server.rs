//! The listener, a thread for each client, and the end of both.
//!
//! Threads take turns at the listener: each waits in `accept`, serves the client that it has accepted to its
//! end, and goes back to wait for the next. So there is no hand-over, and mostly no new thread. When the last
//! that waited has got a client, [`Server::run`] starts another.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    net::{Shutdown, listen, shutdown, sockopt},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

use super::conversation::{Client, Memory, Service};

/// Connections that the system completes while the server has not yet taken them.
const BACKLOG: i32 = 4096;
/// Enough for the deepest call, a panic's message included. Only the pages that are touched count.
const STACK: usize = 256 * 1024;
/// Threads that wait for clients when there are few; more end when their client leaves.
const SPARE_THREADS: usize = 64;
/// How long to wait, when the system refuses a descriptor or a thread, before trying again: others on the
/// machine may have given some back.
const RETRY: Duration = Duration::from_millis(100);
/// Descriptors kept back from clients: the listener, standard streams, and the files they ask for.
const RESERVED_DESCRIPTORS: u64 = 64;

/// A bound server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    service: Service,
    /// Clients at a time. Never exceeded: the clients connected and the threads that wait for one are together
    /// at most as many.
    capacity: usize,
    stopping: AtomicBool,
    headcount: Headcount,
    /// Whether the capacity has been reached, and the log says so.
    full: AtomicBool,
    /// The place of each thread, by the thread's number. Taken when a thread begins or ends, not for each client.
    places: Mutex<HashMap<u64, Arc<Place>>>,
    /// Threads that have been started so far.
    threads: AtomicU64,
    /// Signalled when no thread waits in `accept`, when a client leaves a stopping server, and on `stop`.
    changed: Condvar,
}

/// Where a thread keeps the client that it serves, for others to find.
type Place = Mutex<Option<Arc<Client>>>;

/// How many clients are connected, and how many threads wait in `accept` or are about to. Both in one word,
/// clients in its upper half, so that a thread that goes from the one to the other is counted once at any moment.
#[derive(Debug, Default)]
struct Headcount(AtomicU64);

impl Headcount {
    const CLIENT: u64 = 1 << 32;
    const WAITING: u64 = 1;

    /// Clients, and threads that wait.
    fn get(&self) -> (usize, usize) {
        Self::split(self.0.load(Ordering::SeqCst))
    }

    fn split(count: u64) -> (usize, usize) {
        ((count >> 32) as usize, count as u32 as usize)
    }

    fn begin_to_wait(&self) {
        self.0.fetch_add(Self::WAITING, Ordering::SeqCst);
    }

    fn cease_to_wait(&self) {
        self.0.fetch_sub(Self::WAITING, Ordering::SeqCst);
    }

    /// A thread that waited has got a client. Gives the new counts.
    fn enter(&self) -> (usize, usize) {
        let change = Self::CLIENT - Self::WAITING;
        Self::split(self.0.fetch_add(change, Ordering::SeqCst) + change)
    }

    /// A client has left. Its thread waits for another if fewer than `spare` do. Gives how many clients are left,
    /// and whether the thread is to wait.
    fn leave(&self, spare: usize) -> (usize, bool) {
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

impl Server {
    /// Binds an address, with `SO_REUSEADDR`, so that connections of an earlier server that linger in the
    /// system do not stand in the way of this one. Clients can connect from now on, and are served, up to
    /// `capacity` at a time, from [`Server::start`] or [`Server::run`] on.
    ///
    /// # Errors
    /// The address is in use, is not this machine's, or needs a permission.
    pub fn bind(addresses: &[SocketAddr], capacity: usize, service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind(addresses)?;
        // Each client's stream inherits these from the listener, which saves two system calls a client. Output is
        // gathered in `wire`, so there is nothing for Nagle's algorithm to do but delay it.
        sockopt::set_tcp_nodelay(&listener, true)?;
        sockopt::set_socket_timeout(&listener, sockopt::Timeout::Send, Some(service.patience.content))?;
        listen(&listener, BACKLOG)?;
        Ok(Server {
            listener,
            service,
            capacity: capacity.min(descriptors_for_clients()).max(1),
            stopping: AtomicBool::new(false),
            headcount: Headcount::default(),
            full: AtomicBool::new(false),
            places: Mutex::default(),
            threads: AtomicU64::new(0),
            changed: Condvar::new(),
        })
    }

    /// The address bound, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    /// As the system call.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Starts to serve clients, in a thread. The first need not wait then for what the caller has to do before
    /// [`Server::run`], which must follow. Only `run` looks at the capacity, so others call this once at most.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        self.headcount.begin_to_wait();
        let number = self.threads.fetch_add(1, Ordering::Relaxed);
        let server = Arc::clone(self);
        let started = thread::Builder::new().stack_size(STACK).spawn(move || server.attend(number));
        if started.is_err() {
            self.headcount.cease_to_wait();
        }
        started.map(drop)
    }

    /// Serves clients until [`Server::stop`] is called; those over the capacity wait in the backlog. Then
    /// finishes what is in flight, for `grace` at most.
    ///
    /// Nothing that a client or the system does ends it earlier.
    pub fn run(self: &Arc<Self>, grace: Duration) {
        let mut failing = false;
        loop {
            drop(self.wait(|| !self.is_short() && !self.is_stopping(), Duration::MAX));
            if self.is_stopping() {
                break;
            }
            let Err(error) = self.start() else {
                failing = false;
                continue;
            };
            // Once, not at every try.
            if !std::mem::replace(&mut failing, true) {
                log::error!("cannot start a thread for the next client: {error}; it waits");
            }
            drop(self.wait(|| !self.is_stopping(), RETRY));
        }
        self.drain(grace);
    }

    /// Whether a thread is needed that waits in `accept`.
    fn is_short(&self) -> bool {
        let (clients, waiting) = self.headcount.get();
        waiting == 0 && clients < self.capacity
    }

    /// Stops accepting clients and lets [`Server::run`] come to its end. May be called from any thread.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the threads that wait in `accept`.
        let _ = shutdown(&self.listener, Shutdown::Both);
        self.notify();
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The life of a thread: one client after the other.
    fn attend(&self, number: u64) {
        let place = Arc::new(Place::default());
        self.places().insert(number, Arc::clone(&place));
        let mut memory = Memory::default();
        loop {
            let Some((stream, address)) = self.accept() else {
                self.headcount.cease_to_wait();
                break;
            };
            if !self.serve(&place, stream, address, &mut memory) {
                break;
            }
        }
        self.places().remove(&number);
    }

    /// The next client; None when the server stops.
    #[inline(never)]
    fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        let mut failing = false;
        loop {
            match self.listener.accept() {
                Ok(accepted) => return Some(accepted),
                Err(_) if self.is_stopping() => return None,
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    // Once, not at every try.
                    if !std::mem::replace(&mut failing, true) {
                        log::error!("cannot accept clients: {error}; they wait");
                    }
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// Serves a client to its end. False if the thread is not needed any more.
    fn serve(&self, place: &Place, stream: TcpStream, address: SocketAddr, memory: &mut Memory) -> bool {
        let client = Arc::new(Client::new(stream, address));
        self.enter(place, &client);
        // Handlers that panic are dealt with elsewhere; this is for what nobody has thought of.
        let _ = catch_unwind(AssertUnwindSafe(|| client.serve(&self.service, memory)));
        drop(client);
        self.leave(place)
    }

    /// Counts a client, and puts it where [`Server::drain`] finds it.
    ///
    /// Like everything that happens before a client is served, it is kept out of the frames that are on the
    /// stack meanwhile: a page of stack, once touched, is part of what an idle client costs.
    #[inline(never)]
    fn enter(&self, place: &Place, client: &Arc<Client>) {
        *lock(place) = Some(Arc::clone(client));
        let (clients, waiting) = self.headcount.enter();
        if waiting == 0 && clients < self.capacity {
            self.notify();
        }
        if clients == self.capacity && !self.full.swap(true, Ordering::SeqCst) {
            log::warn!("{clients} clients are connected, which is the limit; others wait");
        }
        // Looked at after the client has its place, as `drain` looks there after this is set: one of them sees.
        if self.is_stopping() {
            client.finish();
        }
    }

    /// Forgets a client. Gives whether its thread is to wait for another.
    #[inline(never)]
    fn leave(&self, place: &Place) -> bool {
        lock(place).take();
        let spare = if self.is_stopping() { 0 } else { SPARE_THREADS };
        let (clients, stays) = self.headcount.leave(spare);
        // Not at once, lest the log repeat itself with every client that comes and goes.
        if self.full.load(Ordering::SeqCst) && clients <= self.capacity / 8 * 7 {
            self.full.store(false, Ordering::SeqCst);
        }
        if self.is_stopping() {
            self.notify();
        }
        stays
    }

    /// Lets clients finish, then ends those that have not.
    fn drain(&self, grace: Duration) {
        let clients = || self.headcount.get().0;
        for place in self.places().values() {
            lock(place).iter().for_each(|client| client.finish());
        }
        let places = self.wait(|| clients() > 0, grace);
        if clients() > 0 {
            log::warn!("{} clients have not finished in time and are disconnected", clients());
            for place in places.values() {
                lock(place).iter().for_each(|client| client.abort());
            }
            drop(places);
            drop(self.wait(|| clients() > 0, RETRY));
        }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<u64, Arc<Place>>> {
        lock(&self.places)
    }

    /// Wakes whoever waits for a change. With the lock held, so that nobody misses it between a look at its
    /// condition and its sleep.
    fn notify(&self) {
        let _places = self.places();
        self.changed.notify_all();
    }

    /// Waits as long as a condition holds, and no longer than `time`.
    fn wait(&self, condition: impl Fn() -> bool, time: Duration) -> MutexGuard<'_, HashMap<u64, Arc<Place>>> {
        let waited = self.changed.wait_timeout_while(self.places(), time, |_| condition());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Locks a mutex. What a thread leaves behind that panics while it holds one of these is still sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Raises the limit on open descriptors as far as the system allows without privileges. A client needs one,
/// or two while it reads or writes a file.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("cannot raise the limit on open files: {error}");
    }
}

fn descriptors_for_clients() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(RESERVED_DESCRIPTORS.min(limit / 4))).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_stream_inherits_the_options_of_the_listener() {
        let server = Server::bind(&["127.0.0.1:0".parse().unwrap()], 1, Service::default()).unwrap();
        let _client = TcpStream::connect(server.address().unwrap()).unwrap();
        let (stream, _) = server.accept().unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(stream.write_timeout().unwrap(), Some(server.service.patience.content));
    }

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
