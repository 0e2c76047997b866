//! Tests of the server as a program: each starts the real binary on a port of its own and speaks to it
//! over TCP. `cargo test --test server pitfalls` runs one module; tests that need much memory, disk or time
//! are in `heavy` and only run when asked for: `cargo test --test server -- --ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod command;
mod connections;
mod endpoints;
mod files;
mod gzip;
#[path = "../harness/mod.rs"]
mod harness;
mod heavy;
mod listing;
mod mirror;
mod pages;
mod pitfalls;
mod resources;
mod robustness;
mod templates;
