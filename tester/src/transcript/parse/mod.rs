//! The parser of `tester.http`. `stages/README.md` is its specification.
//!
//! Here is which line goes where; what it may say, and what becomes of it, is in a module for each kind of line.

mod causes;
mod connections;
mod files;
pub(crate) mod lexer;
pub(crate) mod messages;
mod mistake;
mod reading;
mod rows;
mod values;

use crate::transcript::{
    Action, Transcript,
    parse::{
        lexer::{Kind, kind},
        reading::Reading,
        values::Position,
    },
};

pub(crate) use self::mistake::Line;
pub(crate) use self::{causes::shared, mistake::Mistake};

/// Parses the text of a `tester.http`.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn parse(text: &str) -> Result<Transcript, Mistake> {
    let mut reading = Reading::default();
    for (index, line) in text.lines().enumerate() {
        reading.line(Line { number: index + 1, text: line })?;
    }
    reading.finish()
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: Line<'a>) -> Result<(), Mistake> {
        if line.is_skipped() {
            return Ok(());
        }
        line.check_end()?;
        if let Some(text) = line.text.strip_prefix('|') {
            return self.content_line(line, text);
        }
        self.end_content()?;
        let Ok((_, kind)) = kind(line.text) else {
            return Err(line.mistake(
                line.text,
                "this is not a directive",
                "a line is `NAME> …`, `NAME>> …`, `NAME< …`, `NAME? …`, `NAME VERB`, or begins with args, let, file, symlink, \
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
                self.out.args = Some(self.checked(line, text, Position::Start)?);
            }
            Kind::Let(text) => self.let_(line, text)?,
            Kind::File(text) => self.file(line, text)?,
            Kind::Symlink(text) => self.symlink(line, text)?,
            Kind::Connect(text) => self.connect(line, text)?,
            Kind::Wait(text) => {
                let time = self.time(line, text)?;
                self.push(line, Action::Wait(time));
            }
            Kind::Saved("none") => self.push(line, Action::SavedNone),
            Kind::Saved(text) => self.saved(line, text)?,
            Kind::Beyond => {
                if self.beyond {
                    return Err(line.mistake(
                        line.text,
                        "a second `beyond`",
                        "the first one divides the transcript; remove this one",
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
        if let Some((conn, change)) = self.changes.first_key_value() {
            let line = Line { number: change.line, text: &change.text };
            return Err(line.mistake(
                line.text,
                format!("no write on `{conn}` follows"),
                "remove the line, or write something",
            ));
        }
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests;
