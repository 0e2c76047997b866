//! The `http-server` command.

fn main() {}
