//! Grading by `git push`: what a learner's push to a grading remote does.
//!
//! A grading [`remote`] is a bare repository whose hooks are this command; [`setup`] makes one, and [`config`] says how it
//! grades. [`receive`] is its two ordinary hooks, [`dry_run`] the one for pushes that only test; behind both is the
//! [`grader`]. What a grading found goes into the [`record`], a file that only ever grows; [`progress`] is derived from it,
//! [`status`] tells it, and [`notes`] copies it to where a learner can fetch it.

pub mod config;
pub mod dry_run;
pub mod grader;
pub(crate) mod notes;
pub mod options;
pub(crate) mod progress;
pub mod receive;
pub(crate) mod record;
pub mod remote;
pub mod setup;
pub mod status;
pub mod words;
