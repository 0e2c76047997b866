//! Connections: `connect`, and what a connection does besides sending and receiving.

use std::time::Duration;

use super::{
    mistake::{Line, Mistake},
    reading::{Change, Reading},
};
use crate::transcript::{
    Action, Leave,
    parse::lexer::{KEYWORDS, connects, cut, number, time, whole},
};

/// Largest group of connections.
const MOST: usize = 20_000;

impl<'a> Reading<'a> {
    pub(super) fn connect(&mut self, line: Line<'a>, text: &'a str) -> Result<(), Mistake> {
        let Some(all) = whole(connects, text) else {
            return Err(line.mistake(text, "these are not connection names", "write `connect a, b` or `connect c*8`"));
        };
        for connect in &all {
            let members: Vec<String> = match connect.count {
                Some(0) => {
                    return Err(line.mistake(text, "a group without members", "give it at least one member"));
                }
                Some(count) if count > MOST => {
                    return Err(line.mistake(
                        text,
                        "too large a group",
                        format!("at most {MOST} connections are allowed"),
                    ));
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

    /// Checks whether `conn`, which must be connected, is a group.
    pub(super) fn group(&self, line: Line<'a>, conn: &'a str) -> Result<bool, Mistake> {
        self.conns.get(conn).copied().ok_or_else(|| {
            line.mistake(conn, format!("`{conn}` is not connected"), format!("put `connect {conn}` above"))
        })
    }

    pub(super) fn time(&self, line: Line<'a>, text: &'a str) -> Result<Duration, Mistake> {
        whole(time, text)
            .ok_or_else(|| line.mistake(text, "this is not a time", "write it as 50ms or 2s, at most an hour"))
    }

    pub(super) fn verb(&mut self, line: Line<'a>, conn: &'a str, text: &'a str) -> Result<(), Mistake> {
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
                self.change(line, conn).cut = Some((bytes, pause.unwrap_or(Duration::from_millis(1))));
                return Ok(());
            }
            ("times", Some(argument)) => {
                let Some(times) = whole(number, argument).filter(|times| *times > 0) else {
                    return Err(line.mistake(argument, "`times` without a number", "write `times 1000`"));
                };
                self.change(line, conn).times = times;
                return Ok(());
            }
            _ => {
                return Err(line.mistake(
                    text,
                    format!("a connection cannot `{text}`"),
                    "write open, closed, half-close, close, abort, `cut N` or `times N`",
                ));
            }
        };
        self.push(line, action);
        Ok(())
    }

    fn change(&mut self, line: Line<'_>, conn: &str) -> &mut Change {
        let unchanged = || Change { line: line.number, text: line.text.to_owned(), cut: None, times: 1 };
        self.changes.entry(conn.to_owned()).or_insert_with(unchanged)
    }
}
