use std::io::Write;
use std::net::{Shutdown, TcpListener, UdpSocket};
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{
    Cause::{Id, NoCause},
    Row, row,
};
use crate::server::{Clients, Parts, Reply, route};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("at4", "exits-before-it-listens", &["at4"], &["at4"], &[NoCause("not-started")], |p| {
            p.listen = |_| {
                eprintln!("cannot read settings.toml");
                exit(3)
            }
        }),
        row("at4", "panics-at-the-start", &["at4"], &["at4"], &[NoCause("not-started")], |p| {
            p.listen = |_| panic!("no port given");
        }),
        row("at4", "listens-next-door", &["at4"], &["at4"], &[Id("listens-elsewhere")], |p| {
            p.listen = |port| TcpListener::bind(("127.0.0.1", port + 1)).unwrap();
        }),
        row("at4", "listens-on-udp", &["at4"], &["at4"], &[Id("listens-elsewhere")], |p| {
            p.listen = |port| {
                let _socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
                rest_forever()
            }
        }),
        row("at4", "stops-listening-at-once", &["at4"], &["at4"], &[Id("listens-elsewhere")], |p| {
            p.listen = |port| {
                drop(TcpListener::bind(("127.0.0.1", port)).unwrap());
                rest_forever()
            }
        }),
        row("ia4", "line-feed-alone", &["ia4..kh7"], &["ia4..kh7"], &[Id("line-ends-not-cr-lf")], |p| {
            p.polish = |_, r| (r.eol, r.blank) = ("\n", "\n");
        }),
        row("ia4", "line-feed-after-the-head", &["ia4..kh7"], &["ia4..kh7"], &[Id("line-ends-not-cr-lf")], |p| {
            p.polish = |_, r| r.blank = "\n";
        }),
        row("ia4", "no-empty-line", &["ia4..kh7"], &["ia4..kh7"], &[Id("head-unfinished")], |p| {
            p.polish = |_, r| r.blank = "";
            p.ends = |_, _, _| true;
        }),
        row("ia4", "reason-in-small-letters", &["ia4..kh7"], &["ia4..kh7"], &[Id("status-line-bytes")], |p| {
            p.polish = |_, r| r.status_line = r.status_line[..9].to_string() + &r.status_line[9..].to_lowercase();
        }),
        row("ia4", "no-reason", &["ia4..kh7"], &["ia4..kh7"], &[Id("status-line-bytes")], |p| {
            p.polish = |_, r| r.status_line.truncate("HTTP/1.1 200 ".len());
        }),
        row("ia4", "version-1.0", &["ia4..kh7"], &["ia4..kh7"], &[Id("status-line-bytes")], |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("1.1", "1.0");
        }),
        row("ia4", "two-spaces", &["ia4..kh7"], &["ia4..kh7"], &[NoCause("status-not-three-digits")], |p| {
            p.polish = |_, r| r.status_line.insert(8, ' ');
        }),
        row("ia4", "no-version", &["ia4..kh7"], &["ia4..kh7"], &[Id("bytes-left-over")], |p| {
            p.polish = |_, r| drop(r.status_line.drain(..9));
        }),
        row("ia4", "greets-before-it-answers", &["ia4..kh7"], &["ia4..kh7"], &[Id("bytes-left-over")], |p| {
            p.greeting = "Welcome!\r\n";
        }),
        row("ia4", "closes-without-an-answer", &["ia4..kh7"], &["ia4..kh7"], &[Id("gave-up")], |p| {
            p.write = |stream, _| stream.shutdown(Shutdown::Both);
        }),
        row("ia4", "body-where-none-is-shown", &["ia4..qv8", "ag9..kh7"], &[], &[Id("no-body-shown")], |p| {
            p.polish = |_, r| {
                if r.body.is_empty() {
                    r.set_body(r.status_line[9..].into());
                }
            }
        }),
        row("ia4", "line-feed-after-the-end", &["ia4..kh7"], &[], &[Id("line-end-after-body")], |p| {
            p.write = |stream, bytes| stream.write_all(&[bytes, b"\n"].concat());
        }),
        row(
            "ia4",
            "status-204",
            &["ia4..cn2", "ej5", "ag9", "kh7"],
            &["ia4", "ej5", "kh7"],
            &[NoCause("status")],
            |p| {
                p.route = |p, q, d| match q.target.as_str() {
                    "/" => Reply::empty("204 No Content"),
                    _ => route(p, q, d),
                }
            },
        ),
        row("ia4", "names-its-framework", &["ia4..kh7"], &[], &[Id("field-not-shown")], |p| {
            p.polish = |_, r| r.set("X-Powered-By", "Express");
        }),
        row(
            "ih0",
            "finds-everything",
            &["ih0..fs3", "ap6", "qv8", "ag9..kh7"],
            &["ih0", "ap6"],
            &[Id("base/no-such-file"), Id("out-of-directory"), Id("unknown-path-taken")],
            |p| {
                p.route = |p, q, d| match route(p, q, d) {
                    r if r.status_line.contains("404") => Reply::empty("200 OK"),
                    r => r,
                }
            },
        ),
        row(
            "ih0",
            "finds-nothing",
            &["ia4..kh7"],
            &["ia4", "cn2..kh7"],
            &[Id("base/file-not-found"), Id("not-recognised")],
            |p| {
                p.route = |_, _, _| Reply::empty("404 Not Found");
            },
        ),
        row(
            "ih0",
            "serves-one-client-and-ends",
            &["ih0..cr8", "ul1", "kh7"],
            &["ej5", "ap6", "df4", "ij8", "ul1"],
            &[Id("waits-or-busy"), NoCause("died")],
            |p| p.clients = Clients::First,
        ),
        row(
            "ih0",
            "one-read-is-a-request",
            &["ih0..ej5", "qv8", "ag9", "ul1"],
            &[],
            &[Id("content-taken-for-request"), Id("head-in-pieces"), Id("file-empty")],
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
            },
        ),
        row(
            "ih0",
            "gives-up-at-a-piece",
            &["ih0..ej5", "qv8", "ag9", "ul1"],
            &[],
            &[Id("closed-after-response"), Id("file-empty"), Id("head-in-pieces")],
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || None;
            },
        ),
        row(
            "ih0",
            "ends-at-a-piece",
            &["ih0..ej5", "qv8", "ag9", "ul1"],
            &[],
            &[Id("file-empty"), Id("head-in-pieces"), NoCause("died")],
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || exit(101);
            },
        ),
        row(
            "ih0",
            "finds-no-page-for-a-piece",
            &["ih0..ej5", "qv8", "ag9", "ul1"],
            &[],
            &[Id("content-taken-for-request"), Id("head-in-pieces"), Id("file-empty")],
            |p| {
                p.head_end = |b| (!b.is_empty()).then(|| (Parts::right().head_end)(b).unwrap_or(b.len()));
                p.nonsense = || Some(Reply::empty("404 Not Found"));
            },
        ),
        row("ih0", "says-404-ok", &["ih0..fs3", "ap6", "ag9..kh7"], &["ih0", "ap6"], &[Id("status-line-bytes")], |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("404 Not Found", "404 OK");
        }),
        row(
            "ih0",
            "says-not-found-with-200",
            &["ih0..fs3", "ap6", "qv8", "ag9..kh7"],
            &["ih0", "ap6"],
            &[Id("base/no-such-file"), Id("out-of-directory"), Id("unknown-path-taken")],
            |p| p.polish = |_, r| r.status_line = r.status_line.replace("404", "200"),
        ),
        row("ih0", "searches-the-head-for-the-path", &["ih0"], &[], &[Id("unknown-path-taken")], |p| {
            p.route = |p, q, d| if q.head.contains("GET / ") { Reply::empty("200 OK") } else { route(p, q, d) }
        }),
        row(
            "ih0",
            "ends-when-a-client-leaves",
            &["ih0..cr8", "ul1", "kh7"],
            &["ej5", "ap6", "df4", "ij8", "ul1"],
            &[Id("waits-or-busy"), NoCause("died")],
            |p| {
                p.clients = Clients::InTurn;
                p.left = || exit(1);
            },
        ),
        row("ih0", "ends-at-nonsense", &["ih0"], &[], &[NoCause("died")], |p| p.nonsense = || exit(101)),
        row(
            "ih0",
            "spins-when-a-client-leaves",
            &["ih0", "ej5", "ag9..kh7"],
            &["ej5", "ag9..kh7"],
            &[Id("closed-after-response"), Id("waits-or-busy")],
            |p| {
                p.clients = Clients::InTurn;
                p.left = || rest_forever();
                p.ends = |_, _, _| true;
            },
        ),
        row("ih0", "answers-nonsense-with-200", &["ih0"], &[], &[Id("flaw-request-line")], |p| {
            p.nonsense = || Some(Reply::empty("200 OK"));
        }),
        row(
            "ia4",
            "answers-twice",
            &["ia4..kh7"],
            &[],
            &[Id("second-response"), Id("content-taken-for-request")],
            |p| {
                p.write = |stream, bytes| stream.write_all(&[bytes, bytes].concat());
            },
        ),
        row("ej5", "one-client-at-a-time", &["ej5", "ul1", "kh7"], &["ej5", "ul1"], &[Id("waits-or-busy")], |p| {
            p.clients = Clients::InTurn;
        }),
        row(
            "ej5",
            "one-request-at-a-time",
            &["ej5", "ag9..kh7"],
            &["ej5", "ag9..kh7"],
            &[Id("closed-after-response"), Id("waits-or-busy")],
            |p| {
                p.clients = Clients::InTurn;
                p.ends = |_, _, _| true;
            },
        ),
        row("ej5", "pool-of-two", &["ej5", "ul1"], &[], &[Id("waits-or-busy")], |p| p.clients = Clients::Pool(2)),
        row("ej5", "pool-of-four", &["ej5", "ul1"], &[], &[Id("waits-or-busy")], |p| p.clients = Clients::Pool(4)),
        row("ej5", "pool-of-eight", &["ej5", "ul1"], &[], &[Id("waits-or-busy")], |p| p.clients = Clients::Pool(8)),
        row("ej5", "ends-when-a-client-resets", &["ej5"], &[], &[NoCause("died")], |p| {
            p.fill = |stream, buffer| (Parts::right().fill)(stream, buffer).map_err(|_| exit(1));
        }),
        row("ej5", "shares-the-last-text", &["ej5", "ul1"], &[], &[NoCause("body")], |p| {
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
