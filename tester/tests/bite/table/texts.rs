use std::process::exit;

use super::{
    Cause::{Id, NoCause},
    Row, field, rename, row,
};
use crate::server::{Parts, Reply, echo, percent_decode, route};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            "cn2",
            "length-one-short",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("body-beyond-length"), Id("gzip-damaged"), Id("length-too-small")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set("Content-Length", r.body.len() - 1);
                    }
                }
            },
        ),
        row(
            "cn2",
            "length-two-long",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "df4..kh7"],
            &[Id("length-two-too-many"), Id("length-wrong"), Id("length-or-body-short")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set("Content-Length", r.body.len() + 2);
                    }
                };
                p.ends = |_, _, _| true;
            },
        ),
        row(
            "cn2",
            "chunks-in-place-of-a-length",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("chunked-not-length")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        let size = format!("{:x}\r\n", r.body.len());
                        r.set_body([size.as_bytes(), &r.body, b"\r\n0\r\n\r\n"].concat());
                        r.drop("Content-Length");
                        r.set("Transfer-Encoding", "chunked");
                    }
                };
            },
        ),
        row(
            "cn2",
            "body-and-an-exclamation-mark",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("body-goes-on"), NoCause("gzip-trailing")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set_body([&r.body[..], b"!"].concat());
                    }
                };
            },
        ),
        row(
            "cn2",
            "length-one-long",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "df4..kh7"],
            &[Id("length-one-too-many"), Id("length-or-body-short"), Id("length-wrong")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set("Content-Length", r.body.len() + 1);
                    }
                };
                p.ends = |_, _, _| true;
            },
        ),
        row("cn2", "no-length", &["cn2..kh7"], &["cn2", "fs3", "ap6", "cr8..kh7"], &[Id("field-not-written")], |p| {
            p.polish = |_, r| r.drop("Content-Length");
            p.ends = |_, _, _| true;
        }),
        row(
            "cn2",
            "length-of-the-example",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("body-beyond-length"), Id("gzip-damaged"), Id("length-too-small")],
            |p| {
                p.polish = |_, r| {
                    if r.has("Content-Type") {
                        r.set("Content-Length", 3);
                    }
                }
            },
        ),
        row("cn2", "length-twice", &["ia4..kh7"], &["ia4..kh7"], &[NoCause("length-twice")], |p| {
            p.polish = |_, r| r.fields.push(("Content-Length".into(), r.body.len().to_string()));
        }),
        row("cn2", "length-in-hexadecimal", &["ia4..kh7"], &["ia4..kh7"], &[NoCause("length-not-number")], |p| {
            p.polish = |_, r| r.set("Content-Length", format!("0x{:x}", r.body.len()));
        }),
        row(
            "cn2",
            "misspelt-length",
            &["ia4..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("field-not-shown"), Id("field-not-written")],
            |p| {
                p.polish = |_, r| rename(r, "Content-Length", "Content-Lenght");
                p.ends = |_, _, _| true;
            },
        ),
        row("cn2", "no-type", &["cn2..kh7"], &["cn2", "fs3", "ap6", "ag9..kh7"], &[Id("field-not-written")], |p| {
            p.polish = |_, r| r.drop("Content-Type");
        }),
        row("cn2", "type-html", &["cn2..kh7"], &["cn2", "fs3", "ap6", "ag9..kh7"], &[NoCause("field-value")], |p| {
            p.polish = |_, r| {
                if r.has("Content-Type") {
                    r.set("Content-Type", "text/html");
                }
            }
        }),
        row(
            "cn2",
            "type-with-charset",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "ag9..kh7"],
            &[NoCause("field-value")],
            |p| {
                p.polish = |_, r| {
                    if r.has("Content-Type") {
                        r.set("Content-Type", "text/plain; charset=utf-8");
                    }
                }
            },
        ),
        row("cn2", "type-in-capitals", &["cn2..kh7"], &[], &[Id("value-case")], |p| {
            p.polish = |_, r| {
                if r.has("Content-Type") {
                    for (_, value) in r.fields.iter_mut().filter(|(n, _)| n == "Content-Type") {
                        value.make_ascii_uppercase();
                    }
                }
            }
        }),
        row(
            "cn2",
            "space-before-the-colon",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "df4..kh7"],
            &[NoCause("space-in-name")],
            |p| {
                p.polish = |_, r| rename(r, "Content-Type", "Content-Type ");
            },
        ),
        row(
            "cn2",
            "fields-after-the-empty-line",
            &["ia4..kh7"],
            &["cn2", "fs3", "ap6", "df4..kh7"],
            &[Id("field-in-body"), Id("no-body-shown")],
            |p| p.polish = |_, r| r.status_line += "\r\n",
        ),
        row(
            "cn2",
            "line-end-after-the-body",
            &["cn2..kh7"],
            &["cn2", "fs3", "ap6", "cr8..kh7"],
            &[Id("line-end-in-body"), NoCause("gzip-trailing")],
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set_body([&r.body[..], b"\r\n"].concat());
                    }
                }
            },
        ),
        row(
            "cn2",
            "echoes-the-whole-path",
            &["cn2..ej5", "df4..kh7"],
            &["cn2", "cr8..kh7"],
            &[NoCause("body"), NoCause("gzip-content")],
            |p| {
                p.route = |p, q, d| {
                    if q.target.starts_with("/echo/") { echo(p, q, q.target.clone().into()) } else { route(p, q, d) }
                }
            },
        ),
        row("cn2", "echoes-small-letters", &["cn2"], &[], &[Id("letter-case-changed")], |p| {
            p.decode = |text| percent_decode(&text.to_lowercase());
        }),
        row("cn2", "echoes-32-bytes", &["cn2", "cr8"], &[], &[Id("body-cut"), Id("length-too-small")], |p| {
            p.decode = |text| percent_decode(&text[..text.len().min(32)]);
        }),
        row("cn2", "leaves-percent-encoding", &["cn2"], &[], &[Id("percent-encoded")], |p| {
            p.decode = |text| text.into();
        }),
        row("cn2", "echo-anywhere-in-the-path", &["cn2"], &[], &[Id("unknown-path-taken")], |p| {
            p.route = |p, q, d| match q.target.split_once("/echo/") {
                Some((_, text)) => echo(p, q, (p.decode)(text)),
                None => route(p, q, d),
            }
        }),
        row("cn2", "echo-anywhere-in-the-head", &["cn2"], &[], &[Id("unknown-path-taken")], |p| {
            p.route = |p, q, d| match q.head.split_once("/echo/") {
                Some((_, rest)) => echo(p, q, (p.decode)(rest.split_whitespace().next().unwrap_or_default())),
                None => route(p, q, d),
            }
        }),
        row("cn2", "takes-echo-out-twice", &["cn2"], &[], &[Id("body-empty")], |p| {
            p.route = |p, q, d| {
                if q.target.starts_with("/echo/") {
                    echo(p, q, (p.decode)(&q.target.replace("/echo", "").replace('/', "")))
                } else {
                    route(p, q, d)
                }
            }
        }),
        row("fs3", "names-with-case", &["fs3", "qv8", "df4", "cr8", "kh7"], &[], &[Id("field-name-case")], |p| {
            p.field = |head, name| field(head, |n| n == name);
        }),
        row("fs3", "names-in-two-spellings", &["fs3", "qv8", "kh7"], &[], &[Id("field-name-case")], |p| {
            p.field = |head, name| field(head, |n| n == name || n == name.to_lowercase());
        }),
        row("fs3", "names-by-their-end", &["fs3", "df4"], &[], &[Id("coding-unasked"), NoCause("body")], |p| {
            p.field = |head, name| field(head, |n| n.to_lowercase().ends_with(&name.to_lowercase()));
        }),
        row(
            "fs3",
            "searches-the-head-for-the-name",
            &["fs3", "df4", "ag9..kh7"],
            &["fs3", "ag9", "ul1"],
            &[Id("coding-unasked"), NoCause("body")],
            |p| {
                p.field = |head, name| {
                    let at = head.to_lowercase().find(&name.to_lowercase())? + name.len();
                    let value = head[at..].split("\r\n").next()?;
                    Some(value.trim_start_matches(':').trim().into())
                }
            },
        ),
        row("fs3", "agent-by-its-place", &["fs3", "kh7"], &[], &[NoCause("body")], |p| {
            p.route = |p, q, d| {
                if q.target == "/user-agent" {
                    let line = q.head.split("\r\n").nth(2).unwrap_or_default();
                    Reply::with("text/plain", line.split_once(':').map_or("", |(_, v)| v.trim()).into())
                } else {
                    route(p, q, d)
                }
            }
        }),
        row("fs3", "splits-at-every-colon", &["fs3"], &[], &[Id("length-too-small")], |p| {
            p.field = |head, name| {
                let value = (Parts::right().field)(head, name)?;
                value.split(':').next().map(|v| v.trim().into())
            }
        }),
        row(
            "fs3",
            "first-word-of-the-value",
            &["fs3", "ij8", "cr8"],
            &["ij8"],
            &[Id("gzip-offer-not-found"), Id("length-too-small")],
            |p| {
                p.field = |head, name| {
                    let value = (Parts::right().field)(head, name)?;
                    value.split(' ').next().map(Into::into)
                }
            },
        ),
        row("fs3", "splits-at-colon-and-space", &["fs3"], &[], &[Id("body-empty")], |p| {
            p.field = |head, name| {
                let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
                fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().into())
            }
        }),
        row("fs3", "keeps-white-space", &["fs3"], &[], &[Id("space-around-value")], |p| {
            p.field = |head, name| {
                let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
                let (_, value) = fields.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
                Some(value.strip_prefix(' ').unwrap_or(value).into())
            }
        }),
        row("fs3", "value-in-small-letters", &["fs3"], &[], &[Id("letter-case-changed")], |p| {
            p.field = |head, name| (Parts::right().field)(head, name).map(|value| value.to_lowercase());
        }),
        row("fs3", "agent-in-quotes", &["fs3", "ag9..kh7"], &["fs3", "ag9", "ul1"], &[NoCause("body")], |p| {
            p.polish = |q, r| {
                if q.target == "/user-agent" {
                    r.set_body([b"\"", &r.body[..], b"\""].concat());
                }
            }
        }),
        row("fs3", "ends-without-an-agent", &["fs3"], &[], &[NoCause("died")], |p| {
            p.route = |p, q, d| match (q.target.as_str(), (p.field)(&q.head, "User-Agent")) {
                ("/user-agent", None) => exit(101),
                _ => route(p, q, d),
            }
        }),
    ]
}
