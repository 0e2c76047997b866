//! What holds for any table of redirects and any form, for the property tests and the fuzz target.

use http_server::app::website::{
    form,
    redirects::{Redirects, Rule},
    template::{self, Renderer, TemplateError},
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
    let values = [("a".to_owned(), VALUE.to_owned())].into();
    match Renderer::new().fill_in(input, &values) {
        // A tag makes of a value no more than a few times as much.
        Ok(page) => assert!(page.len() <= (input.len() + 1) * 100 * VALUE.len()),
        Err(TemplateError::Broken { line, reason }) => {
            let lines = input.split(|&byte| byte == b'\n').count();
            assert!((2..=lines + 1).contains(&line), "the mark is line 1, and there are {lines}, not {line}");
            assert!(!reason.contains(char::is_control), "{reason:?} goes into the log");
        }
        Err(TemplateError::Busy(_)) => {}
    }
}
