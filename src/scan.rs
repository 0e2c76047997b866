//! How far a section of lines has arrived, found without parsing it.

use memchr::memmem;

/// The length of a section up to and with its empty line, if that has arrived.
pub(crate) fn section_length(window: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.saturating_sub(3);
    memmem::find(&window[from..], b"\r\n\r\n").map(|at| from + at + 4)
}

/// The first byte that no head may have: a control, or a CR or LF that is not part of a CR LF. A CR at
/// the very end may still become one.
pub(crate) fn bad_byte(window: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.saturating_sub(1);
    (from..window.len()).find(|&at| match window[at] {
        b'\n' => at == 0 || window[at - 1] != b'\r',
        b'\r' => window.get(at + 1).is_some_and(|&next| next != b'\n'),
        byte => byte != b'\t' && byte.is_ascii_control(),
    })
}
