//! The parser of `tester.http`. `stages/README.md` is its specification.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{
    lex::{KEYWORDS, Kind, connects, cut, kind, number, size, time, whole},
    message::{self, Marker, Row},
    template::{Piece, RESERVED, Template, value_name},
    transcript::{Action, Fixture, FixtureKind, Leave, Let, Source, Step, Transcript, Write},
};

/// Largest group of connections.
const MOST: usize = 20_000;

/// What is wrong with a transcript, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.line, self.column, self.what, self.help)
    }
}

impl std::error::Error for Mistake {}

/// Parses the text of a `tester.http`.
///
/// # Errors
/// The first mistake in it.
pub fn parse(text: &str) -> Result<Transcript, Mistake> {
    let mut reading = Reading::default();
    for (index, line) in text.lines().enumerate() {
        reading.line(Line { number: index + 1, text: line })?;
    }
    reading.finish()
}

/// A line, or what is left of one, that knows where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) text: &'a str,
}

impl<'a> Line<'a> {
    /// A mistake at `part`, a slice of this line.
    pub(crate) fn mistake(self, part: &str, what: impl Into<String>, help: impl Into<String>) -> Mistake {
        let offset = (part.as_ptr() as usize)
            .checked_sub(self.text.as_ptr() as usize)
            .filter(|offset| *offset <= self.text.len())
            .unwrap_or(0);
        Mistake {
            line: self.number,
            column: self.text[..offset].chars().count() + 1,
            what: what.into(),
            help: help.into(),
        }
    }

    pub(crate) fn template(self, part: &'a str) -> Result<Template, Mistake> {
        Template::parse(part).map_err(|at| {
            self.mistake(
                &part[at..],
                "this substitution cannot be understood",
                "write {NAME}, {NAME[FROM..TO]}, {'text'}, {len X}, {hexlen X}, {gzip X}, {pct X}, {case X}, \
                 {len}, {dir}, {root}, {i} or {*NAME}; a literal brace is {'{'}",
            )
        })
    }
}

/// Where a template stands decides which substitutions make sense in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Known before the program starts.
    Start,
    /// `saved`.
    Saved,
    /// A message or raw bytes that are sent; in a group or not.
    Sent { group: bool, message: bool },
    /// A body, a reason phrase, or a field that is expected.
    Expected { group: bool, field: bool },
}

#[derive(Clone)]
enum Known {
    /// Drawn or made at the start.
    Let,
    /// Captured from a response.
    Captured,
}

#[derive(Default)]
struct Reading<'a> {
    out: Transcript,
    values: BTreeMap<String, Known>,
    conns: BTreeMap<String, bool>,
    changes: BTreeMap<String, Change>,
    rows: Vec<Row<'a>>,
    content: Option<Content>,
    beyond: bool,
}

/// `cut` and `times` that wait for their write: where the first of them stands, and what they say.
type Change = ((usize, String), Option<(usize, Duration)>, usize);

/// A `| ` block and what it is for.
struct Content {
    line: usize,
    target: Target,
    text: Template,
}

enum Target {
    Let(String),
    File(Template),
    Saved(Template),
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: Line<'a>) -> Result<(), Mistake> {
        if line.text.starts_with('#') || line.text.trim().is_empty() {
            return Ok(());
        }
        if line.text.ends_with([' ', '\t', '\r']) {
            let end = line.text.trim_end();
            return Err(line.mistake(
                &line.text[end.len()..],
                "the line ends in white space",
                "remove it; where it is meant, write {' '}",
            ));
        }
        if let Some(text) = line.text.strip_prefix('|') {
            let Some(content) = &mut self.content else {
                return Err(line.mistake(
                    line.text,
                    "contents of nothing",
                    "put `let NAME =`, `file PATH =` or `saved PATH =` on a line above",
                ));
            };
            let text = line.template(text.strip_prefix(' ').unwrap_or(text))?;
            content.text.pieces.extend(text.pieces);
            content.text.pieces.push(Piece::Text(b"\n".to_vec()));
            return Ok(());
        }
        self.end_content()?;
        let Ok((_, kind)) = kind(line.text) else {
            return Err(line.mistake(
                line.text,
                "this is no directive",
                "a line is `NAME> …`, `NAME>> …`, `NAME< …`, `NAME VERB`, or begins with args, let, file, symlink, \
                 connect, wait, saved or beyond",
            ));
        };
        if let Kind::Row(conn, marker, text) = kind {
            return self.row(line, conn, marker, text);
        }
        self.end_rows()?;
        match kind {
            Kind::Args(text) => {
                if self.out.args.is_some() {
                    return Err(line.mistake(
                        line.text,
                        "a second `args`",
                        "the program is started once; join the two",
                    ));
                }
                self.out.args = Some(self.checked(line, text, Place::Start)?);
            }
            Kind::Let(text) => self.let_(line, text)?,
            Kind::File(text) => self.file(line, text)?,
            Kind::Symlink(text) => {
                let Some((path, target)) = text.split_once(" -> ") else {
                    return Err(line.mistake(
                        text,
                        "a symbolic link without a target",
                        "write `symlink PATH -> TARGET`",
                    ));
                };
                let kind = FixtureKind::Symlink(self.checked(line, target, Place::Start)?);
                let path = self.path(line, path, Place::Start)?;
                self.out.fixtures.push(Fixture { line: line.number, path, kind });
            }
            Kind::Connect(text) => self.connect(line, text)?,
            Kind::Wait(text) => {
                let time = self.time(line, text)?;
                self.push(line, Action::Wait(time));
            }
            Kind::Saved("none") => self.push(line, Action::SavedNone),
            Kind::Saved(text) => {
                if let Some((path, content)) = self.contents(line, text, Place::Saved, Target::Saved)? {
                    self.push(line, Action::Saved { path, content });
                }
            }
            Kind::Beyond => {
                if self.beyond {
                    return Err(line.mistake(
                        line.text,
                        "a second `beyond`",
                        "the first one parts the transcript; remove this one",
                    ));
                }
                self.beyond = true;
                self.push(line, Action::Beyond);
            }
            Kind::Verb(conn, text) => self.verb(line, conn, text)?,
            Kind::Row(..) => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Transcript, Mistake> {
        self.end_content()?;
        self.end_rows()?;
        if let Some((conn, ((number, text), ..))) = self.changes.first_key_value() {
            let line = Line { number: *number, text };
            return Err(line.mistake(
                text,
                format!("no write on `{conn}` follows"),
                "remove the line, or write something",
            ));
        }
        Ok(self.out)
    }

    fn push(&mut self, line: Line<'_>, action: Action) {
        self.out.steps.push(Step { line: line.number, action });
    }

    fn let_(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        if let Some((names, made)) = text.split_once('=') {
            let name = self.new_value(line, names.trim_end())?;
            if made.is_empty() {
                self.content =
                    Some(Content { line: line.number, target: Target::Let(name), text: Template::default() });
                return Ok(());
            }
            let source = Source::Made(self.checked(line, made.strip_prefix(' ').unwrap_or(made), Place::Start)?);
            return self.add(line, name, source);
        }
        if let Some((name, how)) = text.split_once(' ').filter(|(name, _)| !name.ends_with(',')) {
            let source = match how.split_once(' ') {
                Some(("bytes", number)) => whole(size, number).map(Source::Bytes),
                Some(("text", number)) => whole(size, number).map(Source::Text),
                _ => None,
            };
            let Some(source) = source else {
                return Err(line.mistake(how, "unknown kind of value", "write `let NAME, NAME`, `let NAME bytes SIZE`, `let NAME text SIZE` (as 100, 64KiB, 1MiB; at most 64MiB) or `let NAME = …`"));
            };
            let name = self.new_value(line, name)?;
            return self.add(line, name, source);
        }
        for part in text.split(", ") {
            let name = self.new_value(line, part)?;
            self.add(line, name, Source::Word)?;
        }
        Ok(())
    }

    fn add(&mut self, line: Line<'_>, name: String, source: Source) -> Result<(), Mistake> {
        self.values.insert(name.clone(), Known::Let);
        self.out.lets.push(Let { line: line.number, name, source });
        Ok(())
    }

    fn new_value(&self, line: Line<'a>, text: &'a str) -> Result<String, Mistake> {
        if RESERVED.contains(&text) || whole(value_name, text).is_none() {
            return Err(line.mistake(
                text,
                format!("`{text}` cannot be the name of a value"),
                format!("take a letter, then letters, digits and `_`, but none of {}", RESERVED.join(", ")),
            ));
        }
        if self.values.contains_key(text) {
            return Err(line.mistake(text, format!("`{text}` is a value already"), "choose another name"));
        }
        Ok(text.to_owned())
    }

    fn file(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        if text.ends_with('/') && !text.contains(" =") {
            let path = self.path(line, text, Place::Start)?;
            self.out.fixtures.push(Fixture { line: line.number, path, kind: FixtureKind::Folder });
            return Ok(());
        }
        if let Some((path, content)) = self.contents(line, text, Place::Start, Target::File)? {
            self.out.fixtures.push(Fixture { line: line.number, path, kind: FixtureKind::File(content) });
        }
        Ok(())
    }

    /// `PATH = TEMPLATE`; `None` where the contents are the `| ` lines that follow.
    fn contents(
        &mut self,
        line: Line<'a>,
        text: &'a str,
        place: Place,
        target: fn(Template) -> Target,
    ) -> Result<Option<(Template, Template)>, Mistake> {
        if let Some(path) = text.strip_suffix(" =") {
            let path = self.path(line, path, place)?;
            self.content = Some(Content { line: line.number, target: target(path), text: Template::default() });
            return Ok(None);
        }
        let Some((path, content)) = text.split_once(" = ") else {
            return Err(line.mistake(
                text,
                "a file without contents",
                "write `PATH = CONTENTS`, or `PATH =` and lines that begin with `| `",
            ));
        };
        let path = self.path(line, path, place)?;
        Ok(Some((path, self.checked(line, content, place)?)))
    }

    fn path(&self, line: Line<'a>, text: &'a str, place: Place) -> Result<Template, Mistake> {
        let path = self.checked(line, text, place)?;
        if !matches!(path.pieces.first(), Some(Piece::Dir | Piece::Root)) {
            return Err(line.mistake(text, "a path that could be anywhere", "begin it with {dir}/ or {root}/"));
        }
        Ok(path)
    }

    fn end_content(&mut self) -> Result<(), Mistake> {
        let Some(Content { line, target, text }) = self.content.take() else {
            return Ok(());
        };
        let place = if matches!(target, Target::Saved(_)) { Place::Saved } else { Place::Start };
        let at = Line { number: line, text: "" };
        self.check(at, "", &text, place)?;
        match target {
            Target::Let(name) => self.add(at, name, Source::Made(text))?,
            Target::File(path) => self.out.fixtures.push(Fixture { line, path, kind: FixtureKind::File(text) }),
            Target::Saved(path) => self.push(at, Action::Saved { path, content: text }),
        }
        Ok(())
    }

    fn connect(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        let Some(all) = whole(connects, text) else {
            return Err(line.mistake(
                text,
                "these are no names of connections",
                "write `connect a, b` or `connect c*8`",
            ));
        };
        for connect in &all {
            let members: Vec<String> = match connect.count {
                Some(0) => {
                    return Err(line.mistake(text, "a group of none", "give it at least one member"));
                }
                Some(count) if count > MOST => {
                    return Err(line.mistake(text, "too large a group", format!("{MOST} connections are the most")));
                }
                Some(count) => (1..=count).map(|i| format!("{}{i}", connect.name)).collect(),
                None => Vec::new(),
            };
            for name in members.iter().chain([&connect.name]) {
                if KEYWORDS.contains(&name.as_str()) || self.conns.contains_key(name) {
                    return Err(line.mistake(
                        text,
                        format!("`{name}` cannot be the name of a connection, or is one already"),
                        "choose another name",
                    ));
                }
            }
            self.conns.insert(connect.name.clone(), connect.count.is_some());
            self.conns.extend(members.into_iter().map(|name| (name, false)));
        }
        self.push(line, Action::Connect(all));
        Ok(())
    }

    /// Whether `conn`, which must be connected, is a group.
    fn group(&self, line: Line<'a>, conn: &'a str) -> Result<bool, Mistake> {
        self.conns.get(conn).copied().ok_or_else(|| {
            line.mistake(conn, format!("`{conn}` is not connected"), format!("put `connect {conn}` above"))
        })
    }

    fn time(&self, line: Line<'a>, text: &'a str) -> Result<Duration, Mistake> {
        whole(time, text)
            .ok_or_else(|| line.mistake(text, "this is no time", "write it as 50ms or 2s, an hour at most"))
    }

    fn verb(&mut self, line: Line<'a>, conn: &'a str, text: &'a str) -> Result<(), Mistake> {
        self.group(line, conn)?;
        let (verb, argument) = match text.split_once(' ') {
            Some((verb, argument)) => (verb, Some(argument)),
            None => (text, None),
        };
        let owned = || conn.to_owned();
        let action = match (verb, argument) {
            ("open" | "closed", _) => {
                let time = argument.map(|text| self.time(line, text)).transpose()?;
                if verb == "open" {
                    Action::Open { conn: owned(), time }
                } else {
                    Action::Closed { conn: owned(), time }
                }
            }
            ("half-close", None) => Action::Leave { conn: owned(), how: Leave::Half },
            ("close", None) => Action::Leave { conn: owned(), how: Leave::Close },
            ("abort", None) => Action::Leave { conn: owned(), how: Leave::Abort },
            ("cut", Some(argument)) => {
                let Some((bytes, pause)) = whole(cut, argument).filter(|(bytes, _)| *bytes > 0) else {
                    return Err(line.mistake(
                        argument,
                        "`cut` without a number of bytes",
                        "write `cut 7` or `cut 7 5ms`",
                    ));
                };
                self.change(line, conn).1 = Some((bytes, pause.unwrap_or(Duration::from_millis(1))));
                return Ok(());
            }
            ("times", Some(argument)) => {
                let Some(times) = whole(number, argument).filter(|times| *times > 0) else {
                    return Err(line.mistake(argument, "`times` without a number", "write `times 1000`"));
                };
                self.change(line, conn).2 = times;
                return Ok(());
            }
            _ => {
                return Err(line.mistake(
                    text,
                    format!("`{text}` is nothing that a connection does"),
                    "write open, closed, half-close, close, abort, `cut N` or `times N`",
                ));
            }
        };
        self.push(line, action);
        Ok(())
    }

    fn change(&mut self, line: Line<'_>, conn: &str) -> &mut Change {
        self.changes.entry(conn.to_owned()).or_insert(((line.number, line.text.to_owned()), None, 1))
    }

    fn row(&mut self, line: Line<'a>, conn: &'a str, marker: Marker, text: &'a str) -> Result<(), Mistake> {
        self.group(line, conn)?;
        if self.rows.first().is_some_and(|first| first.conn != conn || first.marker.sends() != marker.sends()) {
            self.end_rows()?;
        }
        self.rows.push(Row { line, conn, marker, text });
        Ok(())
    }

    /// Makes steps of the `>` or `<` lines that stand next to each other.
    fn end_rows(&mut self) -> Result<(), Mistake> {
        let rows = std::mem::take(&mut self.rows);
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let group = self.conns.get(first.conn).copied().unwrap_or(false);
        if first.marker.sends() {
            let parts =
                message::sent(&rows, |line, text, message| self.checked(line, text, Place::Sent { group, message }))?;
            let (_, cut, times) = self.changes.remove(first.conn).unwrap_or(((0, String::new()), None, 1));
            self.push(first.line, Action::Write(Write { conn: first.conn.to_owned(), parts, cut, times }));
            return Ok(());
        }
        for message in rows.split(|row| row.marker == Marker::NextExpected) {
            let Some((head, rest)) = message.split_first() else {
                return Err(first.line.mistake(
                    first.line.text,
                    "a separator without a message",
                    "put the lines of a message on both sides of it",
                ));
            };
            let mut captured = Vec::new();
            let expect = message::expected(head, rest, |line, text, field| {
                let template = self.checked(line, text, Place::Expected { group, field })?;
                for piece in &template.pieces {
                    if let Piece::Capture(name) = piece {
                        captured.push(self.new_value(line, name_in(text, name))?);
                    }
                }
                Ok(template)
            })?;
            self.values.extend(captured.into_iter().map(|name| (name, Known::Captured)));
            self.push(head.line, Action::Expect(expect));
        }
        Ok(())
    }

    fn checked(&self, line: Line<'a>, text: &'a str, place: Place) -> Result<Template, Mistake> {
        let template = line.template(text)?;
        self.check(line, text, &template, place)?;
        Ok(template)
    }

    fn check(&self, line: Line<'_>, text: &str, template: &Template, place: Place) -> Result<(), Mistake> {
        for name in template.names() {
            match self.values.get(name) {
                None => {
                    return Err(line.mistake(
                        name_in(text, name),
                        format!("`{name}` has no value yet"),
                        format!("put `let {name}` above, or write it as text"),
                    ));
                }
                Some(Known::Captured) if place == Place::Start => {
                    return Err(line.mistake(
                        name_in(text, name),
                        format!("`{name}` is known only while the stage runs"),
                        "use it in what is sent and expected",
                    ));
                }
                Some(_) => {}
            }
        }
        let group = matches!(place, Place::Sent { group: true, .. } | Place::Expected { group: true, .. });
        if template.has(&Piece::Index) && !group {
            return Err(line.mistake(
                text,
                "{i} outside a group",
                "use it on lines of a connection with members, as `connect c*8`",
            ));
        }
        let message = matches!(place, Place::Sent { message: true, .. } | Place::Expected { .. });
        if template.has(&Piece::MessageLen) && !message {
            return Err(line.mistake(text, "{len} outside a message", "write {len VALUE}"));
        }
        let captures = template.pieces.iter().filter(|piece| matches!(piece, Piece::Capture(_))).count();
        if captures > 0 && !matches!(place, Place::Expected { field: true, .. }) {
            return Err(line.mistake(
                text,
                "only the value of an expected field can be remembered",
                "use {*NAME} there",
            ));
        }
        if captures > 1 {
            return Err(line.mistake(text, "two captures in one value", "leave one of them"));
        }
        Ok(())
    }
}

/// The place in `text` where `name` stands.
fn name_in<'t>(text: &'t str, name: &str) -> &'t str {
    text.find(name).map_or(text, |at| &text[at..at + name.len()])
}

#[cfg(test)]
mod tests;
