//! The rules of HTTP/1.1 that concern an origin server, as one table: what a client sends, what must come
//! back, and what becomes of the connection. Each row is a test named by the section of the RFC that it comes
//! from, and is run twice:
//!
//! - `tcp`: against the real program, in one write, in several, and byte by byte; see `over_tcp`;
//! - `memory`: against the state machine, one byte at a time and cut in two everywhere; see `in_memory`.
//!
//! `cargo test --test conformance 9112-6.3` runs the rows of one section.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod chunks;
mod conditions;
mod connections;
mod content_length;
mod expect;
mod fields;
mod files;
mod fixtures;
#[path = "../harness/mod.rs"]
mod harness;
mod host;
mod http10;
mod in_memory;
mod limits;
mod methods;
mod over_tcp;
mod ranges;
mod request_line;
mod responses;
mod row;
mod targets;
mod transfer_encoding;
mod website;

use std::{collections::HashSet, sync::Arc};

use libtest_mimic::{Arguments, Trial};

fn main() {
    let subjects = [
        ("request line", request_line::rows()),
        ("method", methods::rows()),
        ("target", targets::rows()),
        ("field", fields::rows()),
        ("host", host::rows()),
        ("content length", content_length::rows()),
        ("transfer encoding", transfer_encoding::rows()),
        ("chunk", chunks::rows()),
        ("connection", connections::rows()),
        ("HTTP/1.0", http10::rows()),
        ("expect", expect::rows()),
        ("limit", limits::rows()),
        ("response", responses::rows()),
        ("file", files::rows()),
        ("condition", conditions::rows()),
        ("range", ranges::rows()),
        ("website", website::rows()),
    ];

    let servers = Arc::new(fixtures::Servers::default());
    let mut titles = HashSet::new();
    let mut tests = Vec::new();
    for (subject, row) in
        subjects.into_iter().flat_map(|(subject, rows)| rows.into_iter().map(move |row| (subject, row)))
    {
        let title = row.title(subject);
        assert!(titles.insert(title.clone()), "two rows are called {title:?}");
        let (servers, over_tcp, in_memory) = (Arc::clone(&servers), row.clone(), row);
        let over_tcp = move || {
            over_tcp::run(&servers, &over_tcp);
            Ok(())
        };
        let in_memory = move || {
            in_memory::run(&in_memory);
            Ok(())
        };
        tests.push(Trial::test(&title, over_tcp).with_kind("tcp"));
        tests.push(Trial::test(&title, in_memory).with_kind("memory"));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), tests);
    // Stops the servers, which fail the run if they have panicked.
    drop(servers);
    conclusion.exit();
}
