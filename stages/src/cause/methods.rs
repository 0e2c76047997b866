//! What goes wrong with other methods than GET and POST.

use crate::exact::Difference;

/// Why the response to a request with such a method differs.
pub(super) fn of(difference: &Difference, status: u16, sent: &[u8]) -> Option<&'static str> {
    let what = difference.what.as_str();
    match sent.split(|byte| *byte == b' ').next()? {
        b"HEAD" if what.contains("Content-Length has another value") => Some(
            "to HEAD, Content-Length is the length that GET would send, although no content follows (RFC 9110 section 9.3.2)",
        ),
        b"HEAD" if what.starts_with("The status is") && status == 404 => Some(
            "HEAD is answered like GET, without the content: is the path looked for with this method as well (RFC 9110 section 9.3.2)?",
        ),
        _ => None,
    }
}
