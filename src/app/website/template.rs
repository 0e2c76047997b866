//! Pages that are filled in: HTML with `{{ name }}` where a value goes, and nothing else that a server would have to
//! understand.
//!
//! ```text
//! gap  = "{{" *space name *space "}}"        ; space: white space of ASCII, line ends too
//! name = 1*( ASCII letter / digit / "_" )
//! ```
//!
//! All else is sent as it stands, but for what is a mistake: `{{` that begins no gap, and `{% … %}` and `{# … #}`. A
//! literal `{{` has no writing of its own: text can say `&#123;{`, scripts and style sheets `{ {`.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::html::Escaped;

/// The first line of a page that is a template, without its line end.
const MARK: &[u8] = b"<!-- template -->";
/// How many bytes of a file are enough to tell whether it is marked.
pub(crate) const MARK_LENGTH: usize = MARK.len() + 2;
/// Bytes of a template, its mark not counted.
pub(super) const TEMPLATE_LIMIT: usize = 256 * 1024;
/// Bytes that a page may come to.
const PAGE_LIMIT: usize = 16 * 1024 * 1024;

/// Why a template gives no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line of the file, counted from 1: the mark is line 1.
    pub line: usize,
    /// What is wrong there.
    pub mistake: Mistake,
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It is too long.
    Length,
    /// It is no text.
    Encoding,
    /// Nothing ends a gap.
    Unclosed,
    /// There is nothing in a gap.
    Nameless,
    /// Something else than a name is in a gap.
    Name,
    /// It has what another template language has.
    Language,
    /// It is fine, but the page that it makes of these values is too long.
    Page,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mistake::Length => write!(f, "larger than {TEMPLATE_LIMIT} bytes; divide the page"),
            Mistake::Encoding => f.write_str("not UTF-8; save the page in that encoding"),
            Mistake::Unclosed => f.write_str("`{{` without `}}`; end it after the name"),
            Mistake::Nameless => f.write_str("no name between `{{` and `}}`; write one, as in `{{ size }}`"),
            Mistake::Name => f.write_str(
                "no name between `{{` and `}}`; a name has only letters, digits and _; filters and expressions do \
                 not exist",
            ),
            Mistake::Language => f.write_str(
                "`{% … %}` and `{# … #}` do not exist, only `{{ name }}`; remove them, or use `<!-- … -->` for a \
                 comment",
            ),
            Mistake::Page => write!(f, "the page is larger than {PAGE_LIMIT} bytes here; repeat a value less often"),
        }
    }
}

/// The length of the first line, if it marks a template. It must be the whole line.
#[must_use]
pub fn mark_length(start: &[u8]) -> Option<usize> {
    match start.strip_prefix(MARK)? {
        [] => Some(MARK.len()),
        [b'\n', ..] => Some(MARK.len() + 1),
        [b'\r', b'\n', ..] => Some(MARK.len() + 2),
        _ => None,
    }
}

/// Fills a template in, in one pass from front to back. `source` is a file without its mark. Values are escaped for
/// HTML, and not looked at for gaps of their own; a name without a value is empty.
///
/// # Errors
/// The template is broken, or makes a page of these values that is too long.
pub fn fill_in(source: &[u8], values: &BTreeMap<String, String>) -> Result<Vec<u8>, Broken> {
    if source.len() > TEMPLATE_LIMIT {
        return Err(Broken { line: 1, mistake: Mistake::Length });
    }
    let broken = |at: usize, mistake| {
        let line_ends = source[..at].iter().filter(|&&byte| byte == b'\n').count();
        Err(Broken { line: 2 + line_ends, mistake })
    };
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => return broken(error.valid_up_to(), Mistake::Encoding),
    };
    if let Some(at) = other_language(text) {
        return broken(at, Mistake::Language);
    }
    let mut page = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let at = text.len() - after.len() - "{{".len();
        page.push_str(before);
        let Some((gap, after)) = after.split_once("}}").filter(|(gap, _)| !gap.contains("{{")) else {
            return broken(at, Mistake::Unclosed);
        };
        let name = gap.trim_ascii();
        if name.is_empty() {
            return broken(at, Mistake::Nameless);
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return broken(at, Mistake::Name);
        }
        if let Some(value) = values.get(name) {
            // A string takes all that is written to it.
            let _ = write!(page, "{}", Escaped(value));
        }
        // In the loop, for memory's sake. What one value adds is little: it came with one request.
        if page.len() > PAGE_LIMIT {
            return broken(at, Mistake::Page);
        }
        rest = after;
    }
    page.push_str(rest);
    if page.len() > PAGE_LIMIT {
        return broken(text.len() - rest.len(), Mistake::Page);
    }
    Ok(page.into_bytes())
}

/// Where the first of the marks stands by which other template languages enclose statements and comments. Who writes
/// them does not mean them for the reader, so they are not sent. Without its end each is something else: `{#menu{`
/// is CSS.
fn other_language(text: &str) -> Option<usize> {
    let enclosed = |(begin, end)| text.find(begin).filter(|at| text[at + 2..].contains(end));
    [("{%", "%}"), ("{#", "#}")].into_iter().filter_map(enclosed).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_in(source: impl AsRef<[u8]>, values: &[(&str, &str)]) -> Result<String, Broken> {
        let values = values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        super::fill_in(source.as_ref(), &values).map(|page| String::from_utf8(page).unwrap())
    }

    #[test]
    fn the_mark_is_the_whole_first_line() {
        for (start, length) in [
            (&b"<!-- template -->"[..], Some(17)),
            (b"<!-- template -->\nx", Some(18)),
            (b"<!-- template -->\r\n", Some(19)),
            (b"<!-- template -->\r", None),
            (b"<!-- template --> \n", None),
            (b" <!-- template -->\n", None),
            (b"<!--template-->\n", None),
            (b"<!-- template --", None),
            (b"\n<!-- template -->\n", None),
            (b"", None),
        ] {
            assert_eq!(mark_length(start), length, "{}", start.escape_ascii());
        }
    }

    #[test]
    fn values_are_put_in_and_escaped() {
        let values = [("size", "300"), ("name", "<b> & \"'{{ size }}"), ("_1", "x"), ("0", "y")];
        for (source, expected) in [
            ("", ""),
            ("<p>{{ size }}</p>\n", "<p>300</p>\n"),
            ("{{size}}{{ missing }}{{ range }}{{size }}", "300300"),
            ("{{ \t\r\n size\n}}", "300"),
            ("{{ Size }}{{ _1 }}{{ 0 }}", "xy"),
            ("{{ name }}", "&lt;b&gt; &amp; &quot;&#x27;{{ size }}"),
            ("a } }} {} { { b", "a } }} {} { { b"),
            ("{{size}}}", "300}"),
            ("caf\u{e9}{{ size }}\u{e9}\r\n", "caf\u{e9}300\u{e9}\r\n"),
            ("@media print{#menu{width:50%}}", "@media print{#menu{width:50%}}"),
            ("%} {% #} {#", "%} {% #} {#"),
        ] {
            assert_eq!(fill_in(source, &values).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_broken_is_told_with_its_line() {
        // The mark is line 1.
        for (source, line, mistake) in [
            (&b"{{"[..], 2, Mistake::Unclosed),
            (b"{{ size", 2, Mistake::Unclosed),
            (b"\n{{ size }\n}", 3, Mistake::Unclosed),
            (b"{{ size }}\n{{ size </p>\n{{ size }}", 3, Mistake::Unclosed),
            (b"{{{{ size }}}}", 2, Mistake::Unclosed),
            (b"a\nb\n{{ }}", 4, Mistake::Nameless),
            (b"{{}}", 2, Mistake::Nameless),
            (b"\n{{\n}}", 3, Mistake::Nameless),
            (b"{{ a b }}", 2, Mistake::Name),
            (b"{{{ size }}}", 2, Mistake::Name),
            (b"\r\n\r\n{{ size | upper }}", 4, Mistake::Name),
            (b"{{ size.a }}", 2, Mistake::Name),
            (b"{{- size -}}", 2, Mistake::Name),
            (b"{{ 'x' }}", 2, Mistake::Name),
            ("{{ caf\u{e9} }}".as_bytes(), 2, Mistake::Name),
            (b"{{ a\0 }}", 2, Mistake::Name),
            (b"\n{% if size %}\nx\n", 3, Mistake::Language),
            (b"{# left out #}{% raw %}", 2, Mistake::Language),
            (b"{% \n{# a\nb #}", 3, Mistake::Language),
            (b"{{ size }}{{ a b }}\n{#\n#}", 3, Mistake::Language),
            (b"a\n\xff", 3, Mistake::Encoding),
        ] {
            assert_eq!(fill_in(source, &[]), Err(Broken { line, mistake }), "{}", source.escape_ascii());
            assert!(!mistake.to_string().contains(char::is_control), "{mistake}");
        }
    }

    #[test]
    fn no_template_is_longer_than_the_limit() {
        assert_eq!(fill_in(vec![b'\n'; TEMPLATE_LIMIT], &[]).unwrap().len(), TEMPLATE_LIMIT);
        let broken = Broken { line: 1, mistake: Mistake::Length };
        assert_eq!(fill_in(vec![b'\n'; TEMPLATE_LIMIT + 1], &[]), Err(broken));
    }

    #[test]
    fn no_page_is_larger_than_the_limit() {
        let longest = "'".repeat(64 * 1024);
        // Each is escaped with six bytes.
        let most = PAGE_LIMIT / (6 * longest.len());
        assert_eq!(fill_in("{{ a }}".repeat(most), &[("a", &longest)]).unwrap().len(), most * 6 * longest.len());
        let source = "{{ a }}".repeat(most) + "\n{{ a }}" + &"{{ a }}".repeat(1000);
        assert_eq!(fill_in(source, &[("a", &longest)]), Err(Broken { line: 3, mistake: Mistake::Page }));
        // Too large by what is behind the last gap.
        let longest = longest + &"x".repeat(5000);
        let source = "{{ a }}".repeat(most) + "\n\n{{ b }}" + &"x".repeat(100_000);
        assert_eq!(fill_in(source, &[("a", &longest)]), Err(Broken { line: 4, mistake: Mistake::Page }));
    }
}
