//! The `stages` command: lists the stages of the challenge and tests a program against them.

fn main() {}
