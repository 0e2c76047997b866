use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{
    Cause::{Id, NoCause},
    Row, own, right,
};
use crate::server::{Parts, Reply, write_unless_void};

/// The track `pipelining`.
pub(crate) fn rows() -> Vec<Row> {
    [together(), order(), closing(), variants()].into_iter().flatten().collect()
}

/// Whether a whole head is in the buffer.
fn is_whole(rest: &[u8]) -> bool {
    (Parts::right().head_end)(rest).is_some()
}

fn together() -> Vec<Row> {
    vec![
        own("pi1", "forgets-the-second-request", &["pi1", "pi2", "pi3"], &[Id("rest-of-read")], |p| {
            p.rest = Vec::clear;
        }),
        own("pi1", "reads-before-it-looks", &["pi1", "pi2", "pi3"], &[Id("rest-of-read")], |p| {
            p.pipelining.reads_first = true;
        }),
        own(
            "pi1",
            "all-of-a-read-is-one-request",
            &["pi1", "pi2", "pi3"],
            &[Id("rest-of-read"), Id("waits-or-busy")],
            |p| {
                p.head_end = |buffer| buffer.windows(4).rposition(|w| w == b"\r\n\r\n").map(|at| at + 4);
            },
        ),
        // What differs in each response alike has nothing to do with their order.
        own("pi1", "text-with-a-charset", &["pi1", "pi2", "pi3"], &[NoCause("field-value")], |p| {
            p.polish = |_, r| {
                if r.fields.iter().any(|(_, value)| value == "text/plain") {
                    r.set("Content-Type", "text/plain; charset=utf-8");
                }
            }
        }),
        own("pi1", "holds-answers-until-nothing-is-left", &["pi1"], &[Id("rest-of-read")], |p| {
            p.pipelining.holds = |rest| !rest.is_empty();
        }),
        own("pi1", "five-requests-are-enough", &["pi1", "pi2"], &[Id("closed-after-response")], |p| {
            p.ends = |asked, number, _| asked || number == 5;
        }),
        own("pi1", "leaves-content-among-requests", &["pi1", "pi2", "pi3"], &[Id("pipelining/content-left")], |p| {
            p.bodies.sized = |_, _, buffer, _, _, length| Some(buffer[..length.min(buffer.len())].to_vec());
        }),
        own(
            "pi1",
            "keeps-a-kilobyte",
            &["pi1", "pi2", "pi3"],
            &[Id("closed-after-response"), Id("rest-of-read")],
            |p| {
                p.rest = |rest| rest.truncate(100);
            },
        ),
    ]
}

fn order() -> Vec<Row> {
    vec![
        own(
            "pi2",
            "small-answers-first",
            &["pi1", "pi2", "pi3"],
            &[Id("pi1/another-response"), Id("pipelining/another-response")],
            |p| {
                p.pipelining.holds = is_whole;
                p.pipelining.order = |answers| answers.sort_by_key(Vec::len);
            },
        ),
        own("pi2", "files-are-last", &["pi1", "pi2"], &[Id("pipelining/another-response")], |p| {
            p.pipelining.holds = is_whole;
            p.pipelining.order = |answers| {
                answers.sort_by_key(|answer| String::from_utf8_lossy(answer).contains("octet-stream"));
            };
        }),
        own(
            "pi2",
            "last-come-first-served",
            &["pi1", "pi2", "pi3"],
            &[Id("pi1/another-response"), Id("pi2/another-response"), Id("pipelining/another-response")],
            |p| {
                p.pipelining.holds = is_whole;
                p.pipelining.order = |answers| answers.reverse();
            },
        ),
        own("pi2", "stores-later", &["pi1", "pi2", "pi3"], &[Id("file-not-written"), Id("pi2/effect-too-late")], |p| {
            p.save = |path, body| {
                let (path, body) = (path.to_owned(), body.to_vec());
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(100));
                    fs::write(path, body)
                });
                Ok(())
            };
        }),
        own("pi2", "remembers-files", &["pi2"], &[Id("pi2/effect-too-late")], |p| {
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
        own("pi2", "one-answer-at-a-time", &["pi2"], &[Id("waits-or-busy")], |p| {
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
        own("pi3", "answers-what-is-behind-the-end", &["pi3"], &[Id("answered-after-close")], |p| {
            p.ends = |asked, _, more| asked && more == 0;
        }),
        own("pi3", "obeys-what-is-behind-the-end", &["pi3"], &[Id("file-outside")], |p| {
            p.polish = |_, r| {
                if ASKED.get() {
                    r.status_line.clear();
                }
                ASKED.set(ASKED.get() || r.has("Connection"));
            };
            p.write = write_unless_void;
            p.ends = |_, _, more| ASKED.get() && more == 0;
        }),
        own(
            "pi3",
            "closes-with-bytes-unread",
            &["pi3"],
            &[Id("closed-after-response"), Id("closed-unasked"), Id("closed-unread"), Id("gave-up")],
            |p| {
                p.close = drop;
            },
        ),
        own("pi3", "says-close-and-goes-on", &["pi3"], &[Id("answered-after-close")], |p| p.ends = |_, _, _| false),
        own("pi3", "closes-before-the-answer", &["pi3"], &[Id("closed-after-response")], |p| {
            p.write = |stream, bytes| {
                if String::from_utf8_lossy(bytes).contains("Connection: close") {
                    stream.shutdown(std::net::Shutdown::Both)
                } else {
                    stream.write_all(bytes)
                }
            }
        }),
        own("pi3", "answers-nonsense", &["pi3"], &[Id("not-a-request")], |p| {
            p.request_line = |line| (Parts::right().request_line)(line).or(Some(("GET".into(), "/".into())));
            p.hostile.split = |_| (vec!["GET", "/", "HTTP/1.1"], vec![("Host", "localhost")]);
        }),
        own("pi3", "leaves-with-the-last-byte", &["pi3"], &[Id("gave-up")], |p| {
            p.fill = |stream, buffer| {
                let n = (Parts::right().fill)(stream, buffer)?;
                thread::sleep(Duration::from_millis(30));
                stream.set_nonblocking(true)?;
                let gone = matches!(stream.peek(&mut [0]), Ok(0));
                stream.set_nonblocking(false)?;
                Ok(if gone { 0 } else { n })
            }
        }),
        own("pi3", "takes-a-half-for-a-whole", &["pi3"], &[Id("not-a-request")], |p| {
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
