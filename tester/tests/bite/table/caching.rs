use std::io::ErrorKind;
use std::sync::OnceLock;
use std::time::SystemTime;

use super::{Cause::Id, Row, own, right};
use crate::server::caching::{Caching, Range, range, respond, whole_seconds};
use crate::server::{Reply, route};

/// The track `caching`.
pub(crate) fn rows() -> Vec<Row> {
    [tags(), dates(), parts(), suffixes(), beyond(), resuming(), variants()].into_iter().flatten().collect()
}

fn tags() -> Vec<Row> {
    vec![
        own(
            "ca1",
            "knows-no-files",
            &["ca1", "ca2", "ca3", "ca4", "ca5", "ca6"],
            &[Id("caching/file-not-found")],
            |p| {
                p.load = |_| Err(ErrorKind::NotFound.into());
            },
        ),
        own("ca1", "what-is-missing-has-not-changed", &["ca1"], &[Id("caching/missing-first")], |p| {
            p.polish = |q, r| {
                if r.status_line.contains("404") && q.head.contains("If-None-Match") {
                    *r = Reply::empty("304 Not Modified");
                }
            }
        }),
        own(
            "ca1",
            "never-304",
            &["ca1", "ca3", "ca5"],
            &[Id("caching/conditions-first"), Id("caching/tag-in-list")],
            |p| {
                p.caching.names = |_, _| false;
            },
        ),
        own("ca1", "content-after-304", &["ca1", "ca2", "ca3", "ca5"], &[Id("content-in-304")], |p| {
            p.caching.not_modified = |whole| {
                let body = whole.body.clone();
                Reply { body, ..(Caching::right().not_modified)(whole) }
            }
        }),
        own("ca1", "tag-without-quotation-marks", &["ca1", "ca6"], &[Id("tag-quotes")], |p| {
            p.caching.tag = |path, contents| (Caching::right().tag)(path, contents).replace('"', "");
        }),
        own(
            "ca1",
            "tag-of-the-name",
            &["ca1", "ca2", "ca6"],
            &[Id("caching/if-range-differs"), Id("caching/tag-differs")],
            |p| {
                p.caching.tag = |path, _| format!("\"{}\"", path.file_name().unwrap().display());
            },
        ),
        own(
            "ca1",
            "tag-of-the-request",
            &["ca1", "ca2", "ca3", "ca5", "ca6"],
            &[
                Id("caching/conditions-first"),
                Id("caching/if-range-holds"),
                Id("caching/tag-in-list"),
                Id("tag-changed"),
            ],
            |p| {
                p.caching.tag = |_, _| format!("\"{}\"", SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos());
            },
        ),
        own("ca1", "tag-anywhere-in-the-list", &["ca1"], &[Id("caching/tag-differs")], |p| {
            p.caching.names = |value, tag| value == "*" || value.contains(tag.trim_matches('"'));
        }),
        own("ca1", "one-tag-is-no-list", &["ca1"], &[Id("caching/tag-in-list")], |p| {
            p.caching.names = |value, tag| value == "*" || value.trim_start_matches("W/") == tag;
        }),
        own("ca1", "weak-tags-never-match", &["ca1"], &[Id("caching/tag-in-list")], |p| {
            p.caching.names = |value, tag| value == "*" || value.split(',').any(|member| member.trim() == tag);
        }),
        own("ca1", "star-is-no-tag", &["ca1"], &[Id("ca1/any-tag")], |p| {
            p.caching.names = |value, tag| value != "*" && (Caching::right().names)(value, tag);
        }),
        own("ca1", "no-tag-in-304", &["ca1", "ca3", "ca5"], &[Id("caching/tag-is-said")], |p| {
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
        own("ca2", "tag-of-the-length", &["ca2"], &[Id("caching/tag-differs")], |p| {
            p.caching.tag = |_, contents| format!("\"{:x}\"", contents.len());
        }),
        own("ca2", "no-date", &["ca2"], &[Id("field-not-written")], |p| {
            p.polish = |_, reply| reply.drop("Last-Modified");
        }),
        own("ca2", "date-with-an-offset", &["ca2"], &[Id("caching/date-form")], |p| {
            p.caching.date = |time| httpdate::fmt_http_date(time).replace("GMT", "+0000");
        }),
        own("ca2", "date-of-the-start", &["ca2"], &[Id("caching/modified")], |p| {
            p.caching.modified = |_| {
                static START: OnceLock<SystemTime> = OnceLock::new();
                *START.get_or_init(SystemTime::now)
            }
        }),
        own("ca2", "dates-as-text", &["ca2"], &[Id("caching/modified")], |p| {
            p.caching.unmodified = |value, modified| httpdate::fmt_http_date(modified).as_str() <= value;
        }),
        own("ca2", "the-same-date-only", &["ca2"], &[Id("caching/not-modified")], |p| {
            p.caching.unmodified = |value, modified| httpdate::fmt_http_date(modified) == value;
        }),
        own("ca2", "earlier-dates-only", &["ca2"], &[Id("caching/not-modified")], |p| {
            p.caching.unmodified =
                |value, modified| httpdate::parse_http_date(value).is_ok_and(|since| whole_seconds(modified) < since);
        }),
        own("ca2", "dates-with-fractions", &["ca2"], &[Id("caching/not-modified")], |p| {
            p.caching.unmodified =
                |value, modified| httpdate::parse_http_date(value).is_ok_and(|since| modified <= since);
        }),
        own("ca2", "no-date-is-no-change", &["ca2"], &[Id("caching/modified")], |p| {
            p.caching.unmodified = |value, modified| {
                httpdate::parse_http_date(value).is_ok_and(|since| whole_seconds(modified) <= since)
                    || httpdate::parse_http_date(value).is_err()
            }
        }),
        own("ca2", "date-beside-the-tag", &["ca2"], &[Id("caching/tag-before-date")], |p| {
            p.caching.has = |tag, date| tag.unwrap_or(false) || date.unwrap_or(false);
        }),
        own("ca2", "date-keeps-from-storing", &["ca2"], &[Id("caching/date-is-for-get")], |p| {
            p.route = |p, q, site| {
                if q.method == "POST" && q.head.contains("If-Modified-Since") {
                    Reply::empty("304 Not Modified")
                } else {
                    route(p, q, site)
                }
            }
        }),
    ]
}

fn parts() -> Vec<Row> {
    vec![
        own(
            "ca3",
            "no-parts",
            &["ca3", "ca4", "ca5", "ca6"],
            &[Id("caching/range-behind-end"), Id("caching/range-not-found")],
            |p| {
                p.caching.range = |_, _| Range::Whole;
            },
        ),
        own(
            "ca3",
            "part-without-its-last-byte",
            &["ca3", "ca4", "ca5", "ca6"],
            &[Id("caching/bytes-of-range"), Id("caching/length-of-part")],
            |p| {
                p.caching.part = |whole, first, last| {
                    let bytes = whole.body[first..last].to_vec();
                    let mut reply = (Caching::right().part)(whole, first, last);
                    reply.set_body(bytes);
                    reply
                }
            },
        ),
        own(
            "ca3",
            "last-byte-excluded-in-content-range",
            &["ca3", "ca4", "ca5", "ca6"],
            &[Id("range-last-byte"), Id("range-not-cut")],
            |p| {
                p.caching.part = |whole, first, last| {
                    let value = format!("bytes {first}-{}/{}", last + 1, whole.body.len());
                    changed_part(whole, first, last, "Content-Range", &value)
                }
            },
        ),
        own("ca3", "equals-sign-in-content-range", &["ca3", "ca4", "ca5", "ca6"], &[Id("range-unit")], |p| {
            p.caching.part = |whole, first, last| {
                let value = format!("bytes={first}-{last}/{}", whole.body.len());
                changed_part(whole, first, last, "Content-Range", &value)
            }
        }),
        own("ca3", "length-of-the-part-behind-the-slash", &["ca3", "ca4", "ca5", "ca6"], &[Id("range-total")], |p| {
            p.caching.part = |whole, first, last| {
                let value = format!("bytes {first}-{last}/{}", last - first + 1);
                changed_part(whole, first, last, "Content-Range", &value)
            }
        }),
        own("ca3", "no-content-range", &["ca3", "ca4", "ca5", "ca6"], &[Id("caching/range-not-named")], |p| {
            p.caching.part = |whole, first, last| {
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.drop("Content-Range");
                reply
            }
        }),
        own(
            "ca3",
            "length-of-the-whole-for-a-part",
            &["ca3", "ca4", "ca5", "ca6"],
            &[Id("caching/length-of-part")],
            |p| {
                p.caching.part = |whole, first, last| {
                    let length = whole.body.len().to_string();
                    changed_part(whole, first, last, "Content-Length", &length)
                }
            },
        ),
        own("ca3", "part-with-200", &["ca3", "ca4", "ca5", "ca6"], &[Id("caching/part-is-206")], |p| {
            p.caching.part = |whole, first, last| {
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.status_line = "HTTP/1.1 200 OK".into();
                reply
            }
        }),
        own("ca3", "part-is-not-cut-at-the-end", &["ca3", "ca5"], &[Id("caching/range-is-cut")], |p| {
            p.caching.range = |value, size| match (range(value, size), value.rsplit_once('-')) {
                (Range::Part(..), Some((before, last)))
                    if before != "bytes=" && last.parse().is_ok_and(|last: usize| last >= size) =>
                {
                    Range::Unsatisfiable
                }
                (range, _) => range,
            }
        }),
        own("ca3", "cut-but-not-in-content-range", &["ca3", "ca5"], &[Id("range-not-cut")], |p| {
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
            "ca3",
            "no-open-end",
            &["ca3", "ca5", "ca6"],
            &[Id("caching/if-range-holds"), Id("caching/range-behind-end"), Id("caching/range-not-found")],
            |p| {
                p.caching.range = |value, size| if value.ends_with('-') { Range::Whole } else { range(value, size) };
            },
        ),
        own("ca3", "the-whole-is-a-part", &["ca3", "ca5", "ca6"], &[Id("caching/whole-file")], |p| {
            p.polish = |q, r| {
                if r.status_line.contains("200") && q.head.contains("\r\nRange: ") {
                    r.set("Content-Range", "bytes 0-999/1000");
                }
            }
        }),
        own("ca3", "any-unit", &["ca3", "ca5"], &[Id("caching/unknown-unit")], |p| {
            p.caching.range = |value, size| match value.split_once('=') {
                Some((_, rest)) => range(&format!("bytes={rest}"), size),
                None => Range::Whole,
            }
        }),
        own("ca3", "ranges-before-conditions", &["ca3", "ca5"], &[Id("caching/conditions-first")], |p| {
            p.caching.conditions_first = false;
        }),
        own("ca3", "part-of-the-characters", &["ca3", "ca4"], &[Id("caching/bytes-of-range")], |p| {
            p.caching.part = |whole, first, last| {
                let text = String::from_utf8_lossy(&whole.body).into_owned();
                let bytes = text.chars().skip(first).take(last + 1 - first).collect::<String>().into_bytes();
                let mut reply = (Caching::right().part)(whole, first, last);
                reply.set_body(bytes);
                reply
            }
        }),
        own("ca3", "part-without-the-tag", &["ca3", "ca5", "ca6"], &[Id("caching/tag-is-said")], |p| {
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
        own(
            "ca4",
            "no-suffix",
            &["ca4", "ca5"],
            &[Id("caching/range-behind-end"), Id("caching/range-not-found")],
            |p| {
                p.caching.range = |value, size| suffix(value).map_or_else(|| range(value, size), |_| Range::Whole);
            },
        ),
        own(
            "ca4",
            "suffix-from-the-start",
            &["ca4", "ca5"],
            &[Id("caching/range-behind-end"), Id("range-numbers")],
            |p| {
                p.caching.range = |value, size| match suffix(value) {
                    Some(last) if size > 0 => Range::Part(0, last.min(size - 1)),
                    _ => range(value, size),
                }
            },
        ),
        own("ca4", "suffix-from-a-byte-on", &["ca4"], &[Id("range-numbers")], |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(first) if first > 0 => range(&format!("bytes={first}-"), size),
                _ => range(value, size),
            }
        }),
        own("ca4", "suffix-longer-than-the-file", &["ca4"], &[Id("caching/range-is-cut")], |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(count) if count > size => Range::Unsatisfiable,
                _ => range(value, size),
            }
        }),
        own("ca4", "suffix-one-too-many", &["ca4"], &[Id("range-numbers")], |p| {
            p.caching.range = |value, size| match (range(value, size), suffix(value)) {
                (Range::Part(first, last), Some(_)) => Range::Part(first.saturating_sub(1), last),
                (range, _) => range,
            }
        }),
        own("ca4", "long-suffix-is-the-whole", &["ca4"], &[Id("caching/range-not-found")], |p| {
            p.caching.range = |value, size| match suffix(value) {
                Some(count) if count >= size && count > 0 => Range::Whole,
                _ => range(value, size),
            }
        }),
    ]
}

fn beyond() -> Vec<Row> {
    vec![
        own("ca5", "whole-beyond-the-end", &["ca5"], &[Id("caching/range-behind-end")], |p| {
            p.caching.beyond = |whole| whole;
        }),
        own("ca5", "nothing-beyond-the-end", &["ca5"], &[Id("caching/range-behind-end")], |p| {
            p.caching.beyond = |whole| {
                let mut reply = Reply::empty("206 Partial Content");
                reply.set("Content-Range", format!("bytes */{}", whole.body.len()));
                reply
            }
        }),
        own("ca5", "no-length-in-416", &["ca5"], &[Id("caching/range-not-named")], |p| {
            p.caching.beyond = |_| Reply::empty("416 Range Not Satisfiable");
        }),
        own("ca5", "range-in-416", &["ca5"], &[Id("range-numbers")], |p| {
            p.caching.beyond = |whole| {
                let mut reply = (Caching::right().beyond)(whole);
                reply.set("Content-Range", "bytes 0-0/1000");
                reply
            }
        }),
        own("ca5", "416-without-a-length", &["ca5"], &[Id("no-length")], |p| {
            p.caching.beyond = |whole| {
                let mut reply = (Caching::right().beyond)(whole);
                reply.drop("Content-Length");
                reply
            }
        }),
        own("ca5", "last-nothing-is-everything", &["ca5"], &[Id("caching/range-behind-end")], |p| {
            p.caching.range = |value, size| if suffix(value) == Some(0) { Range::Whole } else { range(value, size) };
        }),
        own("ca5", "fails-at-an-empty-file", &["ca5"], &[Id("closed-after-response")], |p| {
            p.caching.range = |value, size| {
                if value.starts_with("bytes=") && size == 0 {
                    panic!("attempt to subtract with overflow")
                } else {
                    range(value, size)
                }
            }
        }),
        own("ca5", "one-byte-behind-the-last", &["ca5"], &[Id("caching/range-behind-end")], |p| {
            p.caching.range = |value, size| match value.strip_prefix("bytes=").and_then(|v| v.split_once('-')) {
                Some((first, _)) if first.parse() == Ok(size) => Range::Whole,
                _ => range(value, size),
            }
        }),
    ]
}

fn resuming() -> Vec<Row> {
    vec![
        own("ca6", "ignores-if-range", &["ca6"], &[Id("caching/if-range-differs")], |p| {
            p.caching.holds = |_, _, _| true;
        }),
        own("ca6", "if-range-never-holds", &["ca6"], &[Id("caching/if-range-holds")], |p| {
            p.caching.holds = |_, _, _| false;
        }),
        own("ca6", "if-range-holds-weakly", &["ca6"], &[Id("caching/if-range-differs")], |p| {
            p.caching.holds = |value, tag, date| value.trim_start_matches("W/") == tag || value == date;
        }),
        own("ca6", "weak-tags", &["ca6"], &[Id("weak-tag")], |p| {
            p.caching.tag = |path, contents| format!("W/{}", (Caching::right().tag)(path, contents));
        }),
        own("ca6", "if-range-holds-for-any-date", &["ca6"], &[Id("caching/if-range-differs")], |p| {
            p.caching.holds = |value, tag, _| value == tag || value.ends_with("GMT");
        }),
        own("ca6", "if-range-fails", &["ca6"], &[Id("caching/if-range-never-fails")], |p| {
            p.caching.answer = |p, q, whole| {
                let asked = (p.field)(&q.head, "If-Range").is_some();
                let tag = whole.fields.iter().find(|(name, _)| name == "ETag").unwrap().1.clone();
                if asked && !q.head.contains(&format!(": {tag}\r\n")) {
                    Reply::empty("412 Precondition Failed")
                } else {
                    respond(p, q, whole)
                }
            }
        }),
        own("ca6", "if-range-after-the-range", &["ca6"], &[Id("caching/if-range-differs")], |p| {
            p.caching.answer = |p, q, whole| match (p.field)(&q.head, "Range").map(|v| range(&v, whole.body.len())) {
                Some(Range::Unsatisfiable) => (p.caching.beyond)(whole),
                _ => respond(p, q, whole),
            }
        }),
        own("ca6", "if-range-is-a-range", &["ca6"], &[Id("caching/no-range-asked")], |p| {
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
