//! From a transcript's templates to bytes: what is expected of the messages that come.

use crate::{
    judge::sides::{Expected, Pattern},
    transcript::{
        BodyRule, Expect, FieldRule,
        template::{Piece, Template},
        values::{Scope, Values},
    },
};

/// Fills in the values of an expectation; `content` is the body that was received.
///
/// # Errors
/// A template that asks for what there is not.
pub(crate) fn resolve(
    values: &mut Values,
    expect: &Expect,
    index: Option<usize>,
    content: &[u8],
) -> Result<Expected, String> {
    let scope = Scope { index, message: None };
    let body = match &expect.body {
        BodyRule::None => BodyRule::None,
        BodyRule::Any => BodyRule::Any,
        BodyRule::Is(lines) => BodyRule::Is(values.lines(lines, index)?),
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
pub(crate) fn shown_head(expected: &Expected) -> Vec<u8> {
    let statuses: Vec<_> = expected.statuses.iter().map(u16::to_string).collect();
    let mut out = format!("HTTP/1.1 {} ", statuses.join("|")).into_bytes();
    out.extend_from_slice(expected.reason.as_deref().unwrap_or(b"(any reason)"));
    out.extend_from_slice(b"\r\n");
    for (name, rule) in &expected.fields {
        let value = match rule {
            FieldRule::OneOf(patterns) => patterns.first().map(Pattern::shown).unwrap_or_default(),
            FieldRule::Any => b"(any value)".to_vec(),
            FieldRule::Absent | FieldRule::Maybe(_) => continue,
        };
        out.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    out.extend_from_slice(b"\r\n");
    out
}
