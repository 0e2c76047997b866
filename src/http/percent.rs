//! Percent escapes (RFC 3986 section 2.1).

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// Resolves percent escapes (RFC 3986 section 2.1). Borrows when there are none.
#[must_use]
pub(crate) fn percent_decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') {
        return bytes.into();
    }
    percent_decode(bytes).into()
}
