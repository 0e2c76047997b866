//! Reads the body of a response, as far as its framing says.

use std::time::{Duration, Instant};

use crate::{
    http::response::{self, Framing, Head},
    judge::sides::{End, Received},
    run::connection::Connection,
};

/// Reads the body of the response whose head lies at the start of the inbox. Gives it, and the length of the whole
/// message in the inbox.
pub(crate) fn read_body(
    connection: &mut Connection,
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
            let have = connection.inbox.len() - start;
            if let Some(end) = usize::try_from(length).ok().filter(|length| have >= *length) {
                let content = connection.inbox[start..start + end].to_vec();
                return done(content, End::Framed, start + end);
            }
            if connection.ended.is_some() || !connection.receive(deadline) {
                let short = End::Short { length: Some(length), ended: connection.ended.is_some() };
                return done(connection.inbox[start..].to_vec(), short, start + have);
            }
        },
        Framing::Chunked => loop {
            let rest = &connection.inbox[start..];
            match response::chunked(rest) {
                Ok(Some((content, used))) => return done(content, End::Framed, start + used),
                Ok(None) => {}
                Err(wrong) => {
                    return done(rest.to_vec(), End::Malformed(wrong), connection.inbox.len());
                }
            }
            if connection.ended.is_some() || !connection.receive(deadline) {
                let short = End::Short { length: None, ended: connection.ended.is_some() };
                return done(connection.inbox[start..].to_vec(), short, connection.inbox.len());
            }
        },
        Framing::UntilEnd => {
            while connection.ended.is_none() && connection.receive(deadline.min(Instant::now() + silence)) {}
            done(connection.inbox[start..].to_vec(), End::Undelimited, connection.inbox.len())
        }
    }
}
