use std::io::Write;
use std::net::{Shutdown, TcpListener, UdpSocket};
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{Row, field, rename, row};
use crate::server::{Clients, Parts, Reply, echo, percent_decode, route};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            1,
            "exits-before-it-listens",
            "1",
            "1",
            "ended (exit code 3) while the tester waited for it to listen",
            |p| {
                p.listen = |_| {
                    eprintln!("cannot read settings.toml");
                    exit(3)
                }
            },
        ),
        row(
            1,
            "panics-at-the-start",
            "1",
            "1",
            "ended (exit code 101) while the tester waited for it to listen",
            |p| p.listen = |_| panic!("no port given"),
        ),
        row(1, "listens-next-door", "1", "1", "it listens on another port", |p| {
            p.listen = |port| TcpListener::bind(("127.0.0.1", port + 1)).unwrap();
        }),
        row(1, "listens-on-udp", "1", "1", "Nothing listens on port", |p| {
            p.listen = |port| {
                let _socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
                rest_forever()
            }
        }),
        row(1, "stops-listening-at-once", "1", "1", "Nothing listens on port", |p| {
            p.listen = |port| {
                drop(TcpListener::bind(("127.0.0.1", port)).unwrap());
                rest_forever()
            }
        }),
        row(2, "line-feed-alone", "2-14", "2-14", "LF alone", |p| p.polish = |_, r| (r.eol, r.blank) = ("\n", "\n")),
        row(2, "line-feed-after-the-head", "2-14", "2-14", "LF alone", |p| p.polish = |_, r| r.blank = "\n"),
        row(2, "no-empty-line", "2-14", "2-14", "must end with an empty line", |p| {
            p.polish = |_, r| r.blank = "";
            p.ends = |_, _, _| true;
        }),
        row(2, "reason-in-small-letters", "2-14", "2-14", "The status line differs", |p| {
            p.polish = |_, r| r.status_line = r.status_line[..9].to_string() + &r.status_line[9..].to_lowercase();
        }),
        row(2, "no-reason", "2-14", "2-14", "The status line differs", |p| {
            p.polish = |_, r| r.status_line.truncate("HTTP/1.1 200 ".len());
        }),
        row(2, "version-1.0", "2-14", "2-14", "The status line differs", |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("1.1", "1.0");
        }),
        row(2, "two-spaces", "2-14", "2-14", "the status code is not three digits", |p| {
            p.polish = |_, r| r.status_line.insert(8, ' ');
        }),
        row(2, "no-version", "2-14", "2-14", "does not begin with HTTP/1.1", |p| {
            p.polish = |_, r| drop(r.status_line.drain(..9));
        }),
        row(2, "greets-before-it-answers", "2-14", "2-14", "does not begin with HTTP/1.1", |p| {
            p.greeting = "Welcome!\r\n";
        }),
        row(2, "closes-without-an-answer", "2-14", "2-14", "closed without a response", |p| {
            p.write = |stream, _| stream.shutdown(Shutdown::Both);
        }),
        row(2, "body-where-none-is-shown", "2-8,12-14", "", "a body where the page shows none", |p| {
            p.polish = |_, r| {
                if r.body.is_empty() {
                    r.set_body(r.status_line[9..].into());
                }
            }
        }),
        row(2, "line-feed-after-the-end", "2-14", "", "a line end was written after the body", |p| {
            p.write = |stream, bytes| stream.write_all(&[bytes, b"\n"].concat());
        }),
        row(2, "status-204", "2-4,6,12,14", "2,6,14", "The status is 204, not 200", |p| {
            p.route = |p, q, d| match q.target.as_str() {
                "/" => Reply::empty("204 No Content"),
                _ => route(p, q, d),
            }
        }),
        row(2, "names-its-framework", "2-14", "", "The field X-Powered-By is not on the page", |p| {
            p.polish = |_, r| r.set("X-Powered-By", "Express");
        }),
        row(
            3,
            "finds-everything",
            "3-5,7-8,12-14",
            "3,7",
            "an unknown path is treated like a known one|there is no such file|leads out of the directory",
            |p| {
                p.route = |p, q, d| match route(p, q, d) {
                    r if r.status_line.contains("404") => Reply::empty("200 OK"),
                    r => r,
                }
            },
        ),
        row(3, "finds-nothing", "2-14", "2,4-14", "not recognised|is it looked for", |p| {
            p.route = |_, _, _| Reply::empty("404 Not Found");
        }),
        row(
            3,
            "serves-one-client-and-ends",
            "3-11,13-14",
            "6-7,9-10,13",
            "ended (exit code 0)|No response within",
            |p| p.clients = Clients::First,
        ),
        row(3, "one-read-is-a-request", "3-6,8,12-13", "", "came in pieces|the body is empty", |p| {
            p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
        }),
        row(
            3,
            "gives-up-at-a-piece",
            "3-6,8,12-13",
            "",
            "this request, which came in pieces|the body is empty|the file is empty|stays open",
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || None;
            },
        ),
        row(
            3,
            "ends-at-a-piece",
            "3-6,8,12-13",
            "",
            "comes in pieces|the body is empty|the file is empty|ended (exit code 101)",
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || exit(101);
            },
        ),
        row(
            3,
            "finds-no-page-for-a-piece",
            "3-6,8,12-13",
            "",
            "it came in pieces|that came in pieces|the body is empty",
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || Some(Reply::empty("404 Not Found"));
            },
        ),
        row(3, "says-404-ok", "3-5,7,12-14", "3,7", "The status line differs", |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("404 Not Found", "404 OK");
        }),
        row(
            3,
            "says-not-found-with-200",
            "3-5,7-8,12-14",
            "3,7",
            "an unknown path is treated like a known one|there is no such file|leads out of the directory",
            |p| p.polish = |_, r| r.status_line = r.status_line.replace("404", "200"),
        ),
        row(3, "searches-the-head-for-the-path", "3", "", "compare the whole path, not a part of the request", |p| {
            p.route = |p, q, d| match q.head.contains("GET / ") {
                true => Reply::empty("200 OK"),
                false => route(p, q, d),
            }
        }),
        row(
            3,
            "ends-when-a-client-leaves",
            "3-11,13-14",
            "6-7,9-10,13",
            "ended (exit code 1)|No response within",
            |p| {
                p.clients = Clients::InTurn;
                p.left = || exit(1);
            },
        ),
        row(3, "ends-at-nonsense", "3", "", "ended (exit code 101)", |p| p.nonsense = || exit(101)),
        row(3, "spins-when-a-client-leaves", "3,6,12-14", "6,12-14", "No response within|stays open", |p| {
            p.clients = Clients::InTurn;
            p.left = || rest_forever();
            p.ends = |_, _, _| true;
        }),
        row(3, "answers-nonsense-with-200", "3", "", "The status is 200, not 400", |p| {
            p.nonsense = || Some(Reply::empty("200 OK"));
        }),
        row(
            4,
            "length-one-short",
            "4-14",
            "4-5,7,11-14",
            "the length is too small|more byte after the end|cut off at Content-Length|unexpected end of file",
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set("Content-Length", r.body.len() - 1);
                    }
                }
            },
        ),
        row(
            4,
            "length-one-long",
            "4-14",
            "4-5,7,9-14",
            "one byte too many|Content-Length counts more bytes than the body has|Content-Length is not the number of bytes",
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set("Content-Length", r.body.len() + 1);
                    }
                };
                p.ends = |_, _, _| true;
            },
        ),
        row(4, "no-length", "4-14", "4-5,7,11-14", "The field Content-Length is missing", |p| {
            p.polish = |_, r| r.drop("Content-Length");
            p.ends = |_, _, _| true;
        }),
        row(
            4,
            "length-of-the-example",
            "4-14",
            "4-5,7,11-14",
            "the length is too small|more bytes after the end|unexpected end of file",
            |p| {
                p.polish = |_, r| {
                    if r.has("Content-Type") {
                        r.set("Content-Length", 3);
                    }
                }
            },
        ),
        row(4, "length-twice", "2-14", "2-14", "Content-Length is sent twice", |p| {
            p.polish = |_, r| r.fields.push(("Content-Length".into(), r.body.len().to_string()));
        }),
        row(4, "length-in-hexadecimal", "2-14", "2-14", "Content-Length is not a decimal number", |p| {
            p.polish = |_, r| r.set("Content-Length", format!("0x{:x}", r.body.len()));
        }),
        row(
            4,
            "misspelt-length",
            "2-14",
            "4-5,7,11-14",
            "its name is spelt differently|The field Content-Lenght is not on the page",
            |p| {
                p.polish = |_, r| rename(r, "Content-Length", "Content-Lenght");
                p.ends = |_, _, _| true;
            },
        ),
        row(4, "no-type", "4-14", "4-5,7,12-14", "The field Content-Type is missing", |p| {
            p.polish = |_, r| r.drop("Content-Type");
        }),
        row(4, "type-html", "4-14", "4-5,7,12-14", "The field Content-Type has another value", |p| {
            p.polish = |_, r| {
                if r.has("Content-Type") {
                    r.set("Content-Type", "text/html");
                }
            }
        }),
        row(4, "type-with-charset", "4-14", "4-5,7,12-14", "The field Content-Type has another value", |p| {
            p.polish = |_, r| {
                if r.has("Content-Type") {
                    r.set("Content-Type", "text/plain; charset=utf-8");
                }
            }
        }),
        row(4, "type-in-capitals", "4-14", "", "Content-Type differs in upper and lower case", |p| {
            p.polish = |_, r| {
                if r.has("Content-Type") {
                    for (_, value) in r.fields.iter_mut().filter(|(n, _)| n == "Content-Type") {
                        value.make_ascii_uppercase();
                    }
                }
            }
        }),
        row(4, "space-before-the-colon", "4-14", "4-5,7,9-14", "before its colon", |p| {
            p.polish = |_, r| rename(r, "Content-Type", "Content-Type ");
        }),
        row(
            4,
            "fields-after-the-empty-line",
            "2-14",
            "4-5,7,9-14",
            "an empty line too early|a body where the page shows none",
            |p| p.polish = |_, r| r.status_line += "\r\n",
        ),
        row(
            4,
            "line-end-after-the-body",
            "4-14",
            "4-5,7,11-14",
            "a line end too many or too few|bytes after the end of the gzip data|line end is counted",
            |p| {
                p.polish = |_, r| {
                    if !r.body.is_empty() {
                        r.set_body([&r.body[..], b"\r\n"].concat());
                    }
                }
            },
        ),
        row(
            4,
            "echoes-the-whole-path",
            "4-6,9-14",
            "4,11-14",
            "The body differs|The body, decompressed, differs",
            |p| {
                p.route = |p, q, d| match q.target.starts_with("/echo/") {
                    true => echo(p, q, q.target.clone().into()),
                    false => route(p, q, d),
                }
            },
        ),
        row(4, "echoes-small-letters", "4", "", "the case of letters was changed", |p| {
            p.decode = |text| percent_decode(&text.to_lowercase());
        }),
        row(
            4,
            "echoes-32-bytes",
            "4,11",
            "",
            "is only a part of the data counted|The body, decompressed, differs",
            |p| p.decode = |text| percent_decode(&text[..text.len().min(32)]),
        ),
        row(4, "leaves-percent-encoding", "4", "", "the path is percent-encoded", |p| p.decode = |text| text.into()),
        row(4, "echo-anywhere-in-the-path", "4", "", "compare the whole path, not a part", |p| {
            p.route = |p, q, d| match q.target.split_once("/echo/") {
                Some((_, text)) => echo(p, q, (p.decode)(text)),
                None => route(p, q, d),
            }
        }),
        row(4, "echo-anywhere-in-the-head", "4", "", "compare the whole path, not a part of the request", |p| {
            p.route = |p, q, d| match q.head.split_once("/echo/") {
                Some((_, rest)) => echo(p, q, (p.decode)(rest.split_whitespace().next().unwrap_or_default())),
                None => route(p, q, d),
            }
        }),
        row(4, "takes-echo-out-twice", "4", "", "the body is empty", |p| {
            p.route = |p, q, d| match q.target.starts_with("/echo/") {
                true => echo(p, q, (p.decode)(&q.target.replace("/echo", "").replace('/', ""))),
                false => route(p, q, d),
            }
        }),
        row(5, "names-with-case", "5,8-9,11,14", "", "names are compared without case", |p| {
            p.field = |head, name| field(head, |n| n == name);
        }),
        row(5, "names-in-two-spellings", "5,8,14", "", "names are compared without case", |p| {
            p.field = |head, name| field(head, |n| n == name || n == name.to_lowercase());
        }),
        row(5, "names-by-their-end", "5,9", "", "The body differs|must not be there", |p| {
            p.field = |head, name| field(head, |n| n.to_lowercase().ends_with(&name.to_lowercase()));
        }),
        row(
            5,
            "searches-the-head-for-the-name",
            "5,9,12-14",
            "5,12-13",
            "The body differs|must not be there|has another value",
            |p| {
                p.field = |head, name| {
                    let at = head.to_lowercase().find(&name.to_lowercase())? + name.len();
                    let value = head[at..].split("\r\n").next()?;
                    Some(value.trim_start_matches(':').trim().into())
                }
            },
        ),
        row(
            5,
            "agent-by-its-place",
            "5,14",
            "",
            "The body differs|has another value|names are compared without case|The field Connection",
            |p| {
                p.route = |p, q, d| match q.target == "/user-agent" {
                    true => {
                        let line = q.head.split("\r\n").nth(2).unwrap_or_default();
                        Reply::with("text/plain", line.split_once(':').map_or("", |(_, v)| v.trim()).into())
                    }
                    false => route(p, q, d),
                }
            },
        ),
        row(5, "splits-at-every-colon", "5", "", "is only a part of the data counted", |p| {
            p.field = |head, name| {
                let value = (Parts::right().field)(head, name)?;
                value.split(':').next().map(|v| v.trim().into())
            }
        }),
        row(5, "first-word-of-the-value", "5,10-11", "10", "is only a part of the data counted|not found there", |p| {
            p.field = |head, name| {
                let value = (Parts::right().field)(head, name)?;
                value.split(' ').next().map(Into::into)
            }
        }),
        row(5, "splits-at-colon-and-space", "5", "", "The body differs", |p| {
            p.field = |head, name| {
                let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
                fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().into())
            }
        }),
        row(5, "keeps-white-space", "5", "", "white space around the value", |p| {
            p.field = |head, name| {
                let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
                let (_, value) = fields.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
                Some(value.strip_prefix(' ').unwrap_or(value).into())
            }
        }),
        row(5, "value-in-small-letters", "5", "", "the case of letters was changed", |p| {
            p.field = |head, name| (Parts::right().field)(head, name).map(|value| value.to_lowercase());
        }),
        row(5, "agent-in-quotes", "5,12-14", "5,12-13", "The body differs", |p| {
            p.polish = |q, r| {
                if q.target == "/user-agent" {
                    r.set_body([b"\"", &r.body[..], b"\""].concat());
                }
            }
        }),
        row(5, "ends-without-an-agent", "5", "", "ended (exit code 101)", |p| {
            p.route = |p, q, d| match (q.target.as_str(), (p.field)(&q.head, "User-Agent")) {
                ("/user-agent", None) => exit(101),
                _ => route(p, q, d),
            }
        }),
        row(6, "one-client-at-a-time", "6,13-14", "6,13", "is busy with another connection", |p| {
            p.clients = Clients::InTurn;
        }),
        row(6, "one-request-at-a-time", "6,12-14", "6,12-14", "is busy with another connection|stays open", |p| {
            p.clients = Clients::InTurn;
            p.ends = |_, _, _| true;
        }),
        row(6, "pool-of-two", "6,13", "", "is busy with another connection", |p| p.clients = Clients::Pool(2)),
        row(6, "pool-of-four", "6,13", "", "is busy with another connection", |p| p.clients = Clients::Pool(4)),
        row(6, "pool-of-eight", "6,13", "", "is busy with another connection", |p| p.clients = Clients::Pool(8)),
        row(6, "ends-when-a-client-resets", "6", "", "ended (exit code 1)", |p| {
            p.fill = |stream, buffer| (Parts::right().fill)(stream, buffer).map_err(|_| exit(1));
        }),
        row(6, "shares-the-last-text", "6,13", "", "The body differs", |p| {
            p.route = |p, q, d| {
                static TEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
                let mut reply = route(p, q, d);
                if !reply.body.is_empty() {
                    *TEXT.lock().unwrap() = reply.body.clone();
                    thread::sleep(Duration::from_millis(20));
                    reply.set_body(TEXT.lock().unwrap().clone());
                }
                reply
            }
        }),
    ]
}

fn rest_forever() -> ! {
    loop {
        thread::park();
    }
}
