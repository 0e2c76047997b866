//! No bytes make a parser panic, and what it takes keeps its promises.

#![no_main]

use http_server::http::{grammar, ranges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok((line, fields, length)) = grammar::request_head(input, 100) {
        assert!(input[..length].ends_with(b"\r\n\r\n"));
        assert!(line.target.iter().all(u8::is_ascii_graphic));
        for field in fields.iter() {
            assert!(!field.name.is_empty());
            assert!(!field.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
    }
    let _ = grammar::request_target(input);
    let _ = grammar::host(input);
    let _ = grammar::field_section(input, 100);
    if let Ok((_, extensions)) = grammar::chunk_line(input) {
        assert!(extensions < input.len());
    }
    if let ranges::Ranges::Parts(parts) = ranges::select(input, 1000) {
        assert!(parts.iter().all(|&(offset, length)| length > 0 && offset + length <= 1000));
    }
});
