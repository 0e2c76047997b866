//! Values: `let`, and what may be used where.

use super::{
    mistake::{Line, Mistake},
    reading::{Content, Origin, Reading, Target},
};
use crate::transcript::{
    Let, Source,
    parse::lexer::{size, whole},
    template::{Piece, RESERVED, Template, value_name},
};

/// The position of a template, which decides which substitutions make sense in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Origin before the program starts.
    Start,
    /// `saved`.
    Saved,
    /// A message or raw bytes that are sent; in a group or not.
    Sent { group: bool, message: bool },
    /// A body, a reason phrase, or a field that is expected.
    Expected { group: bool, field: bool },
    /// A cause beside an expectation.
    Cause { group: bool },
    /// A cause of a whole track, which has no values.
    Track,
}

impl<'a> Reading<'a> {
    pub(super) fn let_(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        if let Some((names, made)) = text.split_once('=') {
            let name = self.new_value(line, names.trim_end())?;
            if made.is_empty() {
                self.content =
                    Some(Content { line: line.number, target: Target::Let(name), text: Template::default() });
                return Ok(());
            }
            let source = Source::Made(self.checked(line, made.strip_prefix(' ').unwrap_or(made), Position::Start)?);
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

    pub(super) fn add(&mut self, line: Line<'_>, name: String, source: Source) -> Result<(), Mistake> {
        self.values.insert(name.clone(), Origin::Let);
        self.out.lets.push(Let { line: line.number, name, source });
        Ok(())
    }

    pub(super) fn new_value(&self, line: Line<'a>, text: &'a str) -> Result<String, Mistake> {
        if RESERVED.contains(&text) || whole(value_name, text).is_none() {
            return Err(line.mistake(
                text,
                format!("`{text}` cannot be the name of a value"),
                format!("use a letter, then letters, digits and `_`, but none of {}", RESERVED.join(", ")),
            ));
        }
        if self.values.contains_key(text) {
            return Err(line.mistake(text, format!("`{text}` is a value already"), "choose another name"));
        }
        Ok(text.to_owned())
    }

    pub(super) fn checked(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<Template, Mistake> {
        let template = line.template(text)?;
        self.check(line, text, &template, place)?;
        Ok(template)
    }

    pub(super) fn check(
        &self,
        line: Line<'_>,
        text: &str,
        template: &Template,
        place: Position,
    ) -> Result<(), Mistake> {
        for name in template.names() {
            match self.values.get(name) {
                None if place == Position::Track => {
                    return Err(line.mistake(
                        name_in(text, name),
                        format!("`{name}` has no value: those of a stage are not known to its track"),
                        "write it as text, or put the cause beside the expectation",
                    ));
                }
                None => {
                    return Err(line.mistake(
                        name_in(text, name),
                        format!("`{name}` has no value yet"),
                        format!("put `let {name}` above, or write it as text"),
                    ));
                }
                Some(Origin::Captured) if place == Position::Start => {
                    return Err(line.mistake(
                        name_in(text, name),
                        format!("`{name}` is known only while the stage runs"),
                        "use it in what is sent and expected",
                    ));
                }
                Some(_) => {}
            }
        }
        let group = matches!(
            place,
            Position::Sent { group: true, .. }
                | Position::Expected { group: true, .. }
                | Position::Cause { group: true }
        );
        if template.has(&Piece::Index) && !group {
            return Err(line.mistake(
                text,
                "{i} outside a group",
                "use it on lines of a connection with members, as `connect c*8`",
            ));
        }
        let message = matches!(place, Position::Sent { message: true, .. } | Position::Expected { .. });
        if template.has(&Piece::MessageLen) && !message {
            return Err(line.mistake(text, "{len} outside a message", "write {len VALUE}"));
        }
        let captures = template.pieces.iter().filter(|piece| matches!(piece, Piece::Capture(_))).count();
        if captures > 0 && !matches!(place, Position::Expected { field: true, .. }) {
            return Err(line.mistake(
                text,
                "only the value of an expected field can be remembered",
                "use {*NAME} there",
            ));
        }
        if captures > 1 {
            return Err(line.mistake(text, "two captures in one value", "keep one of them"));
        }
        Ok(())
    }
}

/// The place in `text` where `name` stands.
pub(super) fn name_in<'t>(text: &'t str, name: &str) -> &'t str {
    text.find(name).map_or(text, |at| &text[at..at + name.len()])
}
