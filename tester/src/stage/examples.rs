//! Check that an exchange on a page stands in its transcript: the page's words are matched with the transcript's
//! values.

use std::collections::HashMap;

use crate::{
    stage::page::Example,
    transcript::{
        Action, BodyRule, Expect, FieldRule, Part, Transcript,
        template::{Piece, Template, Value},
    },
};

/// A line of traffic, as the transcript has it.
#[derive(Clone, Debug)]
struct Line {
    sent: bool,
    kind: Kind,
    /// Which message it belongs to, and whether to its body.
    message: usize,
    body: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Text(Template),
    Status {
        codes: Vec<u16>,
        reason: Option<Template>,
    },
    Field {
        name: String,
        rule: FieldRule<Template>,
    },
    /// A body of which the transcript says nothing: any number of lines.
    AnyBody,
}

/// The values of the page's words, as far as known.
#[derive(Clone, Debug, Default)]
struct Known {
    names: HashMap<String, Vec<u8>>,
    /// Numbers that must be lengths: of a name, or of a message's body.
    lengths: Vec<(usize, Length)>,
    /// The bodies of the messages, as far as the page shows them; `None` where it leaves something out.
    bodies: HashMap<usize, Option<Vec<u8>>>,
}

#[derive(Clone, Debug)]
enum Length {
    Of(String),
    Body(usize),
}

/// Checks whether the lines of `example` stand next to each other in the transcript.
pub(crate) fn stands_in(example: &Example, transcript: &Transcript) -> bool {
    let lines = traffic(transcript);
    (0..lines.len()).any(|start| matches(&lines[start..], &example.lines, &Known::default()))
}

fn traffic(transcript: &Transcript) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut message = 0;
    for step in &transcript.steps {
        match &step.action {
            Action::Write(write) => {
                for part in &write.parts {
                    message += 1;
                    let mut push = |template: &Template, body| {
                        lines.push(Line { sent: true, kind: Kind::Text(template.clone()), message, body });
                    };
                    match part {
                        Part::Raw(template) => push(template, false),
                        Part::Message(sent) => {
                            sent.head.iter().for_each(|line| push(line, false));
                            if let Some(body) = &sent.body {
                                push(&Template::default(), false);
                                body.iter().for_each(|line| push(line, true));
                            }
                        }
                    }
                }
            }
            Action::Expect(expect) => {
                message += 1;
                lines.extend(expected(expect).into_iter().map(|(kind, body)| Line {
                    sent: false,
                    kind,
                    message,
                    body,
                }));
            }
            _ => {}
        }
    }
    lines
}

fn expected(expect: &Expect) -> Vec<(Kind, bool)> {
    let mut lines = vec![(Kind::Status { codes: expect.statuses.clone(), reason: expect.reason.clone() }, false)];
    for field in &expect.fields {
        // Fields that must not be there, or need not, are not shown.
        if !matches!(field.rule, FieldRule::Absent | FieldRule::Maybe(_)) {
            lines.push((Kind::Field { name: field.name.clone(), rule: field.rule.clone() }, false));
        }
    }
    lines.push((Kind::Text(Template::default()), false));
    match &expect.body {
        BodyRule::None => {}
        BodyRule::Any | BodyRule::Gzip(_) | BodyRule::Contains(_) => lines.push((Kind::AnyBody, true)),
        BodyRule::Is(all) => lines.extend(all.iter().map(|line| (Kind::Text(line.clone()), true))),
    }
    lines
}

fn matches(lines: &[Line], example: &[(bool, String)], known: &Known) -> bool {
    let Some(((sent, text), rest)) = example.split_first() else {
        return known.holds();
    };
    let Some((line, others)) = lines.split_first() else {
        return false;
    };
    if line.sent != *sent {
        // Any body may also be none.
        return matches!(line.kind, Kind::AnyBody) && matches(others, example, known);
    }
    if text == "…" {
        let mut known = known.clone();
        known.bodies.insert(line.message, None);
        // One line or more of the transcript.
        return (1..=lines.iter().take_while(|line| line.sent == *sent).count())
            .any(|skip| matches(&lines[skip..], rest, &known));
    }
    let mut known = known.clone();
    if line.body {
        let body = known.bodies.entry(line.message).or_insert_with(|| Some(Vec::new()));
        if let Some(body) = body {
            if !body.is_empty() {
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(text.as_bytes());
        }
    } else {
        known.bodies.entry(line.message).or_insert_with(|| Some(Vec::new()));
    }
    let go_on = &mut |known: &Known| matches(others, rest, known);
    match &line.kind {
        Kind::Text(template) => pieces(&template.pieces, text, line.message, &known, go_on),
        Kind::AnyBody => matches(lines, rest, &known) || matches(others, rest, &known),
        Kind::Status { codes, reason } => {
            let Some((code, phrase)) = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split_once(' ')) else {
                return false;
            };
            code.parse().is_ok_and(|code| codes.contains(&code))
                && match reason {
                    Some(reason) => pieces(&reason.pieces, phrase, line.message, &known, go_on),
                    None => go_on(&known),
                }
        }
        Kind::Field { name, rule } => {
            let Some(value) = text.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(": ")) else {
                return false;
            };
            match rule {
                FieldRule::OneOf(all) => {
                    all.iter().any(|template| pieces(&template.pieces, value, line.message, &known, go_on))
                }
                FieldRule::Any | FieldRule::Absent | FieldRule::Maybe(_) => go_on(&known),
            }
        }
    }
}

impl Known {
    fn holds(&self) -> bool {
        self.lengths.iter().all(|(number, length)| match length {
            // A name that the example does not show may have any length.
            Length::Of(name) => self.names.get(name).is_none_or(|value| value.len() == *number),
            Length::Body(message) => match self.bodies.get(message) {
                Some(Some(body)) => body.len() == *number,
                _ => true,
            },
        })
    }

    /// With `name` bound to `value`; `None` if it is something else already.
    fn with(&self, name: &str, value: Vec<u8>) -> Option<Known> {
        match self.names.get(name) {
            Some(old) => (*old == value).then(|| self.clone()),
            None => {
                let mut known = self.clone();
                known.names.insert(name.to_owned(), value);
                Some(known)
            }
        }
    }
}

/// Checks whether the pieces can stand for `text`, and `go_on` agrees with one way of doing so.
fn pieces(all: &[Piece], text: &str, message: usize, known: &Known, go_on: &mut dyn FnMut(&Known) -> bool) -> bool {
    let Some((piece, rest)) = all.split_first() else {
        return text.is_empty() && go_on(known);
    };
    // The next piece may stand for any start of the text, the whole of it included.
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        let (here, after) = text.split_at(end);
        if let Some(known) = one(piece, here, message, known)
            && pieces(rest, after, message, &known, go_on)
        {
            return true;
        }
    }
    false
}

/// The values known once `piece` stands for `text`; `None` if it cannot.
fn one(piece: &Piece, text: &str, message: usize, known: &Known) -> Option<Known> {
    let same = || Some(known.clone());
    let number = || text.parse::<usize>().ok().filter(|_| !text.starts_with('+'));
    let length = |number: usize, length| {
        let mut known = known.clone();
        known.lengths.push((number, length));
        Some(known)
    };
    match piece {
        Piece::Text(literal) | Piece::Value(Value::Quoted(literal)) => (literal == text.as_bytes()).then(same)?,
        Piece::Value(Value::Name { name, slice: None }) => {
            let fits = !text.is_empty();
            fits.then(|| known.with(name, text.as_bytes().to_vec()))?
        }
        Piece::Len(Value::Name { name, slice: None }) => length(number()?, Length::Of(name.clone())),
        Piece::HexLen(Value::Name { name, slice: None }) => {
            length(usize::from_str_radix(text, 16).ok()?, Length::Of(name.clone()))
        }
        Piece::MessageLen => length(number()?, Length::Body(message)),
        Piece::Len(_) | Piece::Index => number().and_then(|_| same()),
        Piece::HexLen(_) => usize::from_str_radix(text, 16).ok().and_then(|_| same()),
        Piece::Pct(value) => {
            let decoded = percent_decode(text)?;
            match value {
                Value::Name { name, slice: None } => known.with(name, decoded),
                Value::Name { .. } => same(),
                Value::Quoted(literal) => (*literal == decoded).then(same)?,
            }
        }
        Piece::Case(Value::Quoted(literal)) => literal.eq_ignore_ascii_case(text.as_bytes()).then(same)?,
        Piece::Case(Value::Name { name, slice: None }) if known.names.contains_key(name) => {
            known.names[name].eq_ignore_ascii_case(text.as_bytes()).then(same)?
        }
        Piece::Value(_) | Piece::Case(_) | Piece::Gzip(_) | Piece::Dir | Piece::Root | Piece::Capture(_) => {
            (!text.is_empty()).then(same)?
        }
    }
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::parse::parse;

    const TRANSCRIPT: &str = "let word, name\nlet agent = {word}/{name}\nconnect a\n\
        a> GET /echo/{word}/{pct name} HTTP/1.1\na> {case 'Host'}: localhost:4221\na> User-Agent: {agent}\na> X: {word}\na>\n\
        a< HTTP/1.1 200 OK\na< Content-Length: {len}\na< ETag: {*tag}\na< !Vary\na< Allow: GET | HEAD\na<\na< {word}\na< {len name}\n\
        a> GET / HTTP/1.1\na>\na< HTTP/1.1 400|404 *\na<\na< *\n";

    fn stands(text: &str) -> bool {
        let lines = text.lines().map(|line| (line.starts_with('>'), line[1..].trim_start().to_owned())).collect();
        stands_in(&Example { line: 1, lines }, &parse(TRANSCRIPT).unwrap())
    }

    const WHOLE: &str = "> GET /echo/abc/x%79 HTTP/1.1\n> HOST: localhost:4221\n> User-Agent: curl\n> X: abc\n>\n\
        < HTTP/1.1 200 OK\n< Content-Length: 6\n< ETag: \"1\"\n< Allow: HEAD\n<\n< abc\n< 2\n> GET / HTTP/1.1\n>\n< HTTP/1.1 404 Nope\n<\n< any\n< thing";

    #[test]
    fn an_example_matches_with_words_of_its_own() {
        assert!(stands(WHOLE));
        assert!(stands("> GET / HTTP/1.1\n>\n< HTTP/1.1 400 Bad\n<"));
        assert!(stands("> X: abc\n>\n< HTTP/1.1 200 OK\n< …\n< abc\n< 7"));
    }

    #[test]
    fn what_does_not_stand_there_is_found() {
        for (from, to) in [
            ("X: abc", "X: abd"),
            ("X: abc", "X: ab"),
            ("x%79", "%7"),
            ("HOST", "HOSTS"),
            ("Content-Length: 6", "Content-Length: 5"),
            ("Allow: HEAD", "Allow: PUT"),
            ("< 2", "< 3"),
            ("404 Nope", "500 Nope"),
            ("200 OK", "200 Ok"),
            ("ETag: \"1\"\n", "ETag: \"1\"\n< Vary: x\n"),
        ] {
            assert!(!stands(&WHOLE.replace(from, to)), "{to}");
        }
    }
}
