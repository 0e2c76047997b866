//! What is served: the route table, and one file per family of endpoints.

mod echo;
mod files;
mod home;
mod mirror;
mod pages;
pub mod routes;
mod user_agent;
pub mod website;
