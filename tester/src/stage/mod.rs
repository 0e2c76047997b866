//! The stages as folders: which there are, what their pages say, and whether they are in order.

pub mod catalog;
pub mod examples;
pub mod lint;
pub mod page;
pub mod starters;
