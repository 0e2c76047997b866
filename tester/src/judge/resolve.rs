//! From a transcript's templates to bytes: the messages that are sent, and what is expected of those that come.

use crate::{
    judge::compare::{Expected, Pattern},
    transcript::{
        BodyRule, Expect, FieldRule, Message,
        template::{Piece, Template},
        values::{Scope, Values},
    },
};

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

/// The lines of a body, joined by CR LF.
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

/// What `expect` expects, with its values; `content` is the body that was received.
///
/// # Errors
/// A template that asks for what there is not.
pub fn resolve(values: &mut Values, expect: &Expect, index: Option<usize>, content: &[u8]) -> Result<Expected, String> {
    let scope = Scope { index, message: None };
    let body = match &expect.body {
        BodyRule::None => BodyRule::None,
        BodyRule::Any => BodyRule::Any,
        BodyRule::Is(lines) => BodyRule::Is(join(values, lines, index)?),
        BodyRule::Gzip(of) => BodyRule::Gzip(values.render(of, scope)?),
        BodyRule::Contains(all) => {
            let all = all.iter().map(|contains| contains.try_map(|text| values.render(text, scope)));
            BodyRule::Contains(all.collect::<Result<_, _>>()?)
        }
    };
    let len = match &body {
        BodyRule::None => 0,
        BodyRule::Is(bytes) => bytes.len(),
        BodyRule::Any | BodyRule::Gzip(_) | BodyRule::Contains(_) => content.len(),
    };
    let scope = Scope { index, message: Some(len) };
    let reason = expect.reason.as_ref().map(|reason| values.render(reason, scope)).transpose()?;
    let fields = expect.fields.iter().map(|field| {
        let rule = field.rule.try_map(|template| pattern(values, template, scope))?;
        Ok((field.name.clone(), rule))
    });
    let fields = fields.collect::<Result<_, String>>()?;
    Ok(Expected { statuses: expect.statuses.clone(), reason, fields, body })
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

/// The head that is expected, as it would be sent.
pub fn shown_head(expected: &Expected) -> Vec<u8> {
    let statuses: Vec<_> = expected.statuses.iter().map(u16::to_string).collect();
    let mut out = format!("HTTP/1.1 {} ", statuses.join("|")).into_bytes();
    out.extend_from_slice(expected.reason.as_deref().unwrap_or(b"(any reason)"));
    out.extend_from_slice(b"\r\n");
    for (name, rule) in &expected.fields {
        if let FieldRule::OneOf(patterns) = rule {
            let value = patterns.first().map(|pattern| pattern.before.clone()).unwrap_or_default();
            out.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}
