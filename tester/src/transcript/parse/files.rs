//! Files and contents: `file`, `symlink`, `saved`, and the lines that begin with `| `.

use super::{
    mistake::{Line, Mistake},
    reading::{Content, Reading, Target},
    values::Position,
};
use crate::transcript::{
    Action, Fixture, FixtureKind, Source,
    template::{Piece, Template},
};

impl<'a> Reading<'a> {
    pub(super) fn file(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        if text.ends_with('/') && !text.contains(" =") {
            let path = self.path(line, text, Position::Start)?;
            self.out.fixtures.push(Fixture { line: line.number, path, kind: FixtureKind::Folder });
            return Ok(());
        }
        if let Some((path, content)) = self.contents(line, text, Position::Start, Target::File)? {
            self.out.fixtures.push(Fixture { line: line.number, path, kind: FixtureKind::File(content) });
        }
        Ok(())
    }

    pub(super) fn symlink(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        let Some((path, target)) = text.split_once(" -> ") else {
            return Err(line.mistake(text, "a symbolic link without a target", "write `symlink PATH -> TARGET`"));
        };
        let kind = FixtureKind::Symlink(self.checked(line, target, Position::Start)?);
        let path = self.path(line, path, Position::Start)?;
        self.out.fixtures.push(Fixture { line: line.number, path, kind });
        Ok(())
    }

    pub(super) fn saved(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        if let Some((path, content)) = self.contents(line, text, Position::Saved, Target::Saved)? {
            self.push(line, Action::Saved { path, content });
        }
        Ok(())
    }

    /// `PATH = TEMPLATE`; `None` where the contents are the `| ` lines that follow.
    fn contents(
        &mut self,
        line: Line<'a>,
        text: &'a str,
        place: Position,
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

    fn path(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<Template, Mistake> {
        let path = self.checked(line, text, place)?;
        if !matches!(path.pieces.first(), Some(Piece::Dir | Piece::Root)) {
            return Err(line.mistake(text, "a path that could be anywhere", "begin it with {dir}/ or {root}/"));
        }
        Ok(path)
    }

    /// A line of contents, without its `|`.
    pub(super) fn content_line(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        let Some(content) = &mut self.content else {
            return Err(line.mistake(
                line.text,
                "contents that belong to nothing",
                "put `let NAME =`, `file PATH =` or `saved PATH =` on a line above",
            ));
        };
        let text = line.template(text.strip_prefix(' ').unwrap_or(text))?;
        content.text.pieces.extend(text.pieces);
        content.text.pieces.push(Piece::Text(b"\n".to_vec()));
        Ok(())
    }

    pub(super) fn end_content(&mut self) -> Result<(), Mistake> {
        let Some(Content { line, target, text }) = self.content.take() else {
            return Ok(());
        };
        let place = if matches!(target, Target::Saved(_)) { Position::Saved } else { Position::Start };
        let at = Line { number: line, text: "" };
        self.check(at, "", &text, place)?;
        match target {
            Target::Let(name) => self.add(at, name, Source::Made(text))?,
            Target::File(path) => self.out.fixtures.push(Fixture { line, path, kind: FixtureKind::File(text) }),
            Target::Saved(path) => self.push(at, Action::Saved { path, content: text }),
        }
        Ok(())
    }
}
