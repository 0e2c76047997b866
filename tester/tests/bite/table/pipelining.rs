use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{Row, own, right};
use crate::server::{Parts, Reply, write_unless_void};

/// Stages 38 to 40.
pub(crate) fn rows() -> Vec<Row> {
    [together(), order(), closing(), variants()].into_iter().flatten().collect()
}

/// Whether a whole head is in the buffer.
fn is_whole(rest: &[u8]) -> bool {
    (Parts::right().head_end)(rest).is_some()
}

fn together() -> Vec<Row> {
    vec![
        own(38, "forgets-the-second-request", "38-40", "kept for the next|closed without a response", |p| {
            p.rest = Vec::clear;
        }),
        own(38, "reads-before-it-looks", "38-40", "kept for the next|closed without a response", |p| {
            p.pipelining.reads_first = true;
        }),
        own(38, "all-of-a-read-is-one-request", "38-40", "kept for the next|waits for more of the request", |p| {
            p.head_end = |buffer| buffer.windows(4).rposition(|w| w == b"\r\n\r\n").map(|at| at + 4);
        }),
        own(38, "holds-answers-until-nothing-is-left", "38", "kept for the next|No response", |p| {
            p.pipelining.holds = |rest| !rest.is_empty();
        }),
        own(38, "five-requests-are-enough", "38-39", "stays open", |p| {
            p.ends = |asked, number, _| asked || number == 5;
        }),
        own(
            38,
            "leaves-content-among-requests",
            "38-40",
            "another value|differs|not 200|not 201|not one of|more bytes",
            |p| {
                p.bodies.sized = |_, _, buffer, _, _, length| Some(buffer[..length.min(buffer.len())].to_vec());
            },
        ),
        own(
            38,
            "keeps-a-kilobyte",
            "38-40",
            "kept for the next|No response|not 201|cut short|another value|closed",
            |p| {
                p.rest = |rest| rest.truncate(100);
            },
        ),
    ]
}

fn order() -> Vec<Row> {
    vec![
        own(39, "small-answers-first", "38-40", "in the order of the requests|not recognised", |p| {
            p.pipelining.holds = is_whole;
            p.pipelining.order = |answers| answers.sort_by_key(Vec::len);
        }),
        own(39, "files-are-last", "38-39", "in the order of the requests|not recognised", |p| {
            p.pipelining.holds = is_whole;
            p.pipelining.order = |answers| {
                answers.sort_by_key(|answer| String::from_utf8_lossy(answer).contains("octet-stream"));
            };
        }),
        own(39, "last-come-first-served", "38-40", "in the order of the requests", |p| {
            p.pipelining.holds = is_whole;
            p.pipelining.order = |answers| answers.reverse();
        }),
        own(39, "stores-later", "38-40", "is not there|The status is 404", |p| {
            p.save = |path, body| {
                let (path, body) = (path.to_owned(), body.to_vec());
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(100));
                    fs::write(path, body)
                });
                Ok(())
            };
        }),
        own(39, "remembers-files", "39", "before the request ahead of it was carried out", |p| {
            p.load = |path| {
                static KNOWN: Mutex<Option<HashMap<PathBuf, Vec<u8>>>> = Mutex::new(None);
                let mut known = KNOWN.lock().unwrap();
                let known = known.get_or_insert_default();
                if !known.contains_key(path) {
                    known.insert(path.to_owned(), fs::read(path)?);
                }
                Ok(known[path].clone())
            }
        }),
        own(39, "one-answer-at-a-time", "39", "is busy with another connection", |p| {
            p.write = |stream, bytes| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _locked = LOCK.lock().unwrap();
                stream.write_all(bytes)
            }
        }),
    ]
}

thread_local! {
    /// Whether the client of this thread has asked for the end.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

fn closing() -> Vec<Row> {
    vec![
        own(
            40,
            "answers-what-is-behind-the-end",
            "40",
            "what comes behind a request with `Connection: close`|after an answer with `Connection: close`",
            |p| {
                p.ends = |asked, _, more| asked && more == 0;
            },
        ),
        own(40, "obeys-what-is-behind-the-end", "40", "nobody asked for", |p| {
            p.polish = |_, r| {
                if ASKED.get() {
                    r.status_line.clear();
                }
                ASKED.set(ASKED.get() || r.has("Connection"));
            };
            p.write = write_unless_void;
            p.ends = |_, _, more| ASKED.get() && more == 0;
        }),
        own(40, "closes-with-bytes-unread", "40", "before it had read everything|gave up|stays open", |p| {
            p.close = drop;
        }),
        own(
            40,
            "says-close-and-goes-on",
            "40",
            "what comes behind a request with `Connection: close`|after an answer with `Connection: close`",
            |p| p.ends = |_, _, _| false,
        ),
        own(40, "closes-before-the-answer", "40", "closed without a response|stays open", |p| {
            p.write = |stream, bytes| match String::from_utf8_lossy(bytes).contains("Connection: close") {
                true => stream.shutdown(std::net::Shutdown::Both),
                false => stream.write_all(bytes),
            }
        }),
        own(40, "answers-nonsense", "40", "this was no request", |p| {
            p.request_line = |line| (Parts::right().request_line)(line).or(Some(("GET".into(), "/".into())));
            p.hostile.split = |_| (vec!["GET", "/", "HTTP/1.1"], vec![("Host", "localhost")]);
        }),
        own(40, "leaves-with-the-last-byte", "40", "gave up on this request", |p| {
            p.fill = |stream, buffer| {
                let n = (Parts::right().fill)(stream, buffer)?;
                thread::sleep(Duration::from_millis(30));
                stream.set_nonblocking(true)?;
                let gone = matches!(stream.peek(&mut [0]), Ok(0));
                stream.set_nonblocking(false)?;
                Ok(if gone { 0 } else { n })
            }
        }),
        own(40, "takes-a-half-for-a-whole", "40", "this was no request|more bytes", |p| {
            p.fill = |stream, buffer| {
                let n = (Parts::right().fill)(stream, buffer)?;
                if n == 0 && !buffer.is_empty() {
                    buffer.extend(b"\r\n\r\n");
                    return Ok(4);
                }
                Ok(n)
            }
        }),
    ]
}

fn variants() -> Vec<Row> {
    vec![
        right("pipelining", |_| ()),
        right("answers-in-one-write", |p| p.pipelining.holds = is_whole),
        right("reads-a-few-bytes", |p| {
            p.fill = |stream, buffer| {
                let mut piece = [0; 61];
                let n = std::io::Read::read(stream, &mut piece)?;
                buffer.extend_from_slice(&piece[..n]);
                Ok(n)
            }
        }),
        right("hangs-up-at-nonsense", |p| p.nonsense = || None),
        right("says-why-it-closes", |p| {
            p.nonsense = || {
                let mut reply = Reply::with("text/plain", b"That was no request.\n".to_vec());
                reply.status_line = "HTTP/1.1 400 What?".into();
                reply.set("Connection", "close");
                Some(reply)
            }
        }),
        right("answers-a-half-with-400", |p| {
            p.fill = |stream, buffer| {
                let n = (Parts::right().fill)(stream, buffer)?;
                if n == 0 && !buffer.is_empty() {
                    *buffer = b"?\r\n\r\n".to_vec();
                    return Ok(1);
                }
                Ok(n)
            }
        }),
    ]
}
