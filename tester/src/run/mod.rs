//! A run: transcripts are played to a program over TCP, each stage with connections and folders of its own.

pub(crate) mod connection;
pub mod events;
pub mod failure;
pub(crate) mod folders;
pub(crate) mod receive;
pub mod runner;
pub mod schedule;
pub(crate) mod verdict;
