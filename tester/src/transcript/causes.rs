//! Likely causes that stand in the transcripts: beside the expectation that they explain, or in the file of a track.

use std::fmt;

use crate::{http::sent::Request, transcript::template::Template};

/// A `?` line: when an expectation fails in this way, that is why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Line of its file, from 1.
    pub line: usize,
    /// Its id in reports and tests: its name or its line; behind the stage or the track, once those are known.
    pub id: String,
    /// In which case it is said.
    pub when: When,
    /// One sentence, without its full stop.
    pub text: Template,
}

/// A cause that all expectations of a track share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Conditions on the request and the expectation; all must hold.
    pub selectors: Vec<Selector>,
    /// The cause.
    pub cause: Cause,
}

/// A condition on a request or an expectation for a cause of the track to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The expectation admits one of these statuses.
    Status(Vec<Codes>),
    /// The request has this method.
    Method(String),
    /// The request has this field, or has it not.
    Field {
        /// The field's name.
        name: String,
        /// True if it must not be there.
        absent: bool,
    },
    /// The request target fits this pattern, in which `*` stands for anything.
    Target(String),
    /// The request is one of several that were sent before the first response.
    Pipelined,
}

/// Statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// One.
    One(u16),
    /// A whole class, by its first digit.
    Class(u16),
}

/// In which case a cause is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// `status CODES [with NAME]`: the status is one of these, which are not wanted; and the response has that field.
    Status(Vec<Codes>, Option<String>),
    /// `missing NAME`: the field is not there.
    Missing(String),
    /// `value NAME [TEXT]`: the field has another value; one of these, where any is named.
    Value(String, Vec<Template>),
    /// `forbidden NAME`: the field is there, and must not be.
    Forbidden(String),
    /// `body [MATCH]`: the body differs.
    Body(Match),
    /// `lacks [TEXT]`: a text that is looked for does not stand in the body.
    Lacks(Vec<Template>),
    /// `holds [TEXT]`: a text stands in the body that must not.
    Holds(Vec<Template>),
    /// `short`: the body is not whole.
    Short,
    /// `surplus`: bytes came that nobody asked for.
    Surplus,
    /// `silence`: nothing came in time, not even the beginning of a response.
    Silence,
    /// `closed`: the connection was closed instead.
    Closed,
    /// `open`: the connection was not closed.
    Open,
    /// `file [missing | MATCH]`: a file is missing, has other contents, or should not be there.
    File(Match),
}

/// A property of contents that differ from those wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Anything.
    Any,
    /// There is no such file.
    Missing,
    /// Nothing.
    Empty,
    /// One of these.
    Is(Vec<Template>),
    /// They begin with one of these.
    Starts(Vec<Template>),
    /// One of these stands in them, but not in what is wanted.
    Holds(Vec<Template>),
    /// One of these stands in what is wanted, but not in them.
    Lacks(Vec<Template>),
}

impl Cause {
    /// Puts the stage or the track before the id.
    pub fn belongs_to(&mut self, scope: &str) {
        // Without a name the id is the line, which reads as in a message of a compiler.
        let mark = if self.id.starts_with(|c: char| c.is_ascii_digit()) { ':' } else { '/' };
        self.id = format!("{scope}{mark}{}", self.id);
    }

    /// Its templates, the text among them.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.when.templates().iter().chain([&self.text])
    }
}

impl Codes {
    /// Checks whether `status` is among them.
    pub fn contain(self, status: u16) -> bool {
        match self {
            Codes::One(code) => code == status,
            Codes::Class(digit) => status / 100 == digit,
        }
    }

    /// Checks whether all of `other` are among them.
    pub fn cover(self, other: Codes) -> bool {
        match other {
            Codes::One(code) => self.contain(code),
            Codes::Class(_) => self == other,
        }
    }
}

fn all_covered(codes: &[Codes], others: &[Codes]) -> bool {
    others.iter().all(|other| codes.iter().any(|codes| codes.cover(*other)))
}

impl When {
    /// The texts that it names.
    pub fn templates(&self) -> &[Template] {
        match self {
            When::Value(_, texts) | When::Lacks(texts) | When::Holds(texts) => texts,
            When::Body(matches) | When::File(matches) => matches.templates(),
            _ => &[],
        }
    }

    /// Checks whether it holds in each case in which `other` does.
    pub fn covers(&self, other: &When) -> bool {
        let all = |texts: &[Template], others: &[Template]| {
            texts.is_empty() || (!others.is_empty() && others.iter().all(|text| texts.contains(text)))
        };
        match (self, other) {
            (When::Status(codes, with), When::Status(others, other)) => {
                all_covered(codes, others) && (with.is_none() || with == other)
            }
            (When::Missing(name), When::Missing(other)) | (When::Forbidden(name), When::Forbidden(other)) => {
                name.eq_ignore_ascii_case(other)
            }
            (When::Value(name, texts), When::Value(other, others)) => {
                name.eq_ignore_ascii_case(other) && all(texts, others)
            }
            (When::Lacks(texts), When::Lacks(others)) | (When::Holds(texts), When::Holds(others)) => all(texts, others),
            (When::Body(matches), When::Body(others)) | (When::File(matches), When::File(others)) => {
                matches.covers(others)
            }
            _ => self == other,
        }
    }
}

impl Match {
    /// The texts that it names.
    pub fn templates(&self) -> &[Template] {
        match self {
            Match::Any | Match::Missing | Match::Empty => &[],
            Match::Is(texts) | Match::Starts(texts) | Match::Holds(texts) | Match::Lacks(texts) => texts,
        }
    }

    fn covers(&self, other: &Match) -> bool {
        let all = |texts: &[Template], others: &[Template]| others.iter().all(|text| texts.contains(text));
        match (self, other) {
            (Match::Any, _) => true,
            (Match::Is(texts), Match::Is(others))
            | (Match::Starts(texts), Match::Starts(others) | Match::Is(others))
            | (Match::Holds(texts), Match::Holds(others))
            | (Match::Lacks(texts), Match::Lacks(others)) => all(texts, others),
            _ => self == other,
        }
    }
}

impl Selector {
    /// Checks whether it selects an expectation of one of these statuses, which is about this request. `pipelined`:
    /// several were sent before the first response.
    pub fn selects(&self, statuses: &[u16], request: Option<&Request>, pipelined: bool) -> bool {
        match self {
            Selector::Status(codes) => statuses.iter().any(|status| codes.iter().any(|codes| codes.contain(*status))),
            Selector::Method(method) => request.is_some_and(|request| request.method() == method.as_bytes()),
            Selector::Field { name, absent } => request.is_some_and(|request| request.field(name).is_none() == *absent),
            Selector::Target(pattern) => {
                let target = request.and_then(Request::target);
                target.is_some_and(|target| fits(pattern.as_bytes(), target))
            }
            Selector::Pipelined => pipelined,
        }
    }

    /// Checks whether everything that `other` selects is selected by this one, too.
    pub fn covers(&self, other: &Selector) -> bool {
        match (self, other) {
            (Selector::Status(codes), Selector::Status(others)) => all_covered(codes, others),
            (Selector::Field { name, absent }, Selector::Field { name: other, absent: missing }) => {
                name.eq_ignore_ascii_case(other) && absent == missing
            }
            (Selector::Target(pattern), Selector::Target(other)) => fits(pattern.as_bytes(), other.as_bytes()),
            _ => self == other,
        }
    }
}

/// Checks whether `text` fits `pattern`, in which `*` stands for any bytes, also for none.
pub(crate) fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let mut parts = pattern.split(|byte| *byte == b'*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = memchr::memmem::find(rest, part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

impl Shared {
    /// Checks whether it is said in each case in which `other` would be.
    pub fn covers(&self, other: &Shared) -> bool {
        let narrower = |selector: &Selector| other.selectors.iter().any(|narrow| selector.covers(narrow));
        self.selectors.iter().all(narrower) && self.cause.when.covers(&other.cause.when)
    }
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Codes::One(code) => write!(f, "{code}"),
            Codes::Class(digit) => write!(f, "{digit}xx"),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Status(codes, _) => {
                let codes: Vec<_> = codes.iter().map(Codes::to_string).collect();
                write!(f, "status {}", codes.join("|"))
            }
            When::Missing(name) => write!(f, "missing {name}"),
            When::Value(name, _) => write!(f, "value {name}"),
            When::Forbidden(name) => write!(f, "forbidden {name}"),
            When::Body(_) => f.write_str("body"),
            When::Lacks(_) => f.write_str("lacks"),
            When::Holds(_) => f.write_str("holds"),
            When::Short => f.write_str("short"),
            When::Surplus => f.write_str("surplus"),
            When::Silence => f.write_str("silence"),
            When::Closed => f.write_str("closed"),
            When::Open => f.write_str("open"),
            When::File(_) => f.write_str("file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fit) in [
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a*", "/ab", true),
            ("*?*", "/a?b", true),
            ("*?*", "/a", false),
            ("//*", "/a", false),
            ("*/", "/a/", true),
            ("*ab*b", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), fit, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_wider_covers_what_is_narrower() {
        let codes = |codes: &[Codes]| When::Status(codes.to_vec(), None);
        let with = |codes: &[Codes]| When::Status(codes.to_vec(), Some("Age".into()));
        let text = |text: &str| vec![Template::parse(text).unwrap()];
        let value = |texts: &[&str]| When::Value("Allow".into(), texts.iter().flat_map(|t| text(t)).collect());
        for (wide, narrow) in [
            (codes(&[Codes::Class(2), Codes::One(404)]), codes(&[Codes::One(200), Codes::One(404)])),
            (codes(&[Codes::One(200)]), with(&[Codes::One(200)])),
            (value(&[]), value(&["GET"])),
            (value(&["GET", "HEAD"]), value(&["HEAD"])),
            (When::Body(Match::Any), When::Body(Match::Empty)),
            (When::File(Match::Starts(text("a"))), When::File(Match::Is(text("a")))),
            (When::Lacks(Vec::new()), When::Lacks(text("a"))),
        ] {
            assert!(wide.covers(&narrow) && !narrow.covers(&wide), "{wide:?} {narrow:?}");
        }
        assert!(!When::Short.covers(&When::Surplus) && When::Short.covers(&When::Short));
        assert!(!When::Missing("A".into()).covers(&When::Forbidden("A".into())));
    }
}
