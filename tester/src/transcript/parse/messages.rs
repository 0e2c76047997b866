//! Messages, made of `>` and `<` lines that stand next to each other.

use crate::http::token::is_token;
use crate::transcript::{
    BodyRule, Contains, Expect, Field, FieldRule, Message, Part,
    parse::{
        lexer::Marker,
        mistake::{Line, Mistake},
    },
    template::{Piece, Template},
};

/// A line of a message or of its causes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) conn: &'a str,
    pub(crate) marker: Marker,
    pub(crate) text: &'a str,
}

/// The parts of a write. `template` parses a line; its last argument tells whether it belongs to a message.
pub(crate) fn sent<'a>(
    rows: &[Row<'a>],
    template: impl Fn(Line<'a>, &'a str, bool) -> Result<Template, Mistake>,
) -> Result<Vec<Part>, Mistake> {
    let mut parts = Vec::new();
    let mut open: Option<Message> = None;
    for row in rows {
        match row.marker {
            Marker::Raw => {
                parts.extend(open.take().map(Part::Message));
                parts.push(Part::Raw(template(row.line, row.text, false)?));
            }
            Marker::NextSent => match open.take() {
                Some(message) => parts.push(Part::Message(message)),
                None => {
                    return Err(row.line.mistake(
                        row.line.text,
                        "a separator without a message above it",
                        "put the lines of a message on both sides of it",
                    ));
                }
            },
            _ => {
                let message = open.get_or_insert_default();
                let line = template(row.line, row.text, true)?;
                match &mut message.body {
                    Some(body) => body.push(line),
                    None if row.text.is_empty() => message.body = Some(Vec::new()),
                    None => message.head.push(line),
                }
            }
        }
    }
    parts.extend(open.map(Part::Message));
    Ok(parts)
}

/// The message that the rows `first` and `rest` ask for. `template` parses a part of a line; its last argument tells whether it is the
/// value of a field.
pub(crate) fn expected<'a>(
    first: &Row<'a>,
    rest: &[Row<'a>],
    mut template: impl FnMut(Line<'a>, &'a str, bool) -> Result<Template, Mistake>,
) -> Result<Expect, Mistake> {
    let Some(end) = rest.iter().position(|row| row.text.is_empty()) else {
        return Err(first.line.mistake(
            first.text,
            "the head of this message does not end",
            format!("put an empty `{}<` after its last field", first.conn),
        ));
    };
    let (statuses, or_closed, reason) = status_line(first)?;
    let reason = match reason {
        "*" => None,
        text => Some(template(first.line, text, false)?),
    };
    let mut fields: Vec<Field> = Vec::new();
    for row in &rest[..end] {
        let field = field(row, &mut template)?;
        if fields.iter().any(|known| known.name.eq_ignore_ascii_case(&field.name)) {
            return Err(row.line.mistake(
                row.text,
                format!("`{}` is listed already", field.name),
                "list it once; separate alternative values by ` | `",
            ));
        }
        fields.push(field);
    }
    let body = match &rest[end + 1..] {
        [] => BodyRule::None,
        [row] if row.text == "*" => BodyRule::Any,
        rows if rows.iter().any(|row| looked_for(row.text).is_some()) => {
            BodyRule::Contains(contained(rows, &mut template)?)
        }
        rows => {
            let mut lines = Vec::new();
            for row in rows {
                let line = template(row.line, row.text, false)?;
                let gzip = line.pieces.iter().any(|piece| matches!(piece, Piece::Gzip(_)));
                if gzip && (rows.len() > 1 || line.pieces.len() > 1) {
                    return Err(row.line.mistake(row.text, "gzip inside a body", "let {gzip VALUE} be the whole body"));
                }
                if line.has(&Piece::MessageLen) {
                    return Err(row.line.mistake(row.text, "{len} in a body", "write {len VALUE}"));
                }
                lines.push(line);
            }
            match lines.first().map(|line| line.pieces.as_slice()) {
                Some([Piece::Gzip(value)]) => BodyRule::Gzip(Template { pieces: vec![Piece::Value(value.clone())] }),
                _ => BodyRule::Is(lines),
            }
        }
    };
    Ok(Expect { conn: first.conn.to_owned(), statuses, or_closed, reason, fields, body })
}

/// The texts of a line `* TEXT` or `!* TEXT`, and whether they must not stand in the body.
fn looked_for(text: &str) -> Option<(bool, &str)> {
    let (absent, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    rest.strip_prefix("* ").map(|texts| (absent, texts))
}

fn contained<'a>(
    rows: &[Row<'a>],
    template: &mut impl FnMut(Line<'a>, &'a str, bool) -> Result<Template, Mistake>,
) -> Result<Vec<Contains<Template>>, Mistake> {
    let mut all = Vec::new();
    for row in rows {
        let (absent, texts) = looked_for(row.text).ok_or_else(|| {
            row.line.mistake(
                row.text,
                "a line of a body among texts to look for",
                "write `* TEXT` or `!* TEXT` on each line, or the whole body",
            )
        })?;
        let texts = texts.split(" | ").map(|text| template(row.line, text, false)).collect::<Result<Vec<_>, _>>()?;
        let fits = |piece: &Piece| !matches!(piece, Piece::Gzip(_) | Piece::MessageLen);
        if !texts.iter().all(|text| text.pieces.iter().all(fits)) {
            return Err(row.line.mistake(row.text, "{gzip …} or {len} in a text", "write {len VALUE}, or plain text"));
        }
        all.push(Contains { absent, texts });
    }
    Ok(all)
}

fn status_line<'a>(row: &Row<'a>) -> Result<(Vec<u16>, bool, &'a str), Mistake> {
    let wrong = |part: &str| {
        row.line.mistake(
            part,
            "this is not a status line",
            "write `HTTP/1.1 200 OK`, `HTTP/1.1 400|404 *` or `HTTP/1.1 400|closed *`",
        )
    };
    let rest = row.text.strip_prefix("HTTP/1.1 ").ok_or_else(|| wrong(row.text))?;
    let (codes, reason) = rest.split_once(' ').ok_or_else(|| wrong(rest))?;
    let mut statuses = Vec::new();
    let mut or_closed = false;
    for code in codes.split('|') {
        match code.parse::<u16>() {
            _ if code == "closed" => or_closed = true,
            Ok(status) if (100..=999).contains(&status) && code.len() == 3 => statuses.push(status),
            _ => return Err(wrong(code)),
        }
    }
    if statuses.is_empty() {
        return Err(row.line.mistake(codes, "no status", "for a plain close alone, write `NAME closed`"));
    }
    if statuses.len() > 1 && reason != "*" {
        return Err(row.line.mistake(reason, "one reason phrase for several statuses", "write `*` for any"));
    }
    Ok((statuses, or_closed, reason))
}

fn field<'a>(
    row: &Row<'a>,
    template: &mut impl FnMut(Line<'a>, &'a str, bool) -> Result<Template, Mistake>,
) -> Result<Field, Mistake> {
    let wrong = || {
        row.line.mistake(
            row.text,
            "this is not a field",
            "write `Name: value`, `Name: one | other`, `Name: *`, `!Name` or `?Name: value`, and an empty line after the last",
        )
    };
    let token = |name: &str| is_token(name.as_bytes());
    if let Some(name) = row.text.strip_prefix('!') {
        return if token(name) { Ok(Field { name: name.to_owned(), rule: FieldRule::Absent }) } else { Err(wrong()) };
    }
    let (optional, text) = match row.text.strip_prefix('?') {
        Some(text) => (true, text),
        None => (false, row.text),
    };
    let (name, value) = text.split_once(": ").ok_or_else(wrong)?;
    if !token(name) {
        return Err(wrong());
    }
    let rule = match value {
        "*" if optional => FieldRule::Maybe(Vec::new()),
        "*" => FieldRule::Any,
        _ => {
            let all = value.split(" | ").map(|value| template(row.line, value, true)).collect::<Result<_, _>>()?;
            if optional { FieldRule::Maybe(all) } else { FieldRule::OneOf(all) }
        }
    };
    Ok(Field { name: name.to_owned(), rule })
}
