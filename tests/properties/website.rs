//! What holds for any table of redirects and any form, for the property tests and the fuzz target.

use http_server::app::website::{
    form,
    redirects::{Redirects, Rule},
    template::{self, Broken},
};

/// Reads the bytes as a table; looks each of its words up in it, as a path.
pub(crate) fn check_table(input: &[u8]) {
    let (table, mistakes) = Redirects::parse(input);
    let lines = input.split(|&byte| byte == b'\n').count();
    assert!(mistakes.iter().all(|&(line, _)| (1..=lines).contains(&line)));
    for word in input.split(u8::is_ascii_whitespace) {
        match table.get(word) {
            Some(Rule::Redirect(status, to)) => {
                assert!((300..400).contains(&status.code()));
                assert!(to.bytes().all(|byte| byte.is_ascii_graphic()), "{to:?} goes into a field");
                let lower = to.to_ascii_lowercase();
                let is_url = lower.starts_with("http://") || lower.starts_with("https://");
                assert!(is_url || (to.starts_with('/') && !to.starts_with("//")), "{to:?}");
                assert!(!to.contains('\\'), "a browser reads {to:?} as another place");
            }
            Some(Rule::Show(status, to)) => {
                assert!(!(300..400).contains(&status.code()));
                assert!(to.starts_with('/') && !to.contains(['?', '#']), "{to:?}");
            }
            None => {}
        }
    }
}

/// Reads the bytes as a form and as a query, and as the start of a page.
pub(crate) fn check_form(input: &[u8]) {
    let values = form::values(input, b"");
    assert_eq!(values, form::values(b"", input));
    assert_eq!(values, form::values(input, input), "what is repeated changes nothing");
    assert!(values.len() <= input.split(|&byte| byte == b'&').count());
    let _ = form::is_form(input);
    if let Some(length) = template::mark_length(input) {
        assert!(length <= input.len());
    }
}

/// Fills the bytes in as a template.
pub(crate) fn check_template(input: &[u8]) {
    const VALUE: &str = "<b>'\x1b\n";
    const ESCAPED: &str = "&lt;b&gt;&#x27;\x1b\n";
    let values = [("a".to_owned(), VALUE.to_owned())].into();
    match template::fill_in(input, &values) {
        Ok(page) => {
            let (mut rest, mut page) = (input, &page[..]);
            while let Some(at) = rest.windows(2).position(|two| two == b"{{") {
                let length = rest[at..].windows(2).position(|two| two == b"}}").map_or(0, |end| end + 2);
                let (text, gap) = (&rest[..at], &rest[at..at + length]);
                assert!(length > 4, "nothing ends a gap, or nothing is in it");
                let value = if gap[2..length - 2].trim_ascii() == b"a" { ESCAPED } else { "" };
                let filled = [text, value.as_bytes()].concat();
                assert!(page.starts_with(&filled), "{} lacks {}", page.escape_ascii(), filled.escape_ascii());
                (rest, page) = (&rest[at + length..], &page[filled.len()..]);
            }
            assert_eq!(rest, page);
        }
        Err(Broken { line, .. }) => {
            let lines = input.split(|&byte| byte == b'\n').count();
            assert!((2..=lines + 1).contains(&line), "the mark is line 1, and there are {lines}, not {line}");
        }
    }
}
