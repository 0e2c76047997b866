//! Files that the client may have already, and parts of files.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Parts, Reply, Request};

/// What a `Range` field asks of a file.
pub(crate) enum Range {
    /// Nothing.
    Whole,
    /// First and last byte.
    Part(usize, usize),
    Unsatisfiable,
}

#[derive(Clone, Copy)]
pub(crate) struct Caching {
    /// The entity tag of a file with these contents, quotation marks and all.
    pub(crate) tag: fn(&Path, &[u8]) -> String,
    pub(crate) modified: fn(&Path) -> SystemTime,
    pub(crate) date: fn(SystemTime) -> String,
    /// Whether the value of If-None-Match names the tag.
    pub(crate) names: fn(&str, &str) -> bool,
    /// Whether a file was left as it is since the date of If-Modified-Since.
    pub(crate) unmodified: fn(&str, SystemTime) -> bool,
    /// Whether the client has it, by its tag (if it sent one) and its date (if it sent one).
    pub(crate) has: fn(Option<bool>, Option<bool>) -> bool,
    /// The answer to who has it, made of the one to who has not.
    pub(crate) not_modified: fn(Reply) -> Reply,
    /// Whether conditions come before ranges.
    pub(crate) conditions_first: bool,
    pub(crate) range: fn(&str, usize) -> Range,
    /// Whether If-Range holds, by the tag and the date of the file.
    pub(crate) holds: fn(&str, &str, &str) -> bool,
    /// The answer with a part, made of the one with the whole.
    pub(crate) part: fn(Reply, usize, usize) -> Reply,
    /// The answer where there is no such part, made of the one with the whole.
    pub(crate) beyond: fn(Reply) -> Reply,
    /// The answer to a GET of a file.
    pub(crate) answer: fn(&Parts, &Request, Reply) -> Reply,
}

impl Caching {
    pub(crate) fn right() -> Self {
        Caching {
            tag: |path, contents| {
                let since = modified(path).duration_since(UNIX_EPOCH).unwrap_or_default();
                format!("\"{:x}-{:x}\"", since.as_nanos(), contents.len())
            },
            modified,
            date: httpdate::fmt_http_date,
            names: |value, tag| {
                let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
                value.trim() == "*" || value.split(',').any(|member| opaque(member) == opaque(tag))
            },
            unmodified: |value, modified| {
                httpdate::parse_http_date(value).is_ok_and(|since| whole_seconds(modified) <= since)
            },
            has: |tag, date| tag.or(date).unwrap_or(false),
            not_modified: |mut reply| {
                reply.status_line = "HTTP/1.1 304 Not Modified".into();
                for name in ["Content-Type", "Content-Length", "Last-Modified"] {
                    reply.drop(name);
                }
                reply.body.clear();
                reply
            },
            conditions_first: true,
            range,
            holds: |value, tag, date| (value == tag && !tag.starts_with("W/")) || value == date,
            part: |mut reply, first, last| {
                reply.status_line = "HTTP/1.1 206 Partial Content".into();
                reply.set("Content-Range", format!("bytes {first}-{last}/{}", reply.body.len()));
                reply.set_body(reply.body[first..=last].to_vec());
                reply
            },
            beyond: |reply| {
                let mut empty = Reply::empty("416 Range Not Satisfiable");
                empty.set("Content-Range", format!("bytes */{}", reply.body.len()));
                empty
            },
            answer: respond,
        }
    }
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|data| data.modified()).unwrap_or(UNIX_EPOCH)
}

pub(crate) fn whole_seconds(time: SystemTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// What the value of a `Range` field asks of so many bytes.
pub(crate) fn range(value: &str, size: usize) -> Range {
    let Some((before, behind)) = value.strip_prefix("bytes=").and_then(|rest| rest.split_once('-')) else {
        return Range::Whole;
    };
    match (before.parse::<usize>(), behind.parse::<usize>()) {
        (Err(_), Ok(count)) if before.is_empty() => match count.min(size) {
            0 => Range::Unsatisfiable,
            count => Range::Part(size - count, size - 1),
        },
        (Ok(first), Ok(last)) if last < first => Range::Whole,
        (Ok(first), _) if first >= size => Range::Unsatisfiable,
        (Ok(first), Ok(last)) => Range::Part(first, last.min(size - 1)),
        (Ok(first), Err(_)) if behind.is_empty() => Range::Part(first, size - 1),
        _ => Range::Whole,
    }
}

/// The answer to a GET of a file with these contents.
pub(crate) fn answer(parts: &Parts, request: &Request, path: &Path, contents: Vec<u8>) -> Reply {
    let caching = parts.caching;
    let tag = (caching.tag)(path, &contents);
    let modified = (caching.modified)(path);
    let mut whole = Reply::with("application/octet-stream", contents);
    whole.set("ETag", &tag);
    whole.set("Last-Modified", (caching.date)(modified));
    let field = |name| (parts.field)(&request.head, name);
    let by_tag = field("If-None-Match").map(|value| (caching.names)(&value, &tag));
    let by_date = field("If-Modified-Since").map(|value| (caching.unmodified)(&value, modified));
    let has = (caching.has)(by_tag, by_date);
    if has && caching.conditions_first {
        return (caching.not_modified)(whole);
    }
    let reply = (caching.answer)(parts, request, whole.clone());
    if has && reply.status_line.contains(" 200 ") { (caching.not_modified)(whole) } else { reply }
}

/// The answer to who has not got it: the whole, or what `Range` asks of it.
pub(crate) fn respond(parts: &Parts, request: &Request, whole: Reply) -> Reply {
    let caching = parts.caching;
    let field = |name| (parts.field)(&request.head, name);
    let Some(range) = field("Range") else { return whole };
    let value = |name: &str| whole.fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    if field("If-Range").is_some_and(|wanted| !(caching.holds)(&wanted, value("ETag"), value("Last-Modified"))) {
        return whole;
    }
    match (caching.range)(&range, whole.body.len()) {
        Range::Whole => whole,
        Range::Part(first, last) => (caching.part)(whole, first, last),
        Range::Unsatisfiable => (caching.beyond)(whole),
    }
}
