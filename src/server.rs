//! The listener, a thread for each client, and the end of both.

use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, TcpListener},
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
/// How long to wait for a client to leave, when the system refuses a descriptor or a thread, before trying
/// again: others on the machine may have given some back.
const RETRY: Duration = Duration::from_millis(100);
/// Descriptors kept back from clients: the listener, standard streams, and the files they ask for.
const RESERVED_DESCRIPTORS: u64 = 64;

/// A bound server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    service: Service,
    state: State,
}

#[derive(Debug)]
struct State {
    stopping: AtomicBool,
    clients: Mutex<Clients>,
    /// Signalled when a client leaves.
    left: Condvar,
}

#[derive(Debug, Default)]
struct Clients {
    connected: HashMap<u64, Arc<Client>>,
    next: u64,
}

impl Server {
    /// Binds an address, with `SO_REUSEADDR`, so that connections of an earlier server that linger in the
    /// system do not stand in the way of this one. Clients can connect from now on.
    ///
    /// # Errors
    /// The address is in use, is not this machine's, or needs a permission.
    pub fn bind(addresses: &[SocketAddr], service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind(addresses)?;
        listen(&listener, BACKLOG)?;
        let state = State { stopping: AtomicBool::new(false), clients: Mutex::default(), left: Condvar::new() };
        Ok(Server { listener, service, state })
    }

    /// The address bound, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    /// As the system call.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves up to `capacity` clients at a time until [`Server::stop`] is called; more wait in the backlog.
    /// Then finishes what is in flight, for `grace` at most.
    ///
    /// Nothing that a client or the system does ends the loop earlier.
    pub fn run(self: &Arc<Self>, capacity: usize, grace: Duration) {
        let capacity = capacity.min(descriptors_for_clients()).max(1);
        let mut failing = false;
        while !self.is_stopping() {
            if self.state.wait_until_fewer_than(capacity, Duration::ZERO) >= capacity {
                log::warn!("{capacity} clients are connected, which is the limit; others wait");
                while !self.is_stopping() && self.state.wait_until_fewer_than(capacity, RETRY) >= capacity {}
                continue;
            }
            match self.listener.accept() {
                Ok((stream, address)) => {
                    failing = false;
                    self.serve(Arc::new(Client::new(stream, address)));
                }
                Err(_) if self.is_stopping() => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Once, not at every try.
                    if !std::mem::replace(&mut failing, true) {
                        log::error!("cannot accept clients: {error}; they wait");
                    }
                    self.state.wait_for_change();
                }
            }
        }
        self.drain(grace);
    }

    /// Stops accepting clients and lets [`Server::run`] come to its end. May be called from any thread.
    pub fn stop(&self) {
        self.state.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits in `accept`.
        let _ = shutdown(&self.listener, Shutdown::Both);
    }

    fn is_stopping(&self) -> bool {
        self.state.stopping.load(Ordering::SeqCst)
    }

    /// Gives a client a thread. If the system has none to give, the client waits until it has.
    fn serve(self: &Arc<Self>, client: Arc<Client>) {
        let seat = Arc::new(Seat::take(self, client));
        let mut failing = false;
        while !self.is_stopping() {
            let taken = Arc::clone(&seat);
            let thread = thread::Builder::new().stack_size(STACK);
            match thread.spawn(move || taken.client.serve(&taken.server.service)) {
                Ok(_) => return,
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        log::error!("cannot start a thread for a client: {error}; the client waits");
                    }
                    self.state.wait_for_change();
                }
            }
        }
    }

    /// Lets clients finish, then ends those that have not.
    fn drain(&self, grace: Duration) {
        for client in self.state.clients().connected.values() {
            client.finish();
        }
        let left = self.state.wait_until_fewer_than(1, grace);
        if left > 0 {
            log::warn!("{left} clients have not finished in time and are disconnected");
            self.state.clients().connected.values().for_each(|client| client.abort());
            self.state.wait_until_fewer_than(1, RETRY);
        }
    }
}

impl State {
    fn clients(&self) -> MutexGuard<'_, Clients> {
        // A thread that panics while it holds the lock leaves a map that is still a map.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives how many clients are connected when there are fewer than `count`, or when time is up.
    fn wait_until_fewer_than(&self, count: usize, time: Duration) -> usize {
        let waits = |clients: &mut Clients| clients.connected.len() >= count;
        let waited = self.left.wait_timeout_while(self.clients(), time, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0.connected.len()
    }

    fn wait_for_change(&self) {
        drop(self.left.wait_timeout(self.clients(), RETRY));
    }
}

/// A client's place in the list of those connected, given up when its thread ends, however it ends.
struct Seat {
    server: Arc<Server>,
    client: Arc<Client>,
    number: u64,
}

impl Seat {
    fn take(server: &Arc<Server>, client: Arc<Client>) -> Self {
        let mut clients = server.state.clients();
        let number = clients.next;
        clients.next += 1;
        clients.connected.insert(number, Arc::clone(&client));
        Seat { server: Arc::clone(server), client, number }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.server.state.clients().connected.remove(&self.number);
        self.server.state.left.notify_all();
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
