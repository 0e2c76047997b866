//! Causes: the `?` lines of a transcript, and the files `TRACK.causes`.

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::{tag, take_while1},
    character::complete::{char, one_of},
    combinator::{map, map_res, opt, recognize, value},
    error::Error,
    multi::separated_list1,
    sequence::{delimited, pair, preceded, terminated},
};

use super::{
    mistake::{Line, Mistake},
    reading::Reading,
    values::Position,
};
use crate::http::token::is_token;
use crate::transcript::{
    Action,
    causes::{Cause, Codes, Match, Selector, Shared, When},
    parse::{lexer::whole, messages::Row},
    template::{self, Template},
};

/// The help for a wrong WHEN.
const WHENS: &str = "write `status 2xx|404 [with NAME]`, `missing NAME`, `value NAME [TEXT]`, `forbidden NAME`, `body [MATCH]`, \
     `lacks [TEXT]`, `holds [TEXT]`, `short`, `surplus`, `silence`, `closed`, `open` or `file [missing | MATCH]`, where \
     MATCH is `empty`, `is TEXT`, `starts TEXT`, `holds TEXT` or `lacks TEXT`, and several texts are separated by ` | `";

/// Parses the text of a `TRACK.causes`.
///
/// # Errors
/// The first mistake in it.
pub(crate) fn shared(text: &str) -> Result<Vec<Shared>, Mistake> {
    let reading = Reading::default();
    let mut all = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let line = Line { number: index + 1, text };
        if line.is_skipped() {
            continue;
        }
        line.check_end()?;
        let Some((selectors, cause)) =
            text.strip_prefix("? ").map(|cause| ("", cause)).or_else(|| text.split_once(" ? "))
        else {
            return Err(line.mistake(
                text,
                "this is not a cause",
                "write `SELECTORS ? [NAME] WHEN: TEXT`, as `304 If-None-Match: ? [tag-in-list] status 200: one of …`",
            ));
        };
        let selectors = selectors.split(' ').filter(|word| !word.is_empty()).map(|word| selector(line, word));
        let selectors = selectors.collect::<Result<_, _>>()?;
        let cause = reading.cause(line, cause, Position::Track)?;
        if cause.id == line.number.to_string() {
            return Err(line.mistake(
                text,
                "a cause of a track without a name",
                "name it, as `? [tag-in-list] status 200: …`; reports and tests use the name",
            ));
        }
        all.push(Shared { selectors, cause });
    }
    Ok(all)
}

fn selector(line: Line<'_>, word: &str) -> Result<Selector, Mistake> {
    if let Some(codes) = whole(separated_list1(char('|'), codes), word) {
        return Ok(Selector::Status(codes));
    }
    if let Some(field) = word.strip_suffix(':') {
        let name = field.strip_prefix('!').unwrap_or(field);
        if is_token(name.as_bytes()) {
            return Ok(Selector::Field { name: name.to_owned(), absent: name.len() < field.len() });
        }
    }
    if word.starts_with(['/', '*']) {
        return Ok(Selector::Target(word.to_owned()));
    }
    if word == "pipelined" {
        return Ok(Selector::Pipelined);
    }
    if is_token(word.as_bytes()) && word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(Selector::Method(word.to_owned()));
    }
    Err(line.mistake(
        word,
        format!("`{word}` selects nothing"),
        "write statuses that are expected (`404`, `2xx|3xx`), a method (`GET`), a field of the request (`Range:`, `!Range:`), a \
         pattern of its target (`/files/*`, `*?*`), or `pipelined`",
    ))
}

impl<'a> Reading<'a> {
    /// The cause of a row `x? [NAME] WHEN: TEXT`.
    pub(super) fn cause_of(&self, row: &Row<'a>, group: bool) -> Result<Cause, Mistake> {
        self.cause(row.line, row.text, Position::Cause { group })
    }

    /// Adds causes to the step that they stand behind, which must be an expectation on the same connection.
    pub(super) fn explain(&mut self, rows: &[Row<'a>], group: bool) -> Result<(), Mistake> {
        for row in rows {
            let cause = self.cause_of(row, group)?;
            let fits = |action: &Action| match action {
                Action::Expect(_) | Action::Open { .. } | Action::Closed { .. } => action.conn() == Some(row.conn),
                Action::Saved { .. } | Action::SavedNone => row.conn == "saved",
                _ => false,
            };
            match self.out.steps.last_mut() {
                Some(step) if fits(&step.action) => step.causes.push(cause),
                _ => {
                    return Err(row.line.mistake(
                        row.line.text,
                        format!("no expectation of `{}` comes before this cause", row.conn),
                        "put it after the lines that it explains: a message, open, closed, or (as `saved?`) saved",
                    ));
                }
            }
        }
        Ok(())
    }

    /// `[NAME] WHEN: TEXT`.
    fn cause(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<Cause, Mistake> {
        let (named, text) = match name(text) {
            Ok((rest, found)) => (Some(found), rest),
            Err(_) if text.starts_with('[') => {
                return Err(line.mistake(
                    text,
                    "this is not a name for a cause",
                    "write small letters, digits and hyphens in brackets, beginning with a letter, as `[hidden-name]`",
                ));
            }
            Err(_) => (None, text),
        };
        let Some((when, text)) = colon(text) else {
            return Err(line.mistake(
                text,
                "a cause without a text",
                "write `WHEN: TEXT`, as `status 404: the path …`",
            ));
        };
        let when = self.when(line, when, place)?;
        if text.is_empty() || text.ends_with('.') {
            return Err(line.mistake(
                text,
                "this is not a clause without a full stop",
                "leave out the stop: the report adds it",
            ));
        }
        let text = self.checked(line, text, place)?;
        Ok(Cause { line: line.number, id: named.map_or(line.number.to_string(), str::to_owned), when, text })
    }

    fn when(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<When, Mistake> {
        let unknown = || line.mistake(text, "this is not a way in which an expectation fails", WHENS);
        let (word, rest) = match text.split_once(' ') {
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        let field = |name: &str| {
            if is_token(name.as_bytes()) { Ok(name.to_owned()) } else { Err(unknown()) }
        };
        Ok(match (word, rest) {
            ("status", Some(rest)) => {
                let (all, with) = match rest.split_once(" with ") {
                    Some((all, name)) => (all, Some(field(name)?)),
                    None => (rest, None),
                };
                When::Status(whole(separated_list1(char('|'), codes), all).ok_or_else(unknown)?, with)
            }
            ("missing", Some(name)) => When::Missing(field(name)?),
            ("forbidden", Some(name)) => When::Forbidden(field(name)?),
            ("value", Some(rest)) => match rest.split_once(' ') {
                Some((name, texts)) => When::Value(field(name)?, self.texts(line, texts, place)?),
                None => When::Value(field(rest)?, Vec::new()),
            },
            ("body", None) => When::Body(Match::Any),
            ("body", Some(rest)) => When::Body(self.matches(line, rest, place)?.ok_or_else(unknown)?),
            ("lacks", None) => When::Lacks(Vec::new()),
            ("lacks", Some(texts)) => When::Lacks(self.texts(line, texts, place)?),
            ("holds", None) => When::Holds(Vec::new()),
            ("holds", Some(texts)) => When::Holds(self.texts(line, texts, place)?),
            ("short", None) => When::Short,
            ("surplus", None) => When::Surplus,
            ("silence", None) => When::Silence,
            ("closed", None) => When::Closed,
            ("open", None) => When::Open,
            ("file", None) => When::File(Match::Any),
            ("file", Some("missing")) => When::File(Match::Missing),
            ("file", Some(rest)) => When::File(self.matches(line, rest, place)?.ok_or_else(unknown)?),
            _ => return Err(unknown()),
        })
    }

    fn matches(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<Option<Match>, Mistake> {
        if text == "empty" {
            return Ok(Some(Match::Empty));
        }
        let Some((word, texts)) = text.split_once(' ') else { return Ok(None) };
        let kind: fn(Vec<Template>) -> Match = match word {
            "is" => Match::Is,
            "starts" => Match::Starts,
            "holds" => Match::Holds,
            "lacks" => Match::Lacks,
            _ => return Ok(None),
        };
        Ok(Some(kind(self.texts(line, texts, place)?)))
    }

    fn texts(&self, line: Line<'a>, text: &'a str, place: Position) -> Result<Vec<Template>, Mistake> {
        text.split(" | ").map(|text| self.checked(line, text, place)).collect()
    }
}

/// `[hidden-name] `.
fn name(input: &str) -> nom::IResult<&str, &str> {
    let letters = take_while1(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let name = recognize(preceded(one_of("abcdefghijklmnopqrstuvwxyz"), opt(letters)));
    delimited(char('['), name, tag("] ")).parse(input)
}

/// `404`, `2xx`.
fn codes(input: &str) -> nom::IResult<&str, Codes> {
    let first = || one_of::<_, _, Error<&str>>("12345");
    let number = map_res(recognize((first(), one_of("0123456789"), one_of("0123456789"))), |digits: &str| {
        digits.parse().map(Codes::One)
    });
    let class = map(terminated(first(), tag("xx")), |digit| Codes::Class(digit as u16 - u16::from(b'0')));
    alt((number, class)).parse(input)
}

/// Splits a text at the first `: ` that is in no substitution.
fn colon(text: &str) -> Option<(&str, &str)> {
    let outside = alt((
        value((), pair(char('{'), template::in_braces)),
        value((), take_while1(|c| c != '{' && c != ':')),
        value((), pair(char(':'), nom::combinator::not(char(' ')))),
    ));
    let (rest, when) = recognize(nom::multi::many0_count(outside)).parse(text).ok()?;
    Some((when, rest.strip_prefix(": ")?))
}
