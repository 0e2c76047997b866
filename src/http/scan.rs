//! A look at bytes that have arrived, before they are parsed: is the section of lines complete, or can it never be?

use memchr::memmem;

/// Tells whether a section is there up to its empty line, or even more than that. Its parser finds where it ends.
pub(crate) fn is_section_complete(window: &[u8], scanned: usize) -> bool {
    // Mostly nothing has arrived behind it.
    window.ends_with(b"\r\n\r\n") || memmem::find(&window[scanned.saturating_sub(3)..], b"\r\n\r\n").is_some()
}

/// Finds the first byte that no head may have: a control, or a CR or LF that is not part of a CR LF. A CR at
/// the very end may still become one.
pub(crate) fn bad_byte(window: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.saturating_sub(1);
    (from..window.len()).find(|&at| match window[at] {
        b'\n' => at == 0 || window[at - 1] != b'\r',
        b'\r' => window.get(at + 1).is_some_and(|&next| next != b'\n'),
        byte => byte != b'\t' && byte.is_ascii_control(),
    })
}
