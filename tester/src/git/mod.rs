//! Runs git. Two ways, for two purposes, which must be read together:
//!
//! - [`command`] is for the repositories of the grader and of the learner: their configuration counts, and the
//!   variables of a hook are taken away, since they lead to another repository.
//! - [`hermetic`] is for reading a commit that may be hostile: no configuration, hook, filter, attribute or replacement
//!   of the repository, the user or the system takes part, and nothing is written into the repository.
//!
//! [`pkt_line`] is how a hook speaks with git.

pub mod command;
pub(crate) mod hermetic;
pub(crate) mod pkt_line;
