//! A run: transcripts are played to a program over TCP, each stage with connections and folders of its own.

pub mod connection;
pub mod expect;
pub mod failure;
pub mod folders;
pub mod runner;
pub mod schedule;
