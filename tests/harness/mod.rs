//! What the tests of the server have in common: the real program on a port of its own, a client that
//! speaks bytes, and waiting that ends.
//!
//! ```ignore
//! let server = Server::start(&["--idle-timeout", "1"]);
//! let response = server.once("GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n");
//! assert_eq!((response.status, &response.content[..]), (200, &b"abc"[..]));
//! ```

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod client;
mod process;

use libtest_mimic::Trial;
use std::{
    thread,
    time::{Duration, Instant},
};

#[allow(unused_imports, reason = "each test program uses a part of it")]
pub(crate) use self::{
    client::{Client, Failure, Response},
    process::{BINARY, Server},
};

/// How long anything may take that should come at once. Only a test that fails waits as long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until there is a value; panics with `what` when [`PATIENCE`] is over.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ask() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A test that needs something of the system. Where that is missing, the test is listed as ignored, under a
/// name that says so.
pub(crate) fn trial(name: &str, needs: &str, available: bool, test: impl FnOnce() + Send + 'static) -> Trial {
    let name = if available { name.to_owned() } else { format!("{name} ({needs})") };
    let run = move || {
        test();
        Ok(())
    };
    Trial::test(name, run).with_ignored_flag(!available)
}
