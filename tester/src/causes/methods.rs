//! What goes wrong with methods, known and unknown.

use crate::judge::compare::{Difference, Expected};

/// Why the response to a request with such a method differs.
pub(super) fn of(difference: &Difference, expected: &Expected, status: u16, sent: &[u8]) -> Option<&'static str> {
    let what = difference.what.as_str();
    if what.starts_with("The status is") {
        return of_status(expected, status, sent);
    }
    match (sent.split(|byte| *byte == b' ').next()?, what) {
        (b"HEAD", what) if what.contains("Content-Length has another value") => Some(
            "to HEAD, Content-Length is the length that GET would send, although no content follows (RFC 9110 section 9.3.2)",
        ),
        (_, "The field Allow is missing") if status == 405 => {
            Some("405 must say in `Allow` which methods this path has (RFC 9110 section 15.5.6)")
        }
        (_, "The field Allow is missing") => {
            Some("the answer to OPTIONS says in `Allow` which methods this path has (RFC 9110 section 9.3.7)")
        }
        (_, "The field Allow has another value") => Some(
            "`Allow` lists the methods of this very path, each once, parted by commas; where there is GET there is HEAD (RFC 9110 section 10.2.1)",
        ),
        _ => None,
    }
}

fn of_status(expected: &Expected, status: u16, sent: &[u8]) -> Option<&'static str> {
    let asked = |status: u16| expected.statuses.contains(&status);
    Some(match status {
        404 if sent.starts_with(b"HEAD ") && asked(200) => {
            "HEAD is answered like GET, without the content: is the path looked for with this method as well (RFC 9110 section 9.3.2)?"
        }
        400 | 404 | 405 | 501 if sent.starts_with(b"OPTIONS ") && asked(204) => {
            "OPTIONS is a method of every path, and of `*`, the server as a whole (RFC 9110 section 9.3.7)"
        }
        405 if asked(501) => {
            "405 is for a method that the server has elsewhere; one that it has nowhere is 501 (RFC 9110 section 15.6.2)"
        }
        400 if asked(501) && !asked(405) => {
            "the request is well formed, only its method is unknown: that is 501 (RFC 9110 section 15.6.2)"
        }
        404 if asked(501) && !asked(405) => {
            "the method is judged before the path: one that the server has nowhere is 501 (RFC 9110 section 15.6.2)"
        }
        404 if asked(405) => "the path is known, only not with this method: that is 405 (RFC 9110 section 15.5.6)",
        501 if asked(405) => {
            "501 is for a method that the server has nowhere; this path only does not have it: 405 (RFC 9110 section 15.5.6)"
        }
        200..=299 if (asked(405) || asked(501)) && !asked(400) => {
            "the method is not looked at, or taken for another: compare it whole, and with its case (RFC 9110 section 9.1)"
        }
        _ => return None,
    })
}
