use std::fs;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{
    Cause::{Id, NoCause},
    Row, at_least, own, right,
};
use crate::server::bodies::{Bodies, Broken, line, more};
use crate::server::{Parts, Reply, Request, Site, write_unless_void};

/// The track `bodies`.
pub(crate) fn rows() -> Vec<Row> {
    [pieces(), chunks(), expectations(), broken_off(), variants()].into_iter().flatten().collect()
}

fn pieces() -> Vec<Row> {
    vec![
        own(
            "bo1",
            "content-is-one-read",
            &["bo1", "bo3", "bo4"],
            &[Id("answered-half-the-content"), Id("bodies/void")],
            |p| {
                p.body = |stream, buffer, length| {
                    if buffer.len() < length {
                        let _ = (Parts::right().fill)(stream, buffer);
                    }
                    Some(buffer.drain(..length.min(buffer.len())).collect())
                }
            },
        ),
        own(
            "bo1",
            "pieces-are-text",
            &["bo1", "bo2", "bo4"],
            &[Id("bodies/chunks-well-formed"), Id("not-utf-8"), Id("content-taken-for-request")],
            |p| {
                p.fill = |stream, buffer| {
                    let mut piece = Vec::new();
                    let n = (Parts::right().fill)(stream, &mut piece)?;
                    buffer.extend(String::from_utf8_lossy(&piece).bytes());
                    Ok(n)
                }
            },
        ),
        own(
            "bo1",
            "answers-before-the-content",
            &["bo1", "bo3", "bo4"],
            &[
                Id("answered-half-the-content"),
                Id("bodies/void"),
                Id("file-not-written"),
                Id("content-taken-for-request"),
            ],
            |p| {
                p.bodies.sized = |p, stream, buffer, request, site, length| {
                    if request.method == "POST" {
                        let _ = stream.write_all(&b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"[..]);
                    }
                    (Bodies::right().sized)(p, stream, buffer, request, site, length)
                };
                p.polish = |q, r| {
                    if q.method == "POST" && !q.head.contains("Transfer-Encoding") {
                        r.status_line.clear();
                    }
                };
                p.write = write_unless_void;
            },
        ),
        own("bo1", "takes-what-is-there-as-content", &["bo1"], &[Id("rest-of-read")], |p| {
            p.body = |stream, buffer, length| {
                let mut content = (Parts::right().body)(stream, buffer, length)?;
                content.append(buffer);
                Some(content)
            }
        }),
        own("bo1", "forgets-what-came-with-the-last-piece", &["bo1"], &[Id("rest-of-read")], |p| {
            p.body = |stream, buffer, length| {
                let content = (Parts::right().body)(stream, buffer, length)?;
                buffer.clear();
                Some(content)
            }
        }),
        own("bo1", "one-upload-at-a-time", &["bo1", "bo4"], &[Id("waits-or-busy")], |p| {
            p.body = |stream, buffer, length| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _locked = LOCK.lock().unwrap();
                (Parts::right().body)(stream, buffer, length)
            }
        }),
        own("bo1", "one-temporary-file-for-all", &["bo1"], &[Id("bo1/mixed-uploads")], |p| {
            p.bodies.sized = |p, stream, buffer, _, site, length| {
                static BEGUN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
                let (mut left, mut first) = (length, true);
                while left > 0 {
                    if buffer.is_empty() {
                        more(p, stream, buffer).ok()?;
                    }
                    let mut begun = BEGUN.lock().unwrap();
                    if first {
                        begun.clear();
                    }
                    let piece = left.min(buffer.len());
                    begun.extend(buffer.drain(..piece));
                    (left, first) = (left - piece, false);
                }
                let _ = site;
                Some(BEGUN.lock().unwrap().clone())
            }
        }),
        own("bo1", "takes-a-mebibyte", &["bo1"], &[Id("bodies/not-too-long")], |p| {
            p.polish = |q, r| {
                if q.body.len() > 1 << 20 {
                    *r = Reply::empty("413 Content Too Large");
                }
            }
        }),
        own("bo1", "content-of-get-is-a-request", &["bo1"], &[Id("content-taken-for-request"), NoCause("body")], |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| match request.method.as_str() {
                "GET" => Some(Vec::new()),
                _ => (Bodies::right().sized)(p, stream, buffer, request, site, length),
            }
        }),
    ]
}

fn chunks() -> Vec<Row> {
    vec![
        own(
            "bo2",
            "knows-no-chunks",
            &["bo2", "bo3", "bo4"],
            &[
                Id("bodies/broken-chunks"),
                Id("bodies/client-waits"),
                Id("content-taken-for-request"),
                Id("bodies/chunked-has-no-length"),
            ],
            |p| {
                p.bodies.is_chunked = |_| false;
            },
        ),
        own(
            "bo2",
            "chunked-with-case",
            &["bo2"],
            &[Id("content-taken-for-request"), Id("bodies/chunked-has-no-length")],
            |p| {
                p.bodies.is_chunked = |value| value == "chunked";
            },
        ),
        own("bo2", "chunked-needs-a-length", &["bo2", "bo3"], &[Id("bodies/chunks-well-formed")], |p| {
            p.polish = |q, r| {
                if q.head.contains("\r\nTransfer-Encoding") {
                    *r = Reply::empty("411 Length Required");
                }
            }
        }),
        own("bo2", "stores-the-framing", &["bo2", "bo3"], &[Id("bodies/framing-stored")], |p| {
            p.bodies.chunked = |p, stream, buffer| {
                while !buffer.ends_with(b"0\r\n\r\n") {
                    more(p, stream, buffer)?;
                }
                Ok(std::mem::take(buffer))
            }
        }),
        own("bo2", "chunks-hold-nothing", &["bo2", "bo3"], &[Id("bodies/chunked-has-no-length")], |p| {
            p.bodies.chunked =
                |p, stream, buffer| (Bodies::right().chunked)(p, stream, buffer).map(|content| content[..0].to_vec());
        }),
        own("bo2", "sizes-are-decimal", &["bo2", "bo3"], &[Id("bodies/chunks-well-formed")], |p| {
            p.bodies.size = |line| line.split(';').next()?.trim().parse().ok();
        }),
        own("bo2", "sizes-in-small-letters", &["bo2"], &[Id("bodies/chunks-well-formed")], |p| {
            p.bodies.size = |line| (Bodies::right().size)(line).filter(|_| !line.starts_with("0A"));
        }),
        own("bo2", "sizes-without-extensions", &["bo2"], &[Id("bodies/chunks-well-formed")], |p| {
            p.bodies.size = |line| usize::from_str_radix(line, 16).ok();
        }),
        own("bo2", "sizes-wrap-around", &["bo2"], &[Id("bodies/broken-chunks")], |p| {
            p.bodies.size = |line| {
                let digits = line.split(';').next()?.chars();
                digits
                    .map(|digit| digit.to_digit(16))
                    .try_fold(0_usize, |size, digit| Some(size.wrapping_mul(16).wrapping_add(digit? as usize)))
            }
        }),
        own("bo2", "a-bad-size-is-the-end", &["bo2"], &[Id("bodies/broken-chunks")], |p| {
            p.bodies.size = |line| (Bodies::right().size)(line).or(Some(0));
        }),
        own(
            "bo2",
            "the-first-chunk-is-all",
            &["bo2", "bo4"],
            &[Id("bodies/broken-chunks"), Id("bodies/chunk-missing")],
            |p| {
                p.bodies.chunked = |p, stream, buffer| {
                    let size = (p.bodies.size)(&line(p, stream, buffer)?).ok_or(Broken::Malformed)?;
                    (Parts::right().body)(stream, buffer, size).inspect(|_| buffer.clear()).ok_or(Broken::Left)
                }
            },
        ),
        own(
            "bo2",
            "leaves-the-trailers",
            &["bo2"],
            &[Id("content-taken-for-request"), Id("bodies/chunks-well-formed")],
            |p| {
                p.bodies.chunked = |p, stream, buffer| {
                    let mut content = Vec::new();
                    while chunk(p, stream, buffer, &mut content)? {}
                    line(p, stream, buffer).map(|_| content)
                }
            },
        ),
        own("bo2", "looks-for-the-last-chunk", &["bo2"], &[Id("taken-for-malformed")], |p| {
            p.bodies.chunked = |p, stream, buffer| {
                let end = loop {
                    match buffer.windows(5).position(|w| w == b"0\r\n\r\n") {
                        Some(end) => break end + 5,
                        None => more(p, stream, buffer)?,
                    }
                };
                let mut whole: Vec<u8> = buffer.drain(..end).collect();
                let mut content = Vec::new();
                while let Some(start) = whole.windows(2).position(|w| w == b"\r\n") {
                    let size = (p.bodies.size)(&String::from_utf8_lossy(&whole[..start])).unwrap_or(0);
                    let data = whole.split_off(start + 2);
                    content.extend(&data[..size.min(data.len())]);
                    whole = data.get(size + 2..).unwrap_or_default().to_vec();
                }
                Ok(content)
            }
        }),
        own("bo2", "any-two-bytes-end-a-chunk", &["bo2"], &[Id("bodies/broken-chunks")], |p| {
            p.bodies.chunked = |p, stream, buffer| {
                let mut content = Vec::new();
                loop {
                    let size = (p.bodies.size)(&line(p, stream, buffer)?).ok_or(Broken::Malformed)?;
                    if size == 0 {
                        break;
                    }
                    content.extend((Parts::right().body)(stream, buffer, size).ok_or(Broken::Left)?);
                    (Parts::right().body)(stream, buffer, 2).ok_or(Broken::Left)?;
                }
                while !line(p, stream, buffer)?.is_empty() {}
                Ok(content)
            }
        }),
    ]
}

fn expectations() -> Vec<Row> {
    vec![
        own("bo3", "waits-for-the-content", &["bo3"], &[Id("both-wait")], |p| {
            p.bodies.waits = |_, _| false;
        }),
        own("bo3", "says-100-afterwards", &["bo3"], &[Id("both-wait")], |p| {
            (p.bodies.interim, p.bodies.afterwards) = ("", "HTTP/1.1 100 Continue\r\n\r\n");
        }),
        // Elsewhere the content may have come before the server looks whether it has.
        own("bo3", "says-100-to-everyone", at_least(&["bo3"]), &[Id("interim-late"), Id("interim-unasked")], |p| {
            p.bodies.waits = |_, begun| !begun;
        }),
        own("bo3", "says-100-to-http-1.0", &["bo3"], &[Id("interim-late"), Id("interim-to-1.0")], |p| {
            p.bodies.waits = |head, begun| (Bodies::right().waits)(&head.replace("HTTP/1.0", "HTTP/1.1"), begun);
        }),
        own("bo3", "says-100-with-a-length", &["bo3"], &[NoCause("length-without-content")], |p| {
            p.bodies.interim = "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n";
        }),
        own("bo3", "says-100-without-an-empty-line", &["bo3"], &[Id("head-unfinished")], |p| {
            p.bodies.interim = "HTTP/1.1 100 Continue\r\n";
        }),
        own("bo3", "says-100-and-no-more", &["bo3"], &[Id("both-wait")], |p| {
            p.polish = |q, r| {
                if q.head.contains("Expect:") {
                    r.status_line.clear();
                }
            };
            p.write = write_unless_void;
        }),
        own("bo3", "asks-for-what-it-refuses", &["bo3"], &[Id("both-wait")], |p| {
            p.bodies.refuse = |_, _, _| None;
        }),
        own("bo3", "expects-with-case", &["bo3"], &[Id("both-wait")], |p| {
            p.bodies.waits =
                |head, begun| head.contains("Expect: 100-continue") && (Bodies::right().waits)(head, begun);
        }),
        own("bo3", "meets-no-expectation", &["bo3"], &[Id("bodies/known-expectation")], |p| {
            p.bodies.refuse = |_, _, _| Some(Reply::empty("417 Expectation Failed"));
        }),
    ]
}

fn broken_off() -> Vec<Row> {
    vec![
        own("bo4", "loses-its-files", &["bo2", "bo4"], &[Id("bodies/file-not-found")], |p| {
            p.load = |_| Err(ErrorKind::NotFound.into());
        }),
        own("bo4", "stores-what-came", &["bo4"], &[Id("bodies/void")], |p| {
            p.bodies.sized = |p, stream, buffer, _, _, length| {
                while buffer.len() < length && more(p, stream, buffer).is_ok() {}
                Some(buffer.drain(..length.min(buffer.len())).collect())
            }
        }),
        own("bo4", "the-end-of-the-stream-ends-chunks", &["bo4"], &[Id("bodies/broken-chunks")], |p| {
            p.bodies.chunked = |p, stream, buffer| {
                let mut content = Vec::new();
                loop {
                    match chunk(p, stream, buffer, &mut content) {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(Broken::Left) => return Ok(content),
                        Err(Broken::Malformed) => return Err(Broken::Malformed),
                    }
                }
                while !line(p, stream, buffer)?.is_empty() {}
                Ok(content)
            }
        }),
        own("bo4", "writes-as-it-comes", &["bo4"], &[Id("file-outside")], |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                if request.method != "POST" {
                    return (Bodies::right().sized)(p, stream, buffer, request, site, length);
                }
                let mut file = fs::File::create(place(request, site)?).ok()?;
                let mut content = Vec::new();
                while content.len() < length {
                    if buffer.is_empty() {
                        more(p, stream, buffer).ok()?;
                    }
                    let piece: Vec<u8> = buffer.drain(..buffer.len().min(length - content.len())).collect();
                    file.write_all(&piece).ok()?;
                    content.extend(piece);
                }
                Some(content)
            }
        }),
        own("bo4", "empties-the-file-first", &["bo4"], &[Id("file-outside")], |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                if length > 0 && request.method == "POST" {
                    let _ = fs::write(place(request, site)?, b"");
                }
                (Bodies::right().sized)(p, stream, buffer, request, site, length)
            }
        }),
        own("bo4", "leaves-its-temporary-file", &["bo4"], &[Id("file-outside")], |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                if request.method != "POST" {
                    return (Bodies::right().sized)(p, stream, buffer, request, site, length);
                }
                let part = format!("{}.part", place(request, site)?);
                let _ = fs::write(&part, b"");
                let content = (Bodies::right().sized)(p, stream, buffer, request, site, length)?;
                let _ = fs::remove_file(part);
                Some(content)
            }
        }),
        own("bo4", "deletes-what-was-there", &["bo4"], &[Id("bo4/old-file-kept")], |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                let content = (Bodies::right().sized)(p, stream, buffer, request, site, length);
                if content.is_none() {
                    let _ = fs::remove_file(place(request, site)?);
                }
                content
            }
        }),
        own("bo4", "waits-for-the-rest-for-ever", &["bo4"], &[Id("content-awaited")], |p| {
            p.bodies.broken = |why| match why {
                Broken::Left => {
                    thread::sleep(Duration::from_secs(20));
                    None
                }
                Broken::Malformed => (Bodies::right().broken)(why),
            }
        }),
        own("bo4", "ends-with-the-upload", &["bo4"], &[NoCause("died")], |p| {
            p.bodies.broken = |why| match why {
                Broken::Left => exit(1),
                Broken::Malformed => (Bodies::right().broken)(why),
            }
        }),
    ]
}

/// Takes a chunk. `false`: it was the last.
fn chunk(p: &Parts, stream: &mut TcpStream, buffer: &mut Vec<u8>, content: &mut Vec<u8>) -> Result<bool, Broken> {
    let size = (p.bodies.size)(&line(p, stream, buffer)?).ok_or(Broken::Malformed)?;
    if size == 0 {
        return Ok(false);
    }
    content.extend((Parts::right().body)(stream, buffer, size).ok_or(Broken::Left)?);
    if line(p, stream, buffer)?.is_empty() { Ok(true) } else { Err(Broken::Malformed) }
}

fn place(request: &Request, site: &Site) -> Option<String> {
    Some(format!("{}/{}", site.directory, request.target.strip_prefix("/files/")?))
}

fn variants() -> Vec<Row> {
    vec![
        right("bodies", |_| ()),
        right("closes-at-bad-chunks", |p| p.bodies.broken = |_| None),
        right("explains-what-broke", |p| {
            p.bodies.broken = |_| {
                let mut reply = Reply::with("text/plain", b"That was not all.\n".to_vec());
                reply.status_line = "HTTP/1.1 400 Incomplete".into();
                Some(reply)
            }
        }),
        right("always-says-100", |p| p.bodies.waits = |head, _| (Bodies::right().waits)(head, false)),
        right("refuses-and-stays", |p| {
            p.close = |stream: TcpStream| {
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(300));
                    drop(stream);
                });
            }
        }),
        right("reads-small-pieces", |p| {
            p.fill = |stream, buffer| {
                let mut piece = [0; 4000];
                let n = std::io::Read::read(stream, &mut piece)?;
                buffer.extend_from_slice(&piece[..n]);
                Ok(n)
            }
        }),
    ]
}
