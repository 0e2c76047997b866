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
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    net::{Shutdown, listen, shutdown},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

use crate::client::{Client, Service};

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
    crew: Mutex<Crew>,
    /// Signalled when no thread waits in `accept`, when a client leaves a stopping server, and on `stop`.
    changed: Condvar,
}

/// Who is there.
#[derive(Debug, Default)]
struct Crew {
    clients: HashMap<u64, Arc<Client>>,
    next: u64,
    /// Threads that wait in `accept`, or are about to.
    waiting: usize,
    /// Whether the capacity has been reached, and the log says so.
    full: bool,
}

impl Server {
    /// Binds an address, with `SO_REUSEADDR`, so that connections of an earlier server that linger in the
    /// system do not stand in the way of this one. Clients can connect from now on, and are served, up to
    /// `capacity` at a time, when [`Server::run`] is called.
    ///
    /// # Errors
    /// The address is in use, is not this machine's, or needs a permission.
    pub fn bind(addresses: &[SocketAddr], capacity: usize, service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind(addresses)?;
        listen(&listener, BACKLOG)?;
        Ok(Server {
            listener,
            service,
            capacity: capacity.min(descriptors_for_clients()).max(1),
            stopping: AtomicBool::new(false),
            crew: Mutex::default(),
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

    /// Serves clients until [`Server::stop`] is called; those over the capacity wait in the backlog. Then
    /// finishes what is in flight, for `grace` at most.
    ///
    /// Nothing that a client or the system does ends it earlier.
    pub fn run(self: &Arc<Self>, grace: Duration) {
        let mut failing = false;
        while !self.is_stopping() {
            let mut crew = self.wait(|crew| !self.is_short(crew) && !self.is_stopping(), Duration::MAX);
            crew.waiting += 1;
            drop(crew);
            let server = Arc::clone(self);
            let Err(error) = thread::Builder::new().stack_size(STACK).spawn(move || server.attend()) else {
                failing = false;
                continue;
            };
            self.crew().waiting -= 1;
            // Once, not at every try.
            if !std::mem::replace(&mut failing, true) {
                log::error!("cannot start a thread for the next client: {error}; it waits");
            }
            drop(self.wait(|_| !self.is_stopping(), RETRY));
        }
        self.drain(grace);
    }

    /// Whether a thread is needed that waits in `accept`.
    fn is_short(&self, crew: &Crew) -> bool {
        crew.waiting == 0 && crew.clients.len() < self.capacity
    }

    /// Stops accepting clients and lets [`Server::run`] come to its end. May be called from any thread.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the threads that wait in `accept`.
        let _ = shutdown(&self.listener, Shutdown::Both);
        let _crew = self.crew();
        self.changed.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The life of a thread: one client after the other.
    fn attend(self: &Arc<Self>) {
        while let Some((stream, address)) = self.accept() {
            if !self.serve(stream, address) {
                return;
            }
        }
        self.crew().waiting -= 1;
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
    fn serve(self: &Arc<Self>, stream: TcpStream, address: SocketAddr) -> bool {
        let client = Arc::new(Client::new(stream, address));
        let number = self.enter(&client);
        // Handlers that panic are dealt with elsewhere; this is for what nobody has thought of.
        let _ = catch_unwind(AssertUnwindSafe(|| client.serve(&self.service)));
        drop(client);
        self.leave(number)
    }

    /// Puts a client on the list of those connected.
    ///
    /// Like everything that happens before a client is served, it is kept out of the frames that are on the
    /// stack meanwhile: a page of stack, once touched, is part of what an idle client costs.
    #[inline(never)]
    fn enter(&self, client: &Arc<Client>) -> u64 {
        let mut crew = self.crew();
        let number = crew.next;
        crew.next += 1;
        crew.clients.insert(number, Arc::clone(client));
        crew.waiting -= 1;
        let short = self.is_short(&crew);
        let full = crew.clients.len() == self.capacity && !std::mem::replace(&mut crew.full, true);
        drop(crew);
        if short {
            self.changed.notify_all();
        }
        if full {
            log::warn!("{} clients are connected, which is the limit; others wait", self.capacity);
        }
        if self.is_stopping() {
            client.finish();
        }
        number
    }

    /// Takes a client off the list. Gives whether its thread is to wait for another.
    #[inline(never)]
    fn leave(&self, number: u64) -> bool {
        let mut crew = self.crew();
        crew.clients.remove(&number);
        // Not at once, lest the log repeat itself with every client that comes and goes.
        crew.full &= crew.clients.len() > self.capacity / 8 * 7;
        if self.is_stopping() {
            self.changed.notify_all();
            return false;
        }
        let needed = crew.waiting < SPARE_THREADS;
        crew.waiting += usize::from(needed);
        needed
    }

    /// Lets clients finish, then ends those that have not.
    fn drain(&self, grace: Duration) {
        for client in self.crew().clients.values() {
            client.finish();
        }
        let crew = self.wait(|crew| !crew.clients.is_empty(), grace);
        if !crew.clients.is_empty() {
            log::warn!("{} clients have not finished in time and are disconnected", crew.clients.len());
            crew.clients.values().for_each(|client| client.abort());
            drop(crew);
            drop(self.wait(|crew| !crew.clients.is_empty(), RETRY));
        }
    }

    fn crew(&self) -> MutexGuard<'_, Crew> {
        // A thread that panics while it holds the lock leaves a list that is still a list.
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as a condition holds, and no longer than `time`.
    fn wait(&self, condition: impl Fn(&Crew) -> bool, time: Duration) -> MutexGuard<'_, Crew> {
        let waited = self.changed.wait_timeout_while(self.crew(), time, |crew| condition(crew));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
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
