use std::net::{Shutdown, TcpStream};
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{
    Cause::{Id, NoCause},
    Row, at_least, row,
};
use crate::server::Parts;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("ag9", "closes-after-a-response", &["ag9..kh7"], &["ag9..kh7"], &[Id("closed-after-response")], |p| {
            p.ends = |_, _, _| true;
        }),
        row(
            "ag9",
            "closes-after-a-response-and-says-so",
            &["ag9..kh7"],
            &["ag9..kh7"],
            &[Id("close-unasked"), Id("closed-after-response")],
            |p| {
                p.polish = |_, r| r.set("Connection", "close");
                p.ends = |_, _, _| true;
            },
        ),
        row("ag9", "says-close-and-stays", &["ag9..kh7"], &[], &[Id("close-unasked")], |p| {
            p.polish = |_, r| r.set("Connection", "close");
        }),
        row("ag9", "closes-after-two-responses", &["ag9..kh7"], &[], &[Id("closed-after-response")], |p| {
            p.ends = |asked, number, _| asked || number == 2;
        }),
        row("ag9", "answers-once-and-stays-silent", &["ag9..kh7"], &["ag9..kh7"], &[Id("waits-or-busy")], |p| {
            p.ends = |_, _, _| true;
            p.close = |stream| {
                thread::sleep(Duration::from_secs(20));
                drop(stream);
            };
        }),
        row(
            "ag9",
            "waits-80-ms-for-a-request",
            at_least(&["ag9", "ul1"]),
            at_least(&[]),
            &[Id("closed-after-response"), Id("closed-unasked"), Id("gave-up")],
            |p| {
                p.patience = Some(Duration::from_millis(80));
            },
        ),
        row(
            "ag9",
            "no-length-of-nothing",
            &["ap6", "ag9..kh7"],
            &[],
            &[Id("field-not-written"), Id("no-length")],
            |p| {
                p.polish = |_, r| {
                    if r.body.is_empty() {
                        r.drop("Content-Length");
                    }
                }
            },
        ),
        row("ag9", "forgets-what-it-has-read", &["ag9"], &[], &[Id("rest-of-read")], |p| p.rest = Vec::clear),
        row(
            "ag9",
            "closes-after-404",
            &["ag9", "ul1"],
            &[],
            &[Id("closed-after-response"), Id("closed-unasked")],
            |p| {
                p.write = |stream, bytes| {
                    std::io::Write::write_all(stream, bytes)?;
                    if bytes.starts_with(b"HTTP/1.1 404") { stream.shutdown(Shutdown::Both) } else { Ok(()) }
                }
            },
        ),
        row("ag9", "close-for-any-connection-field", &["ag9"], &[], &[Id("close-unasked")], |p| {
            p.asks_to_close = |_| true;
        }),
        row("ul1", "shares-the-buffer", &["ej5", "ul1"], &[], &[Id("taken-for-malformed")], |p| {
            p.fill = |stream, buffer| {
                static SHARED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
                let mut piece = Vec::new();
                let n = (Parts::right().fill)(stream, &mut piece)?;
                let mut shared = SHARED.lock().unwrap();
                shared.append(&mut piece);
                if (Parts::right().head_end)(&shared).is_some() {
                    buffer.append(&mut shared);
                }
                Ok(n)
            }
        }),
        row(
            "ul1",
            "holds-a-lock-while-it-reads",
            &["ej5", "ul1", "kh7"],
            &["ej5", "ul1"],
            &[Id("waits-or-busy")],
            |p| {
                p.fill = |stream, buffer| {
                    static LOCK: Mutex<()> = Mutex::new(());
                    let _locked = LOCK.lock().unwrap();
                    (Parts::right().fill)(stream, buffer)
                }
            },
        ),
        row(
            "ul1",
            "remembers-the-first-agent",
            &["fs3", "ag9", "ul1"],
            &["ul1"],
            &[Id("ag9/earlier-value"), Id("fs3/earlier-value"), Id("ul1/earlier-value")],
            |p| {
                p.polish = |q, r| {
                    static AGENT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
                    let mut agent = AGENT.lock().unwrap();
                    if q.target == "/user-agent" {
                        if agent.is_empty() {
                            *agent = r.body.clone();
                        }
                        r.set_body(agent.clone());
                    }
                }
            },
        ),
        row(
            "ul1",
            "closes-after-three-responses",
            &["ag9..kh7"],
            &[],
            &[Id("closed-after-response"), Id("closed-unasked")],
            |p| {
                p.ends = |asked, number, _| asked || number == 3;
            },
        ),
        row("kh7", "does-not-close", &["kh7"], &["kh7"], &[Id("close-not-said")], |p| p.asks_to_close = |_| false),
        row("kh7", "says-close-and-does-not", &["kh7"], &["kh7"], &[Id("close-not-done")], |p| {
            p.ends = |_, _, _| false;
        }),
        row("kh7", "closes-and-does-not-say-so", &["kh7"], &["kh7"], &[Id("close-not-said")], |p| {
            p.polish = |_, r| r.drop("Connection");
        }),
        row("kh7", "closes-instead-of-answering", &["kh7"], &["kh7"], &[Id("closed-after-response")], |p| {
            p.write = |stream, bytes| {
                if bytes.windows(17).any(|w| w == b"Connection: close") {
                    stream.shutdown(Shutdown::Both)
                } else {
                    std::io::Write::write_all(stream, bytes)
                }
            }
        }),
        row("kh7", "says-keep-alive-and-closes", &["kh7"], &["kh7"], &[NoCause("field-value")], |p| {
            p.polish = |_, r| {
                if r.has("Connection") {
                    r.set("Connection", "keep-alive");
                }
            }
        }),
        row("kh7", "says-close-in-capitals", &["kh7"], &[], &[Id("value-case")], |p| {
            p.polish = |_, r| {
                if r.has("Connection") {
                    r.set("Connection", "Close");
                }
            }
        }),
        row("kh7", "close-with-case", &["kh7"], &[], &[Id("field-name-case")], |p| {
            p.asks_to_close = |value| value == "close";
        }),
        row("kh7", "connection-with-case", &["kh7"], &[], &[Id("field-name-case")], |p| {
            p.field = |head, name| {
                if name == "Connection" && !head.contains("\r\nConnection:") {
                    None
                } else {
                    (Parts::right().field)(head, name)
                }
            }
        }),
        row("kh7", "says-close-with-200-only", &["kh7"], &[], &[Id("field-name-case")], |p| {
            p.polish = |_, r| {
                if !r.status_line.contains("200") {
                    r.drop("Connection");
                }
            }
        }),
        row("kh7", "answers-after-the-last-request", &["kh7"], &[], &[Id("answered-after-close")], |p| {
            p.ends = |asked, _, more| asked && more == 0;
        }),
        row("kh7", "ends-with-the-connection", &["kh7"], &[], &[NoCause("died")], |p| {
            p.close = |stream| {
                drop(stream);
                exit(0)
            }
        }),
        row("kh7", "keeps-a-second-handle", &["kh7"], &["kh7"], &[Id("close-not-done")], |p| p.close = keep),
        row("kh7", "closes-in-three-seconds", &["kh7"], &["kh7"], &[Id("close-not-done")], |p| {
            p.ends = |_, _, _| false;
            p.patience = Some(Duration::from_secs(3));
        }),
    ]
}

fn keep(stream: TcpStream) {
    static KEPT: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
    KEPT.lock().unwrap().push(stream);
}
