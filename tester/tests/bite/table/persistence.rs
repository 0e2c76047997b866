use std::net::{Shutdown, TcpStream};
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{Row, row};
use crate::server::Parts;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(12, "closes-after-a-response", "12-14", "12-14", "stays open", |p| p.ends = |_, _, _| true),
        row(12, "closes-after-a-response-and-says-so", "12-14", "12-14", "is to stay open", |p| {
            p.polish = |_, r| r.set("Connection", "close");
            p.ends = |_, _, _| true;
        }),
        row(12, "says-close-and-stays", "12-14", "", "is to stay open", |p| {
            p.polish = |_, r| r.set("Connection", "close");
        }),
        row(12, "closes-after-two-responses", "12-14", "", "stays open", |p| {
            p.ends = |asked, number, _| asked || number == 2;
        }),
        row(12, "answers-once-and-stays-silent", "12-14", "12-14", "No response within", |p| {
            p.ends = |_, _, _| true;
            p.close = |stream| {
                thread::sleep(Duration::from_secs(20));
                drop(stream);
            };
        }),
        row(12, "waits-80-ms-for-a-request", "12-13+", "+", "stays open|too little time", |p| {
            p.patience = Some(Duration::from_millis(80));
        }),
        row(
            12,
            "no-length-of-nothing",
            "7,12-14",
            "",
            "The field Content-Length is missing|send `Content-Length`, also with an empty body",
            |p| {
                p.polish = |_, r| {
                    if r.body.is_empty() {
                        r.drop("Content-Length");
                    }
                }
            },
        ),
        row(12, "forgets-what-it-has-read", "12", "", "No response within", |p| p.rest = Vec::clear),
        row(12, "closes-after-404", "12-13", "", "stays open", |p| {
            p.write = |stream, bytes| {
                std::io::Write::write_all(stream, bytes)?;
                match bytes.starts_with(b"HTTP/1.1 404") {
                    true => stream.shutdown(Shutdown::Both),
                    false => Ok(()),
                }
            }
        }),
        row(12, "close-for-any-connection-field", "12", "", "is to stay open", |p| p.asks_to_close = |_| true),
        row(13, "shares-the-buffer", "6,13", "", "the request is taken for malformed", |p| {
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
        row(13, "holds-a-lock-while-it-reads", "6,13-14", "6,13", "is busy with another connection", |p| {
            p.fill = |stream, buffer| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _locked = LOCK.lock().unwrap();
                (Parts::right().fill)(stream, buffer)
            }
        }),
        row(13, "remembers-the-first-agent", "5,12-13", "13", "The body differs|has another value", |p| {
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
        }),
        row(13, "closes-after-three-responses", "12-14", "", "stays open", |p| {
            p.ends = |asked, number, _| asked || number == 3;
        }),
        row(14, "does-not-close", "14", "14", "the answer must say so as well", |p| p.asks_to_close = |_| false),
        row(14, "says-close-and-does-not", "14", "14", "should be closed", |p| p.ends = |_, _, _| false),
        row(14, "closes-and-does-not-say-so", "14", "14", "the answer must say so as well", |p| {
            p.polish = |_, r| r.drop("Connection");
        }),
        row(14, "closes-instead-of-answering", "14", "14", "closed without a response", |p| {
            p.write = |stream, bytes| match bytes.windows(17).any(|w| w == b"Connection: close") {
                true => stream.shutdown(Shutdown::Both),
                false => std::io::Write::write_all(stream, bytes),
            }
        }),
        row(14, "says-keep-alive-and-closes", "14", "14", "The field Connection has another value", |p| {
            p.polish = |_, r| {
                if r.has("Connection") {
                    r.set("Connection", "keep-alive");
                }
            }
        }),
        row(14, "says-close-in-capitals", "14", "", "Connection differs in upper and lower case", |p| {
            p.polish = |_, r| {
                if r.has("Connection") {
                    r.set("Connection", "Close");
                }
            }
        }),
        row(14, "close-with-case", "14", "", "The field Connection is missing", |p| {
            p.asks_to_close = |value| value == "close";
        }),
        row(14, "connection-with-case", "14", "", "The field Connection is missing", |p| {
            p.field = |head, name| match name == "Connection" && !head.contains("\r\nConnection:") {
                true => None,
                false => (Parts::right().field)(head, name),
            }
        }),
        row(14, "says-close-with-200-only", "14", "", "The field Connection is missing", |p| {
            p.polish = |_, r| {
                if !r.status_line.contains("200") {
                    r.drop("Connection");
                }
            }
        }),
        row(14, "answers-after-the-last-request", "14", "", "a second response was sent", |p| {
            p.ends = |asked, _, more| asked && more == 0;
        }),
        row(14, "ends-with-the-connection", "14", "", "ended (exit code 0)", |p| {
            p.close = |stream| {
                drop(stream);
                exit(0)
            }
        }),
        row(14, "keeps-a-second-handle", "14", "14", "should be closed", |p| p.close = keep),
        row(14, "closes-in-three-seconds", "14", "14", "should be closed", |p| {
            p.ends = |_, _, _| false;
            p.patience = Some(Duration::from_secs(3));
        }),
    ]
}

fn keep(stream: TcpStream) {
    static KEPT: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
    KEPT.lock().unwrap().push(stream);
}
