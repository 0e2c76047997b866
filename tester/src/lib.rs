//! The stages of the challenge and their testers.
//!
//! A stage is a folder with a page and a transcript. [`transcript`] reads it, [`run`] plays it to a [`program`] over
//! TCP, [`judge`] compares what comes back, [`causes`] explains a difference, and [`report`] tells. The crate shares no
//! code with the server: each is an independent check of the other.

#![allow(rustdoc::private_intra_doc_links, reason = "this is for those who read the source")]

mod causes;
pub mod git;
pub mod grading;
mod http;
mod judge;
mod lock;
mod os;
pub mod program;
pub mod push;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod stage;
pub mod text;
pub mod transcript;
