//! The things that are served: the route table, a file for each family of endpoints, and the web site that is behind them.

mod echo;
mod failure;
mod files;
mod home;
mod mirror;
mod pages;
pub mod routes;
pub mod site;
mod user_agent;
pub mod website;
