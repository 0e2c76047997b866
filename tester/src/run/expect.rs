//! From a transcript's lines to bytes: messages that are sent, and what is asked of those that come.

use std::time::{Duration, Instant};

use crate::{
    http::response::{self, Framing, Head},
    judge::compare::{self, Asked, Body, End, Expected, Pattern, Received},
    run::connection::Client,
    text,
    transcript::{
        self, Expect, Message, Rule,
        template::{Piece, Template},
        values::{Scope, Values},
    },
};

/// Longest body that a tick shows, in bytes.
const SHOWN_BODY: usize = 60;

/// The bytes of a message.
///
/// # Errors
/// A template that asks for what there is not.
pub fn render_message(values: &mut Values, message: &Message, index: Option<usize>) -> Result<Vec<u8>, String> {
    let body = join(values, message.body.as_deref().unwrap_or_default(), index)?;
    let scope = Scope { index, message: Some(body.len()) };
    let mut out = Vec::new();
    for line in &message.head {
        out.extend(values.render(line, scope)?);
        out.extend_from_slice(b"\r\n");
    }
    if message.body.is_some() {
        out.extend_from_slice(b"\r\n");
    }
    out.extend(body);
    Ok(out)
}

fn join(values: &mut Values, lines: &[Template], index: Option<usize>) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend(values.render(line, Scope { index, message: None })?);
    }
    Ok(out)
}

/// What `asked` asks, with its values; `content` is the body that was received.
///
/// # Errors
/// A template that asks for what there is not.
pub fn resolve(values: &mut Values, asked: &Expect, index: Option<usize>, content: &[u8]) -> Result<Expected, String> {
    let body = match &asked.body {
        transcript::Body::None => Body::None,
        transcript::Body::Any => Body::Any,
        transcript::Body::Holds(all) => {
            let mut holds = Vec::new();
            for held in all {
                let scope = Scope { index, message: None };
                let texts = held.texts.iter().map(|text| values.render(text, scope)).collect::<Result<_, _>>()?;
                holds.push(compare::Held { absent: held.absent, texts });
            }
            Body::Holds(holds)
        }
        transcript::Body::Lines(lines) => match lines.as_slice() {
            [Template { pieces }] if matches!(pieces.as_slice(), [Piece::Gzip(_)]) => match &pieces[0] {
                Piece::Gzip(value) => Body::Gzip(values.value(value)?.to_vec()),
                _ => Body::Any,
            },
            lines => Body::Bytes(join(values, lines, index)?),
        },
    };
    let len = match &body {
        Body::None => 0,
        Body::Bytes(bytes) => bytes.len(),
        Body::Any | Body::Gzip(_) | Body::Holds(_) => content.len(),
    };
    let scope = Scope { index, message: Some(len) };
    let reason = asked.reason.as_ref().map(|reason| values.render(reason, scope)).transpose()?;
    let mut fields = Vec::new();
    for field in &asked.fields {
        let asked = match &field.rule {
            Rule::Absent => Asked::Absent,
            Rule::Any => Asked::Any,
            Rule::OneOf(all) | Rule::Maybe(all) => {
                let all = all.iter().map(|template| pattern(values, template, scope)).collect::<Result<_, _>>()?;
                if matches!(field.rule, Rule::Maybe(_)) { Asked::Maybe(all) } else { Asked::OneOf(all) }
            }
        };
        fields.push((field.name.clone(), asked));
    }
    Ok(Expected { statuses: asked.statuses.clone(), reason, fields, body })
}

fn pattern(values: &mut Values, template: &Template, scope: Scope) -> Result<Pattern, String> {
    let capture = template.pieces.iter().position(|piece| matches!(piece, Piece::Capture(_)));
    let (before, rest) = template.pieces.split_at(capture.unwrap_or(template.pieces.len()));
    let mut render = |pieces: &[Piece]| values.render(&Template { pieces: pieces.to_vec() }, scope);
    let before = render(before)?;
    Ok(match rest.split_first() {
        Some((Piece::Capture(name), after)) => Pattern { before, capture: Some(name.clone()), after: render(after)? },
        _ => Pattern { before, ..Pattern::default() },
    })
}

/// The head that `expected` asks for, as it would be sent.
pub fn shown_head(expected: &Expected) -> Vec<u8> {
    let statuses: Vec<_> = expected.statuses.iter().map(u16::to_string).collect();
    let mut out = format!("HTTP/1.1 {} ", statuses.join("|")).into_bytes();
    out.extend_from_slice(expected.reason.as_deref().unwrap_or(b"(any reason)"));
    out.extend_from_slice(b"\r\n");
    for (name, asked) in &expected.fields {
        if let Asked::OneOf(patterns) = asked {
            let value = patterns.first().map(|pattern| pattern.before.clone()).unwrap_or_default();
            out.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Reads the body of the response whose head lies at the start of the inbox. Gives it, and the length of the whole
/// message in the inbox.
pub fn read_body(
    client: &mut Client,
    head: Head,
    framing: Framing,
    deadline: Instant,
    silence: Duration,
) -> (Received, usize) {
    let start = head.len;
    let done = |content: Vec<u8>, end, used| (Received { head, content, end }, used);
    match framing {
        Framing::NoBody => done(Vec::new(), End::Framed, start),
        Framing::Length(length) => loop {
            let have = client.inbox.len() - start;
            if let Some(end) = usize::try_from(length).ok().filter(|length| have >= *length) {
                let content = client.inbox[start..start + end].to_vec();
                return done(content, End::Framed, start + end);
            }
            if client.ended.is_some() || !client.receive(deadline) {
                let short = End::Short { length: Some(length), ended: client.ended.is_some() };
                return done(client.inbox[start..].to_vec(), short, start + have);
            }
        },
        Framing::Chunked => loop {
            let rest = &client.inbox[start..];
            match response::chunked(rest) {
                Ok(Some((content, used))) => return done(content, End::Framed, start + used),
                Ok(None) => {}
                Err(wrong) => {
                    return done(rest.to_vec(), End::Malformed(wrong), client.inbox.len());
                }
            }
            if client.ended.is_some() || !client.receive(deadline) {
                let short = End::Short { length: None, ended: client.ended.is_some() };
                return done(client.inbox[start..].to_vec(), short, client.inbox.len());
            }
        },
        Framing::UntilEnd => {
            while client.ended.is_none() && client.receive(deadline.min(Instant::now() + silence)) {}
            done(client.inbox[start..].to_vec(), End::Undelimited, client.inbox.len())
        }
    }
}

/// What held, one line each.
pub fn ticks(expected: &Expected, received: &Received) -> Vec<String> {
    let mut ticks = vec![text::visible(&received.head.line)];
    for (name, asked) in &expected.fields {
        match (asked, received.head.all(name).next()) {
            (Asked::Absent, _) => ticks.push(format!("no {name}")),
            (_, Some(field)) => ticks.push(format!("{name}: {}", text::visible(&field.value))),
            (_, None) => {}
        }
    }
    let text = |bytes: &[u8]| match bytes.len() <= SHOWN_BODY {
        true => format!("\"{}\"", text::visible(bytes)),
        false => text::bytes(bytes.len()),
    };
    match &expected.body {
        Body::None => ticks.push("no body".to_owned()),
        Body::Any => {}
        Body::Bytes(bytes) => ticks.push(format!("the body is {}", text(bytes))),
        Body::Holds(all) => {
            let shown = all.iter().filter(|held| !held.absent).filter_map(|held| {
                let stands = |text: &&Vec<u8>| memchr::memmem::find(&received.content, text).is_some();
                held.texts.iter().find(stands)
            });
            ticks.extend(shown.map(|found| format!("the body holds {}", text(found))));
        }
        Body::Gzip(bytes) => ticks.push(format!("the body is gzip of {}", text(bytes))),
    }
    debug_assert!(
        compare::judge_head(expected, &received.head).differences.iter().all(|d| d.class == compare::Class::Deviation)
    );
    ticks
}
