//! The stages as folders: which there are, what their pages say, and whether they are in order.

pub mod catalog;
pub(crate) mod examples;
pub mod lint;
pub(crate) mod page;
pub mod starters;
