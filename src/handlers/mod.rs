//! What the routes lead to: one file per family of endpoints.

pub(crate) mod echo;
pub(crate) mod files;
pub(crate) mod home;
pub(crate) mod mirror;
pub(crate) mod pages;
pub(crate) mod user_agent;
