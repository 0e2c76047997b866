//! The forms of a report.

pub mod formats;
pub mod human;
