//! HTML of the server's own: text that is shown as it is, and the frame of a page.

use std::fmt::{self, Display, Write};

/// A text as HTML that shows it, in an element and between quotation marks of an attribute alike.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((text, sign, after)) = split_at_sign(rest) {
            f.write_str(text)?;
            f.write_str(sign)?;
            rest = after;
        }
        f.write_str(rest)
    }
}

/// What stands before the first sign that means something in HTML, what stands for that sign, and what is behind it.
fn split_at_sign(text: &str) -> Option<(&str, &'static str, &str)> {
    let at = text.find(['<', '>', '&', '"', '\'', '/'])?;
    let sign = match text.as_bytes()[at] {
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'&' => "&amp;",
        b'"' => "&quot;",
        b'\'' => "&#x27;",
        // The slash of an end tag.
        _ => "&#x2f;",
    };
    Some((&text[..at], sign, &text[at + 1..]))
}

/// A whole page: `title` is a text, `body` is HTML.
pub(super) fn page(title: &str, body: impl Display) -> Vec<u8> {
    let title = Escaped(title);
    let style = include_str!("style.css");
    let mut page = String::new();
    // A string takes all that is written to it.
    let _ = write!(
        page,
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n\
         <style>\n{style}</style>\n\
         </head>\n\
         <body>\n\
         <h1>{title}</h1>\n\
         {body}\
         </body>\n\
         </html>\n"
    );
    page.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_nothing_in_html() {
        for (text, html) in [
            ("", ""),
            ("plain caf\u{e9}", "plain caf\u{e9}"),
            ("<b>", "&lt;b&gt;"),
            ("\"'", "&quot;&#x27;"),
            ("&lt;", "&amp;lt;"),
            ("a</b>\u{e9}&", "a&lt;&#x2f;b&gt;\u{e9}&amp;"),
        ] {
            assert_eq!(Escaped(text).to_string(), html);
        }
    }
}
