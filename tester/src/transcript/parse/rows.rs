//! The lines of requests and responses, `>` and `<`.

use super::{
    lexer::Marker,
    mistake::{Line, Mistake},
    reading::{Origin, Reading},
    values::{Position, name_in},
};
use crate::transcript::{
    Action, Write,
    parse::messages::{self, Row},
    template::Piece,
};

impl<'a> Reading<'a> {
    pub(super) fn row(&mut self, line: Line<'a>, conn: &'a str, marker: Marker, text: &'a str) -> Result<(), Mistake> {
        // `saved` is no connection, but what it expects may have causes.
        if !(conn == "saved" && marker == Marker::Cause) {
            self.group(line, conn)?;
        }
        if self.rows.first().is_some_and(|first| first.conn != conn || first.marker.sends() != marker.sends()) {
            self.end_rows()?;
        }
        self.rows.push(Row { line, conn, marker, text });
        Ok(())
    }

    /// Makes steps of the `>` or `<` lines that stand next to each other.
    pub(super) fn end_rows(&mut self) -> Result<(), Mistake> {
        let rows = std::mem::take(&mut self.rows);
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let group = self.conns.get(first.conn).copied().unwrap_or(false);
        if first.marker.sends() {
            let parts = messages::sent(&rows, |line, text, message| {
                self.checked(line, text, Position::Sent { group, message })
            })?;
            let (cut, times) = self.changes.remove(first.conn).map_or((None, 1), |change| (change.cut, change.times));
            self.push(first.line, Action::Write(Write { conn: first.conn.to_owned(), parts, cut, times }));
            return Ok(());
        }
        if rows.iter().all(|row| row.marker == Marker::Cause) {
            return self.explain(&rows, group);
        }
        for message in rows.split(|row| row.marker == Marker::NextExpected) {
            let lines = message.iter().position(|row| row.marker == Marker::Cause).unwrap_or(message.len());
            let (message, causes) = message.split_at(lines);
            if let Some(row) = causes.iter().find(|row| row.marker != Marker::Cause) {
                return Err(row.line.mistake(
                    row.line.text,
                    "a line of a message after its causes",
                    format!("begin another message with `{}<---`, or move the line up", row.conn),
                ));
            }
            let Some((head, rest)) = message.split_first() else {
                return Err(first.line.mistake(
                    first.line.text,
                    "a separator without a message",
                    "put the lines of a message on both sides of it",
                ));
            };
            let mut captured = Vec::new();
            let expect = messages::expected(head, rest, |line, text, field| {
                let template = self.checked(line, text, Position::Expected { group, field })?;
                for piece in &template.pieces {
                    if let Piece::Capture(name) = piece {
                        captured.push(self.new_value(line, name_in(text, name))?);
                    }
                }
                Ok(template)
            })?;
            self.values.extend(captured.into_iter().map(|name| (name, Origin::Captured)));
            self.push(head.line, Action::Expect(expect));
            self.explain(causes, group)?;
        }
        Ok(())
    }
}
