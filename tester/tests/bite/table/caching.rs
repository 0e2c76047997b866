use std::sync::OnceLock;
use std::time::SystemTime;

use super::{Row, own, right};
use crate::server::caching::{Caching, Range, range, respond, whole_seconds};
use crate::server::{Reply, route};

/// Stages 32 to 37.
pub(crate) fn rows() -> Vec<Row> {
    [tags(), dates(), parts(), suffixes(), beyond(), resuming(), variants()].into_iter().flatten().collect()
}

fn tags() -> Vec<Row> {
    vec![
        own(32, "never-304", "32,34,36", "one of the tags in If-None-Match|looked at before its range", |p| {
            p.caching.names = |_, _| false;
        }),
        own(32, "content-after-304", "32-34,36", "a 304 ends with the empty line", |p| {
            p.caching.not_modified = |whole| {
                let body = whole.body.clone();
                Reply { body, ..(Caching::right().not_modified)(whole) }
            }
        }),
        own(32, "tag-without-quotation-marks", "32,37", "stands in quotation marks", |p| {
            p.caching.tag = |path, contents| (Caching::right().tag)(path, contents).replace('"', "");
        }),
        own(32, "tag-of-the-name", "32-33,37", "let it change with the contents|does not name the file", |p| {
            p.caching.tag = |path, _| format!("\"{}\"", path.file_name().unwrap().display());
        }),
        own(
            32,
            "tag-of-the-request",
            "32-34,36-37",
            "its tag must not, either|one of the tags|before its range|the very tag",
            |p| {
                p.caching.tag = |_, _| format!("\"{}\"", SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos());
            },
        ),
        own(32, "tag-anywhere-in-the-list", "32", "compare the whole tag", |p| {
            p.caching.names = |value, tag| value == "*" || value.contains(tag.trim_matches('"'));
        }),
        own(32, "one-tag-is-no-list", "32", "it is a list", |p| {
            p.caching.names = |value, tag| value == "*" || value.trim_start_matches("W/") == tag;
        }),
        own(32, "weak-tags-never-match", "32", "makes no difference here", |p| {
            p.caching.names = |value, tag| value == "*" || value.split(',').any(|member| member.trim() == tag);
        }),
        own(32, "star-is-no-tag", "32", "stands for any tag", |p| {
            p.caching.names = |value, tag| value != "*" && (Caching::right().names)(value, tag);
        }),
        own(32, "no-tag-in-304", "32,34,36", "what the answer 200 would say", |p| {
            p.caching.not_modified = |whole| {
                let mut reply = (Caching::right().not_modified)(whole);
                reply.drop("ETag");
                reply
            }
        }),
    ]
}

fn dates() -> Vec<Row> {
    vec![
        own(33, "tag-of-the-length", "33", "let it change with the contents", |p| {
            p.caching.tag = |_, contents| format!("\"{:x}\"", contents.len());
        }),
        own(33, "no-date", "33", "the field is not written", |p| {
            p.polish = |_, reply| reply.drop("Last-Modified");
        }),
        own(33, "date-with-an-offset", "33", "as HTTP writes it", |p| {
            p.caching.date = |time| httpdate::fmt_http_date(time).replace("GMT", "+0000");
        }),
        own(33, "date-of-the-start", "33", "The field Last-Modified|was modified since that date", |p| {
            p.caching.modified = |_| {
                static START: OnceLock<SystemTime> = OnceLock::new();
                *START.get_or_init(SystemTime::now)
            }
        }),
        own(33, "dates-as-text", "33", "compare points in time", |p| {
            p.caching.unmodified = |value, modified| httpdate::fmt_http_date(modified).as_str() <= value;
        }),
        own(33, "the-same-date-only", "33", "less than or equal", |p| {
            p.caching.unmodified = |value, modified| httpdate::fmt_http_date(modified) == value;
        }),
        own(33, "earlier-dates-only", "33", "less than or equal", |p| {
            p.caching.unmodified =
                |value, modified| httpdate::parse_http_date(value).is_ok_and(|since| whole_seconds(modified) < since);
        }),
        own(33, "dates-with-fractions", "33", "compare in whole seconds", |p| {
            p.caching.unmodified =
                |value, modified| httpdate::parse_http_date(value).is_ok_and(|since| modified <= since);
        }),
        own(33, "no-date-is-no-change", "33", "it is no date and means nothing", |p| {
            p.caching.unmodified = |value, modified| {
                httpdate::parse_http_date(value).is_ok_and(|since| whole_seconds(modified) <= since)
                    || httpdate::parse_http_date(value).is_err()
            }
        }),
        own(33, "date-beside-the-tag", "33", "If-Modified-Since does not count", |p| {
            p.caching.has = |tag, date| tag.unwrap_or(false) || date.unwrap_or(false);
        }),
        own(33, "date-keeps-from-storing", "33", "is for GET and HEAD", |p| {
            p.route = |p, q, site| match q.method == "POST" && q.head.contains("If-Modified-Since") {
                true => Reply::empty("304 Not Modified"),
                false => route(p, q, site),
            }
        }),
    ]
}

fn parts() -> Vec<Row> {
    vec![
        own(34, "no-parts", "34-37", "asks for a part of the file|there is no byte in this range", |p| {
            p.caching.range = |_, _| Range::Whole;
        }),
        own(34, "part-without-its-last-byte", "34-37", "the length of the part that is sent|not the bytes", |p| {
            p.caching.part = |whole, first, last| {
                let bytes = whole.body[first..last].to_vec();
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.set_body(bytes);
                reply
            }
        }),
        own(
            34,
            "last-byte-excluded-in-content-range",
            "34-37",
            "the last byte of a range belongs to it|says what is really sent",
            |p| {
                p.caching.part = |whole, first, last| {
                    let value = format!("bytes {first}-{}/{}", last + 1, whole.body.len());
                    changed_part(whole, first, last, "Content-Range", &value)
                }
            },
        ),
        own(34, "equals-sign-in-content-range", "34-37", "the equals sign is for Range", |p| {
            p.caching.part = |whole, first, last| {
                let value = format!("bytes={first}-{last}/{}", whole.body.len());
                changed_part(whole, first, last, "Content-Range", &value)
            }
        }),
        own(34, "length-of-the-part-behind-the-slash", "34-37", "behind the slash", |p| {
            p.caching.part = |whole, first, last| {
                let value = format!("bytes {first}-{last}/{}", last - first + 1);
                changed_part(whole, first, last, "Content-Range", &value)
            }
        }),
        own(34, "no-content-range", "34-37", "which bytes these are", |p| {
            p.caching.part = |whole, first, last| {
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.drop("Content-Range");
                reply
            }
        }),
        own(34, "length-of-the-whole-for-a-part", "34-37", "not that of the file", |p| {
            p.caching.part = |whole, first, last| {
                let length = whole.body.len().to_string();
                changed_part(whole, first, last, "Content-Length", &length)
            }
        }),
        own(34, "part-with-200", "34-37", "is answered with 206", |p| {
            p.caching.part = |whole, first, last| {
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.status_line = "HTTP/1.1 200 OK".into();
                reply
            }
        }),
        own(34, "part-is-not-cut-at-the-end", "34,36", "it is cut", |p| {
            p.caching.range = |value, size| match (range(value, size), value.rsplit_once('-')) {
                (Range::Part(..), Some((before, last)))
                    if before != "bytes=" && last.parse().is_ok_and(|last: usize| last >= size) =>
                {
                    Range::Unsatisfiable
                }
                (range, _) => range,
            }
        }),
        own(34, "cut-but-not-in-content-range", "34,36", "says what is really sent", |p| {
            p.caching.answer = |p, q, whole| {
                let mut reply = respond(p, q, whole);
                let asked = (p.field)(&q.head, "Range").unwrap_or_default();
                if reply.status_line.contains("206") && !asked.ends_with('-') && !asked.contains("=-") {
                    let size = reply.fields.iter().find(|(name, _)| name == "Content-Range").unwrap().1.clone();
                    let size = size.split_once('/').unwrap().1;
                    reply.set("Content-Range", format!("{}/{size}", asked.replace('=', " ")));
                }
                reply
            }
        }),
        own(
            34,
            "no-open-end",
            "34,36-37",
            "this form of it not understood|no byte in this range|this form of a range",
            |p| {
                p.caching.range = |value, size| if value.ends_with('-') { Range::Whole } else { range(value, size) };
            },
        ),
        own(34, "any-unit", "34,36", "a unit other than bytes", |p| {
            p.caching.range = |value, size| match value.split_once('=') {
                Some((_, rest)) => range(&format!("bytes={rest}"), size),
                None => Range::Whole,
            }
        }),
        own(34, "ranges-before-conditions", "34,36", "looked at before its range", |p| {
            p.caching.conditions_first = false;
        }),
        own(34, "part-of-the-characters", "34-35", "not the bytes of the range|is only a part|of the part", |p| {
            p.caching.part = |whole, first, last| {
                let text = String::from_utf8_lossy(&whole.body).into_owned();
                let bytes = text.chars().skip(first).take(last + 1 - first).collect::<String>().into_bytes();
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.set_body(bytes);
                reply
            }
        }),
        own(34, "part-without-the-tag", "34,36-37", "what the answer 200 would say|The field ETag is missing", |p| {
            p.caching.part = |whole, first, last| {
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.drop("ETag");
                reply
            }
        }),
    ]
}

fn changed_part(whole: Reply, first: usize, last: usize, name: &str, value: &str) -> Reply {
    let mut reply = (Caching::right().part)(whole, first, last);
    reply.set(name, value);
    reply
}

/// The count of `bytes=-COUNT`.
fn suffix(value: &str) -> Option<usize> {
    value.strip_prefix("bytes=-").and_then(|count| count.parse().ok())
}

fn suffixes() -> Vec<Row> {
    vec![
        own(35, "no-suffix", "35-36", "this form of it not understood|there is no byte", |p| {
            p.caching.range = |value, size| suffix(value).map_or_else(|| range(value, size), |_| Range::Whole);
        }),
        own(35, "suffix-from-the-start", "35-36", "first byte, last byte|there is no byte", |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(last) if size > 0 => Range::Part(0, last.min(size - 1)),
                _ => range(value, size),
            }
        }),
        own(35, "suffix-from-a-byte-on", "35", "first byte, last byte|there are bytes in this range", |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(first) if first > 0 => range(&format!("bytes={first}-"), size),
                _ => range(value, size),
            }
        }),
        own(35, "suffix-longer-than-the-file", "35", "there are bytes in this range", |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(count) if count > size => Range::Unsatisfiable,
                _ => range(value, size),
            }
        }),
        own(35, "suffix-one-too-many", "35", "first byte, last byte", |p| {
            p.caching.range = |value, size| match (range(value, size), suffix(value)) {
                (Range::Part(first, last), Some(_)) => Range::Part(first.saturating_sub(1), last),
                (range, _) => range,
            }
        }),
        own(35, "long-suffix-is-the-whole", "35", "asks for a part of the file", |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(count) if count >= size && count > 0 => Range::Whole,
                _ => range(value, size),
            }
        }),
    ]
}

fn beyond() -> Vec<Row> {
    vec![
        own(36, "whole-beyond-the-end", "36", "there is no byte in this range", |p| p.caching.beyond = |whole| whole),
        own(36, "nothing-beyond-the-end", "36", "there is no byte in this range", |p| {
            p.caching.beyond = |whole| {
                let mut reply = Reply::empty("206 Partial Content");
                reply.set("Content-Range", format!("bytes */{}", whole.body.len()));
                reply
            }
        }),
        own(36, "no-length-in-416", "36", "which bytes these are", |p| {
            p.caching.beyond = |_| Reply::empty("416 Range Not Satisfiable");
        }),
        own(36, "range-in-416", "36", "first byte, last byte", |p| {
            p.caching.beyond = |whole| {
                let mut reply = (Caching::right().beyond)(whole);
                reply.set("Content-Range", "bytes 0-0/1000");
                reply
            }
        }),
        own(36, "416-without-a-length", "36", "also with an empty body", |p| {
            p.caching.beyond = |whole| {
                let mut reply = (Caching::right().beyond)(whole);
                reply.drop("Content-Length");
                reply
            }
        }),
        own(36, "last-nothing-is-everything", "36", "has no length", |p| {
            p.caching.range = |value, size| if suffix(value) == Some(0) { Range::Whole } else { range(value, size) };
        }),
        own(36, "fails-at-an-empty-file", "36", "stays open for the next request", |p| {
            p.caching.range = |value, size| match value.starts_with("bytes=") && size == 0 {
                true => panic!("attempt to subtract with overflow"),
                false => range(value, size),
            }
        }),
        own(36, "one-byte-behind-the-last", "36", "there is no byte in this range", |p| {
            p.caching.range = |value, size| match value.strip_prefix("bytes=").and_then(|v| v.split_once('-')) {
                Some((first, _)) if first.parse() == Ok(size) => Range::Whole,
                _ => range(value, size),
            }
        }),
    ]
}

fn resuming() -> Vec<Row> {
    vec![
        own(37, "ignores-if-range", "37", "does not name the file as it is now", |p| p.caching.holds = |_, _, _| true),
        own(37, "if-range-never-holds", "37", "names the very tag", |p| p.caching.holds = |_, _, _| false),
        own(37, "if-range-holds-weakly", "37", "a weak tag never does", |p| {
            p.caching.holds = |value, tag, date| value.trim_start_matches("W/") == tag || value == date;
        }),
        own(37, "weak-tags", "37", "a weak tag does not say", |p| {
            p.caching.tag = |path, contents| format!("W/{}", (Caching::right().tag)(path, contents));
        }),
        own(37, "if-range-holds-for-any-date", "37", "does not name the file as it is now", |p| {
            p.caching.holds = |value, tag, _| value == tag || value.ends_with("GMT");
        }),
        own(37, "if-range-fails", "37", "never fails", |p| {
            p.caching.answer = |p, q, whole| {
                let asked = (p.field)(&q.head, "If-Range").is_some();
                let tag = whole.fields.iter().find(|(name, _)| name == "ETag").unwrap().1.clone();
                match asked && !q.head.contains(&format!(": {tag}\r\n")) {
                    true => Reply::empty("412 Precondition Failed"),
                    false => respond(p, q, whole),
                }
            }
        }),
        own(37, "if-range-after-the-range", "37", "does not name the file as it is now", |p| {
            p.caching.answer = |p, q, whole| match (p.field)(&q.head, "Range").map(|v| range(&v, whole.body.len())) {
                Some(Range::Unsatisfiable) => (p.caching.beyond)(whole),
                _ => respond(p, q, whole),
            }
        }),
        own(37, "if-range-is-a-range", "37", "nobody asked for a part", |p| {
            p.caching.answer = |p, q, whole| {
                let field = |name| (p.field)(&q.head, name);
                match (field("Range"), field("If-Range")) {
                    (None, Some(_)) => (p.caching.part)(whole, 0, 599),
                    _ => respond(p, q, whole),
                }
            }
        }),
    ]
}

fn variants() -> Vec<Row> {
    vec![
        right("caching", |_| ()),
        right("caching-in-words-of-its-own", |p| {
            p.polish = |_, reply| {
                let (status, _) = reply.status_line.split_at("HTTP/1.1 200 ".len());
                reply.status_line = format!("{status}As You Like It");
            }
        }),
        right("tag-of-the-contents", |p| {
            p.caching.tag = |_, contents| {
                let sum = contents.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
                format!("\"{sum:x}:{}!\"", contents.len())
            }
        }),
        right("304-tells-what-200-would", |p| {
            p.caching.not_modified = |whole| {
                let mut reply = whole;
                reply.status_line = "HTTP/1.1 304 Not Modified".into();
                reply.body.clear();
                reply
            }
        }),
        right("accepts-ranges", |p| p.polish = |_, reply| reply.set("Accept-Ranges", "bytes")),
        right("explains-416", |p| {
            p.caching.beyond = |whole| {
                let mut reply = (Caching::right().beyond)(whole);
                reply.set("Content-Type", "text/html");
                reply.set_body(b"<h1>There is no such part.</h1>\n".to_vec());
                reply
            }
        }),
        right("empty-files-are-sent-whole", |p| {
            p.caching.range = |value, size| if size == 0 { Range::Whole } else { range(value, size) };
        }),
        right("refuses-ranges-that-are-none", |p| {
            p.caching.range =
                |value, size| if value == "bytes=9-2" { Range::Unsatisfiable } else { range(value, size) };
        }),
        right("stores-with-204", |p| {
            p.polish = |request, reply| {
                if request.method == "POST" {
                    reply.status_line = "HTTP/1.1 204 No Content".into();
                    reply.drop("Content-Length");
                }
            }
        }),
        right("if-range-takes-no-dates", |p| p.caching.holds = |value, tag, _| value == tag),
    ]
}
