//! A run: transcripts are played to a program over TCP, each stage with connections and folders of its own.

pub mod connection;
pub mod events;
pub mod failure;
pub mod folders;
pub mod receive;
pub mod runner;
pub mod schedule;
pub mod verdict;
