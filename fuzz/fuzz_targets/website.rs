//! No bytes make a parser of the web site panic, and what it takes is safe to send on.

#![no_main]

#[path = "../../tests/properties/website.rs"]
mod website;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    website::check_table(input);
    website::check_form(input);
    website::check_template(input);
});
