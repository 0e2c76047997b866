//! Small pages of the server's own: an error, and the way to another place.

use super::html::{self, Escaped};
use crate::http::status::Status;

/// A page that says what went wrong, in words that do not begin like a sentence nor end like one.
pub(crate) fn error_page(status: Status, reason: &str) -> Vec<u8> {
    let mut letters = reason.chars();
    let first: String = letters.next().map(char::to_uppercase).into_iter().flatten().collect();
    page(status, &format!("{}{}.", Escaped(&first), Escaped(letters.as_str())))
}

/// A page with the link to another place, for who does not get there by itself (RFC 9110 section 15.4).
pub(crate) fn redirect_page(status: Status, location: &str) -> Vec<u8> {
    let location = Escaped(location);
    page(status, &format!("What you are looking for is at <a href=\"{location}\">{location}</a>."))
}

fn page(status: Status, text: &str) -> Vec<u8> {
    html::page(&format!("{} {}", status.code(), status.reason()), format_args!("<p>{text}</p>\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_shows_is_escaped() {
        let text = |page| String::from_utf8(page).unwrap();
        let page = text(redirect_page(Status::FOUND, "/a?b=1&c=\"<"));
        assert!(page.contains("&amp;c=&quot;&lt;") && !page.contains("\"<\""), "{page}");
        let page = text(error_page(Status::TEAPOT, "a < b"));
        assert!(page.contains("<h1>418 I&#x27;m a teapot</h1>\n<p>A &lt; b.</p>"), "{page}");
    }
}
