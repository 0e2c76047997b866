//! Pages that are filled in: HTML with `{{ name }}` where a value goes.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, ErrorKind, Write},
    sync::{Condvar, Mutex, PoisonError},
    thread,
};

use minijinja::{AutoEscape, Environment, Value, filters};

use super::language;

/// The first line of a page that is a template, without its line end.
const MARK: &[u8] = b"<!-- template -->";
/// How many bytes of a file are enough to tell whether it is marked.
pub(crate) const MARK_LENGTH: usize = MARK.len() + 2;
/// Bytes that one rendering may come to.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
/// The stack of a rendering, in bytes, enough for the deepest that [`language::check`] lets through. Only the pages of
/// a stack that are touched count.
const STACK: usize = 16 * 1024 * 1024;

/// Renderings at once, in all: more threads than there are processors would only take memory.
const TURNS_AT_ONCE: usize = 16;

/// Why a template gives no page.
#[derive(Debug)]
pub enum TemplateError {
    /// It is wrong: in which line of the file, counted from 1, and how.
    Broken {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The system has no thread to spare at the moment.
    Busy(io::Error),
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

/// Renders templates. Values are escaped for HTML unless a template says `safe`; a name without a value is
/// empty.
pub struct Renderer(Environment<'static>);

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renderer")
    }
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer {
    /// What templates may use, besides the language itself. Nothing here makes more than a few times as much of what
    /// it gets.
    #[must_use]
    pub fn new() -> Self {
        let mut environment = Environment::empty();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_keep_trailing_newline(true);
        environment.add_filter("capitalize", filters::capitalize);
        environment.add_filter("d", filters::default);
        environment.add_filter("default", filters::default);
        environment.add_filter("e", filters::escape);
        environment.add_filter("escape", filters::escape);
        environment.add_filter("length", filters::length);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("safe", filters::safe);
        environment.add_filter("title", filters::title);
        environment.add_filter("trim", filters::trim);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("urlencode", filters::urlencode);
        environment.add_test("defined", minijinja::tests::is_defined);
        environment.add_test("undefined", minijinja::tests::is_undefined);
        environment.add_test("startingwith", minijinja::tests::is_startingwith);
        environment.add_test("endingwith", minijinja::tests::is_endingwith);
        Renderer(environment)
    }

    /// Fills a template in. `source` is a file without its mark.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn fill_in(&self, source: &[u8], values: &BTreeMap<String, String>) -> Result<Vec<u8>, TemplateError> {
        let result = match std::str::from_utf8(source) {
            Ok(source) => apart(|| {
                language::check(source).map_err(|(line, reason)| broken(line, reason))?;
                let values = values.iter().map(|(name, value)| (&**name, &**value)).collect();
                self.render_here(source, values)
            }),
            Err(error) => {
                let line = 1 + source[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
                Err(broken(line, "not UTF-8".to_owned()))
            }
        };
        result.map_err(|error| match error {
            // The mark is a line too.
            TemplateError::Broken { line, reason } => TemplateError::Broken { line: line + 1, reason },
            error => error,
        })
    }

    /// Renders a template of the server's own, which may use all of the language.
    pub(super) fn render(&self, source: &str, values: Value) -> Result<Vec<u8>, TemplateError> {
        apart(|| self.render_here(source, values))
    }

    fn render_here(&self, source: &str, values: Value) -> Result<Vec<u8>, TemplateError> {
        let mut output = Output(Vec::new());
        let result = self.0.template_from_str(source).and_then(|template| {
            template.render_captured_to(values, &mut output)?;
            Ok(())
        });
        match result {
            Ok(()) => Ok(output.0),
            Err(error) => Err(broken(error.line().unwrap_or(1), reason(&error))),
        }
    }
}

/// Does this on a stack of its own: how deep a template goes is not for a client's thread to bear, and an error in the
/// library ends this thread only. A crowd of clients takes turns.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, TemplateError> + Send) -> Result<T, TemplateError> {
    let _turn = Turn::take();
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("template".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(TemplateError::Busy)?;
        thread.join().unwrap_or_else(|_| Err(broken(1, "the template library failed".to_owned())))
    })
}

/// One of the renderings that may be going on at once.
struct Turn;

static TURNS: (Mutex<usize>, Condvar) = (Mutex::new(TURNS_AT_ONCE), Condvar::new());

impl Turn {
    /// Waits for one.
    fn take() -> Self {
        let left = TURNS.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = TURNS.1.wait_while(left, |left| *left == 0);
        *left.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TURNS.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        TURNS.1.notify_one();
    }
}

fn broken(line: usize, reason: String) -> TemplateError {
    TemplateError::Broken { line, reason }
}

/// What is wrong, in one line.
fn reason(error: &minijinja::Error) -> String {
    let kind = match error.kind() {
        minijinja::ErrorKind::WriteFailure => format!("the page is larger than {OUTPUT_LIMIT} bytes"),
        kind => kind.to_string(),
    };
    error.detail().map_or_else(|| kind.clone(), |detail| format!("{kind}: {detail}"))
}

/// Takes what is rendered, up to the limit.
struct Output(Vec<u8>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_LIMIT {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::TEMPLATE_LIMIT, *};

    fn fill_in(source: &str, values: &[(&str, &str)]) -> Result<String, TemplateError> {
        let values = values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Renderer::new().fill_in(source.as_bytes(), &values).map(|page| String::from_utf8(page).unwrap())
    }

    #[track_caller]
    fn broken(source: impl AsRef<[u8]>) -> (usize, String) {
        let values = [("size".to_owned(), "300000000".to_owned())].into();
        match Renderer::new().fill_in(source.as_ref(), &values) {
            Err(TemplateError::Broken { line, reason }) => (line, reason),
            result => panic!("{result:?}"),
        }
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
        for (source, expected) in [
            ("<p>{{ size }}</p>\n", "<p>300</p>\n"),
            ("{{size}}{{ missing }}{{ range }}{{ dict }}{{ debug }}", "300"),
            ("{{ name }}", "&lt;b&gt; &amp; &quot;&#x27;{{ size }}"),
            ("{% if name %}yes{% endif %}{% if missing %}no{% endif %}", "yes"),
            (
                "{{ missing | default('x') }}{{ size | upper }}{{ name | urlencode }}",
                "x300%3Cb%3E%20%26%20%22%27%7B%7B%20size%20%7D%7D",
            ),
            ("{{ a b }}", ""),
            ("{# left out #}", ""),
        ] {
            let filled = fill_in(source, &[("size", "300"), ("name", "<b> & \"'{{ size }}")]);
            match filled {
                Ok(text) => assert_eq!(text, expected, "{source}"),
                Err(error) => assert!(source == "{{ a b }}", "{source}: {error:?}"),
            }
        }
    }

    #[test]
    fn what_is_broken_is_told_with_its_line() {
        // The mark is line 1.
        for (source, line) in [
            ("{{ size", 2),
            ("a\nb\n{{ }}", 4),
            ("{% if size %}\nx\n", 2),
            ("{% nonsense %}", 2),
            ("\n{{ size | nonsense }}", 3),
            ("\n\n{{ size.a.b }}", 4),
            ("{% include 'other.html' %}", 2),
        ] {
            let (at, reason) = broken(source);
            assert_eq!(at, line, "{source}: {reason}");
            assert!(!reason.contains('\n'), "{reason}");
        }
        assert_eq!(broken(b"a\n\xff"), (3, "not UTF-8".to_owned()));
    }

    #[test]
    fn no_page_is_larger_than_the_limit() {
        let longest = "'".repeat(64 * 1024);
        // Each is escaped with six bytes.
        let most = OUTPUT_LIMIT / (6 * longest.len());
        assert_eq!(fill_in(&"{{ a }}".repeat(most), &[("a", &longest)]).unwrap().len(), most * 6 * longest.len());
        let values = [("a".to_owned(), longest)].into();
        match Renderer::new().fill_in("{{ a }}".repeat(most + 1).as_bytes(), &values) {
            Err(TemplateError::Broken { line: 2, reason }) => assert!(reason.contains("larger than"), "{reason}"),
            result => panic!("{result:?}"),
        }
    }

    #[test]
    fn what_would_grow_without_end_is_not_begun() {
        for source in [
            "{% set a = size %}".to_owned() + &"{% set a = a ~ a %}".repeat(60),
            "{% for a in [size] %}".to_owned() + &"{% for a in [a ~ a] %}".repeat(60) + &"{% endfor %}".repeat(61),
            "{% filter upper %}".to_owned() + &"{% for a in '123456789' %}".repeat(9) + "x",
            format!("{{{{ 'x' * 100000000{} }}}}", " ~ 'x' * 100000000".repeat(1000)),
        ] {
            assert!(broken(source).1.starts_with("there is no "));
        }
    }

    /// The longest templates, of what needs most stack for its length: as they are, and as long as may be said.
    #[test]
    fn nothing_is_too_deep() {
        for (before, repeated, after) in [
            ("{{ size", ".a", "}}"),
            ("{{ size", "[0]", "}}"),
            ("{{ size", "()", "}}"),
            ("{{ size", "|e", "}}"),
            ("{{ 1", "+1", "}}"),
            ("{{ 1", "~1", "}}"),
            ("{{ 1", "<1", "}}"),
            ("{{ 1", "**1", "}}"),
            ("{{ 1", " in 1", "}}"),
            ("{{ 1", " or 1", "}}"),
            ("{{ 1", " and 1", "}}"),
            ("{{ 1", " is defined", "}}"),
            ("{{ 1", " if 1 else 1", "}}"),
            ("{{ ", "(", "}}"),
            ("{{ ", "[", "}}"),
            ("{{ ", "{1:", "}}"),
            ("{{ ", "a(", "}}"),
            ("{{ ", "-", "1}}"),
            ("{{ ", "not ", "1}}"),
            ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
            ("{% if a %}", "{% elif a %}", "{% endif %}"),
            ("", "{% if 1 %}", ""),
            ("", "{% for a in b %}", ""),
            ("", "{{", ""),
            ("", "{#", ""),
            ("{{ ", "1,", "}}"),
        ] {
            let times = (TEMPLATE_LIMIT as usize - before.len() - after.len()) / repeated.len();
            let template = |times| format!("{before}{}{after}", repeated.repeat(times));
            let _ = fill_in(&template(times), &[]);
            let counts: Vec<_> = (0..4000).collect();
            let most = counts.partition_point(|&times| language::check(&template(times)).is_ok());
            let _ = fill_in(&template(most.saturating_sub(1)), &[]);
        }
    }
}
