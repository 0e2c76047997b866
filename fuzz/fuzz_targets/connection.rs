//! Any bytes give requests, a rejection or "need more", and how they are cut makes no difference.

#![no_main]

#[path = "../../tests/properties/events.rs"]
mod events;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let whole = events::events(input, &[]);
    // The fuzzer finds cuts too: the last bytes of the stream say where they are.
    let cuts: Vec<usize> = input.iter().rev().take(8).map(|&byte| usize::from(byte)).collect();
    assert_eq!(events::events(input, &cuts), whole);
    let every_byte: Vec<usize> = (0..input.len()).collect();
    assert_eq!(events::events(input, &every_byte), whole);
});
