//! The stages of the challenge and their testers.
//!
//! A stage is a folder with a page and a transcript. [`parse`] reads a transcript, [`runner`] plays it to a
//! [`program`] over TCP, [`exact`] compares what comes back, and [`report`] tells. The crate shares no code with the
//! server: each is an independent check of the other.

pub mod catalog;
pub mod cause;
pub mod check;
pub mod client;
pub mod disk;
pub mod exact;
pub mod expect;
pub mod failure;
pub mod formats;
pub mod grading;
pub mod isolate;
mod lex;
mod message;
pub mod page;
pub mod parse;
pub mod ports;
pub mod program;
pub mod push;
mod remove;
pub mod report;
pub mod repository;
pub mod response;
pub mod runner;
pub mod session;
pub mod show;
pub mod starters;
pub mod supervise;
pub mod template;
pub mod transcript;
pub mod unify;
pub mod values;
