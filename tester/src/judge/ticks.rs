//! The lines on a response that was as expected.

use crate::{
    judge::sides::{Expected, Received},
    text,
    transcript::{BodyRule, FieldRule},
};

/// Longest body that a tick shows, in bytes.
const SHOWN_BODY: usize = 60;

/// Says what held of a response that was as expected, one line each.
pub(crate) fn ticks(expected: &Expected, received: &Received) -> Vec<String> {
    let mut ticks = vec![text::visible(&received.head.line)];
    for (name, rule) in &expected.fields {
        match (rule, received.head.all(name).next()) {
            (FieldRule::Absent, _) => ticks.push(format!("no {name}")),
            (_, Some(field)) => ticks.push(format!("{name}: {}", text::visible(&field.value))),
            (_, None) => {}
        }
    }
    let text = |bytes: &[u8]| {
        if bytes.len() <= SHOWN_BODY { format!("\"{}\"", text::visible(bytes)) } else { text::bytes(bytes.len()) }
    };
    match &expected.body {
        BodyRule::None => ticks.push("no body".to_owned()),
        BodyRule::Any => {}
        BodyRule::Is(bytes) => ticks.push(format!("the body is {}", text(bytes))),
        BodyRule::Contains(all) => {
            let shown = all.iter().filter(|contains| !contains.absent).filter_map(|contains| {
                let stands = |text: &&Vec<u8>| memchr::memmem::find(&received.content, text).is_some();
                contains.texts.iter().find(stands)
            });
            ticks.extend(shown.map(|found| format!("the body contains {}", text(found))));
        }
        BodyRule::Gzip(bytes) => ticks.push(format!("the body is gzip of {}", text(bytes))),
    }
    ticks
}
