//! The listener, a thread for each client, and the end of both.
//!
//! Threads take turns at the listener: each waits in `accept`, serves the client that it has accepted to its
//! end, and goes back to wait for the next. So there is no hand-over, and mostly no new thread. When the last
//! idle thread takes a client, [`RunningServer::run`] starts another.

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

use rustix::net::{Shutdown, listen, shutdown, sockopt};

use super::{
    config::ServerConfig,
    conversation::{Buffers, Conversation},
    descriptors::descriptors_for_clients,
    headcount::Headcount,
};
use crate::lock::lock;

/// Connections that the system completes while the server has not yet taken them.
const BACKLOG: i32 = 4096;
/// Bytes of a thread's stack: enough for the deepest call, a panic's message included. Only the pages that are touched count.
const STACK: usize = 256 * 1024;
/// Threads that wait for clients when there are few; more end when their client leaves.
const SPARE_THREADS: usize = 64;
/// Time to wait, when the system refuses a descriptor or a thread, before trying again: others on the
/// machine may have given some back.
const RETRY: Duration = Duration::from_millis(100);
/// A bound server. Clients can connect, and wait until it is started.
#[derive(Debug)]
pub struct Server(Arc<Shared>);

/// A server whose first thread accepts clients.
#[derive(Debug)]
pub struct RunningServer(Arc<Shared>);

/// Stops a server, from any thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Shared>);

/// The state that the threads of a server share.
#[derive(Debug)]
struct Shared {
    listener: TcpListener,
    config: ServerConfig,
    /// Clients at a time. Never exceeded: the clients connected and the threads that wait for one are together
    /// at most as many.
    capacity: usize,
    stopping: AtomicBool,
    headcount: Headcount,
    /// True if the capacity has been reached, and the log says so.
    full: AtomicBool,
    /// The slot of each thread, by the thread's number. Taken when a thread begins or ends, not for each client.
    slots: Mutex<HashMap<u64, Arc<Slot>>>,
    /// Threads that have been started so far.
    threads: AtomicU64,
    /// Signalled when no thread waits in `accept`, when a client leaves a stopping server, and on `stop`.
    changed: Condvar,
}

/// The slot in which a thread keeps its conversation, for others to find.
type Slot = Mutex<Option<Arc<Conversation>>>;

impl Server {
    /// Binds an address, with `SO_REUSEADDR`, so that connections of an earlier server that linger in the
    /// system do not stand in the way of this one. Clients can connect from now on, and are served, up to
    /// `capacity` at a time, from [`Server::start`] on.
    ///
    /// # Errors
    /// The address is in use, is not this machine's, or needs a permission.
    pub fn bind(addresses: &[SocketAddr], capacity: usize, config: ServerConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(addresses)?;
        // Each client's stream inherits these from the listener, which saves two system calls a client. Output is
        // gathered in `wire`, so there is nothing for Nagle's algorithm to do but delay it.
        sockopt::set_tcp_nodelay(&listener, true)?;
        sockopt::set_socket_timeout(&listener, sockopt::Timeout::Send, Some(config.timeouts.content))?;
        listen(&listener, BACKLOG)?;
        Ok(Server(Arc::new(Shared {
            listener,
            config,
            capacity: capacity.min(descriptors_for_clients()).max(1),
            stopping: AtomicBool::new(false),
            headcount: Headcount::default(),
            full: AtomicBool::new(false),
            slots: Mutex::default(),
            threads: AtomicU64::new(0),
            changed: Condvar::new(),
        })))
    }

    /// The address bound, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    /// As the system call.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.listener.local_addr()
    }

    /// Starts to serve clients, in a thread, so that the first need not wait for what the caller has to do before
    /// [`RunningServer::run`].
    #[must_use = "a server that does not run serves one client at a time"]
    pub fn start(self) -> RunningServer {
        // If the system refuses a thread, `run` tries again.
        let _ = self.0.start_thread();
        RunningServer(self.0)
    }
}

impl RunningServer {
    /// A handle that stops the server.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.0))
    }

    /// Serves clients until [`Stopper::stop`] is called; those over the capacity wait in the backlog. Then
    /// finishes what is in flight, for `grace` at most.
    ///
    /// Nothing that a client or the system does ends it earlier.
    pub fn run(self, grace: Duration) {
        let server = self.0;
        let mut failing = false;
        loop {
            drop(server.wait(|| !server.is_short() && !server.is_stopping(), Duration::MAX));
            if server.is_stopping() {
                break;
            }
            let Err(error) = server.start_thread() else {
                failing = false;
                continue;
            };
            // Once, not at every try.
            if !std::mem::replace(&mut failing, true) {
                log::error!("cannot start a thread for the next client: {error}; it waits");
            }
            drop(server.wait(|| !server.is_stopping(), RETRY));
        }
        server.drain(grace);
    }
}

impl Stopper {
    /// Stops accepting clients, and lets [`RunningServer::run`] come to its end.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        // Wakes the threads that wait in `accept`.
        let _ = shutdown(&self.0.listener, Shutdown::Both);
        self.0.notify();
    }
}

impl Shared {
    /// Starts one more thread that waits for clients.
    ///
    /// # Errors
    /// The system refuses a thread.
    fn start_thread(self: &Arc<Self>) -> io::Result<()> {
        self.headcount.begin_to_wait();
        let number = self.threads.fetch_add(1, Ordering::Relaxed);
        let server = Arc::clone(self);
        let started = thread::Builder::new().stack_size(STACK).spawn(move || server.attend(number));
        if started.is_err() {
            self.headcount.cease_to_wait();
        }
        started.map(drop)
    }

    /// True if another thread is needed that waits in `accept`.
    fn is_short(&self) -> bool {
        let (clients, waiting) = self.headcount.get();
        waiting == 0 && clients < self.capacity
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Lives the life of a thread: serves one client after the other.
    fn attend(&self, number: u64) {
        let slot = Arc::new(Slot::default());
        self.slots().insert(number, Arc::clone(&slot));
        let mut buffers = Buffers::default();
        loop {
            let Some((stream, address)) = self.accept() else {
                self.headcount.cease_to_wait();
                break;
            };
            if !self.serve(&slot, stream, address, &mut buffers) {
                break;
            }
        }
        self.slots().remove(&number);
    }

    /// Waits for the next client; None when the server stops.
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
    fn serve(&self, slot: &Slot, stream: TcpStream, address: SocketAddr, buffers: &mut Buffers) -> bool {
        let client = Arc::new(Conversation::new(stream, address));
        self.enter(slot, &client);
        // Handlers that panic are dealt with elsewhere; this is for what nobody has thought of.
        let _ = catch_unwind(AssertUnwindSafe(|| client.serve(&self.config, buffers)));
        drop(client);
        self.leave(slot)
    }

    /// Counts a client, and puts it where [`Shared::drain`] finds it.
    ///
    /// Like everything that happens before a client is served, it is kept out of the frames that are on the
    /// stack meanwhile: a page of stack, once touched, is part of what an idle client costs.
    #[inline(never)]
    fn enter(&self, slot: &Slot, client: &Arc<Conversation>) {
        *lock(slot) = Some(Arc::clone(client));
        let (clients, waiting) = self.headcount.enter();
        if waiting == 0 && clients < self.capacity {
            self.notify();
        }
        if clients == self.capacity && !self.full.swap(true, Ordering::SeqCst) {
            log::warn!("{clients} clients are connected, which is the limit; others wait");
        }
        // Looked at after the client has its slot, as `drain` looks there after this is set: one of them sees.
        if self.is_stopping() {
            client.finish();
        }
    }

    /// Forgets a client. Gives whether its thread is to wait for another.
    #[inline(never)]
    fn leave(&self, slot: &Slot) -> bool {
        lock(slot).take();
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
        for slot in self.slots().values() {
            lock(slot).iter().for_each(|client| client.finish());
        }
        let slots = self.wait(|| clients() > 0, grace);
        if clients() > 0 {
            log::warn!("{} clients have not finished in time and are disconnected", clients());
            for slot in slots.values() {
                lock(slot).iter().for_each(|client| client.abort());
            }
            drop(slots);
            drop(self.wait(|| clients() > 0, RETRY));
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<u64, Arc<Slot>>> {
        lock(&self.slots)
    }

    /// Wakes whoever waits for a change. With the lock held, so that nobody misses it between a look at its
    /// condition and its sleep.
    fn notify(&self) {
        let _slots = self.slots();
        self.changed.notify_all();
    }

    /// Waits as long as a condition holds, and no longer than `time`.
    fn wait(&self, condition: impl Fn() -> bool, time: Duration) -> MutexGuard<'_, HashMap<u64, Arc<Slot>>> {
        let waited = self.changed.wait_timeout_while(self.slots(), time, |_| condition());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_stream_inherits_the_options_of_the_listener() {
        let server = Server::bind(&["127.0.0.1:0".parse().unwrap()], 1, ServerConfig::default()).unwrap();
        let _client = TcpStream::connect(server.address().unwrap()).unwrap();
        let (stream, _) = server.0.accept().unwrap();
        assert!(stream.nodelay().unwrap());
        assert_eq!(stream.write_timeout().unwrap(), Some(server.0.config.timeouts.content));
    }
}
