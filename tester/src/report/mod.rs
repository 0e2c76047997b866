//! The reports of a run: for people as it goes on, and for machines when it is over.

pub mod human;
pub mod json;
pub mod junit;
pub mod results;
pub(crate) mod style;
pub mod tap;
