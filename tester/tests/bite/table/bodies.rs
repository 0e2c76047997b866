use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{Row, own, right};
use crate::server::bodies::{Bodies, Broken, line, more};
use crate::server::{Parts, Reply, Request, Site, write_unless_void};

/// Stages 28 to 31.
pub(crate) fn rows() -> Vec<Row> {
    [pieces(), chunks(), expectations(), broken_off(), variants()].into_iter().flatten().collect()
}

fn pieces() -> Vec<Row> {
    vec![
        own(28, "content-is-one-read", "28,30-31", "before its content was whole|bytes had come|is not there", |p| {
            p.body = |stream, buffer, length| {
                if buffer.len() < length {
                    let _ = (Parts::right().fill)(stream, buffer);
                }
                Some(buffer.drain(..length.min(buffer.len())).collect())
            }
        }),
        own(28, "pieces-are-text", "28-29,31", "passed through a string|a size is hexadecimal", |p| {
            p.fill = |stream, buffer| {
                let mut piece = Vec::new();
                let n = (Parts::right().fill)(stream, &mut piece)?;
                buffer.extend(String::from_utf8_lossy(&piece).bytes());
                Ok(n)
            }
        }),
        own(
            28,
            "answers-before-the-content",
            "28,30-31",
            "before its content was whole|bytes had come|is not there",
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
        own(28, "takes-what-is-there-as-content", "28", "kept for the next", |p| {
            p.body = |stream, buffer, length| {
                let mut content = (Parts::right().body)(stream, buffer, length)?;
                content.append(buffer);
                Some(content)
            }
        }),
        own(28, "forgets-what-came-with-the-last-piece", "28", "kept for the next", |p| {
            p.body = |stream, buffer, length| {
                let content = (Parts::right().body)(stream, buffer, length)?;
                buffer.clear();
                Some(content)
            }
        }),
        own(28, "one-upload-at-a-time", "28,31", "is busy with another connection", |p| {
            p.body = |stream, buffer, length| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _locked = LOCK.lock().unwrap();
                (Parts::right().body)(stream, buffer, length)
            }
        }),
        own(28, "one-temporary-file-for-all", "28", "other contents", |p| {
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
        own(28, "takes-a-mebibyte", "28", "content of this length is to be stored", |p| {
            p.polish = |q, r| {
                if q.body.len() > 1 << 20 {
                    *r = Reply::empty("413 Content Too Large");
                }
            }
        }),
        own(28, "content-of-get-is-a-request", "28", "was taken for a request of its own", |p| {
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
            29,
            "knows-no-chunks",
            "29-31",
            "was taken for a request|tells its length|this client waits for|content whose chunks",
            |p| {
                p.bodies.is_chunked = |_| false;
            },
        ),
        own(
            29,
            "chunked-with-case",
            "29",
            "so no `Content-Length` tells its length|was taken for a request of its own",
            |p| {
                p.bodies.is_chunked = |value| value == "chunked";
            },
        ),
        own(29, "chunked-needs-a-length", "29-30", "the chunks are well formed", |p| {
            p.polish = |q, r| {
                if q.head.contains("\r\nTransfer-Encoding") {
                    *r = Reply::empty("411 Length Required");
                }
            }
        }),
        own(29, "stores-the-framing", "29-30", "the framing of the chunks, or what is not content", |p| {
            p.bodies.chunked = |p, stream, buffer| {
                while !buffer.ends_with(b"0\r\n\r\n") {
                    more(p, stream, buffer)?;
                }
                Ok(std::mem::take(buffer))
            }
        }),
        own(29, "sizes-are-decimal", "29-30", "a size is hexadecimal|a chunk is missing, or cut", |p| {
            p.bodies.size = |line| line.split(';').next()?.trim().parse().ok();
        }),
        own(29, "sizes-in-small-letters", "29", "a size is hexadecimal, in either case", |p| {
            p.bodies.size = |line| (Bodies::right().size)(line).filter(|_| !line.starts_with("0A"));
        }),
        own(29, "sizes-without-extensions", "29", "what follows `;` on its line means nothing", |p| {
            p.bodies.size = |line| usize::from_str_radix(line, 16).ok();
        }),
        own(29, "sizes-wrap-around", "29", "content whose chunks are broken", |p| {
            p.bodies.size = |line| {
                let digits = line.split(';').next()?.chars();
                digits
                    .map(|digit| digit.to_digit(16))
                    .try_fold(0_usize, |size, digit| Some(size.wrapping_mul(16).wrapping_add(digit? as usize)))
            }
        }),
        own(29, "a-bad-size-is-the-end", "29", "content whose chunks are broken", |p| {
            p.bodies.size = |line| (Bodies::right().size)(line).or(Some(0));
        }),
        own(29, "the-first-chunk-is-all", "29,31", "a chunk is missing, or cut|content whose chunks", |p| {
            p.bodies.chunked = |p, stream, buffer| {
                let size = (p.bodies.size)(&line(p, stream, buffer)?).ok_or(Broken::Malformed)?;
                (Parts::right().body)(stream, buffer, size).inspect(|_| buffer.clear()).ok_or(Broken::Left)
            }
        }),
        own(29, "leaves-the-trailers", "29", "was taken for a request of its own", |p| {
            p.bodies.chunked = |p, stream, buffer| {
                let mut content = Vec::new();
                while chunk(p, stream, buffer, &mut content)? {}
                line(p, stream, buffer).map(|_| content)
            }
        }),
        own(
            29,
            "looks-for-the-last-chunk",
            "29",
            "a chunk is missing, or cut|was taken for a request of its own|has lost a byte of the chunks|answer to another of them|is taken for malformed",
            |p| {
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
            },
        ),
        own(29, "any-two-bytes-end-a-chunk", "29", "content whose chunks are broken", |p| {
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
        own(30, "waits-for-the-content", "30", "the program waits for the content, and the client for", |p| {
            p.bodies.waits = |_, _| false;
        }),
        own(30, "says-100-afterwards", "30", "the program waits for the content, and the client for", |p| {
            (p.bodies.interim, p.bodies.afterwards) = ("", "HTTP/1.1 100 Continue\r\n\r\n");
        }),
        own(30, "says-100-to-everyone", "28,30-31", "so nobody waits for this|comes before the answer", |p| {
            p.bodies.waits = |_, begun| !begun;
        }),
        own(30, "says-100-to-http-1.0", "30", "HTTP/1.0 has no interim responses|comes before the answer", |p| {
            p.bodies.waits = |head, begun| (Bodies::right().waits)(&head.replace("HTTP/1.0", "HTTP/1.1"), begun);
        }),
        own(30, "says-100-with-a-length", "30", "a response with this status has no Content-Length", |p| {
            p.bodies.interim = "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n";
        }),
        own(30, "says-100-without-an-empty-line", "30", "the head must end with an empty line", |p| {
            p.bodies.interim = "HTTP/1.1 100 Continue\r\n";
        }),
        own(30, "says-100-and-no-more", "30", "No response within", |p| {
            p.polish = |q, r| {
                if q.head.contains("Expect:") {
                    r.status_line.clear();
                }
            };
            p.write = write_unless_void;
        }),
        own(30, "asks-for-what-it-refuses", "30", "the program waits for the content, and the client for", |p| {
            p.bodies.refuse = |_, _, _| None;
        }),
        own(30, "expects-with-case", "30", "the program waits for the content, and the client for", |p| {
            p.bodies.waits =
                |head, begun| head.contains("Expect: 100-continue") && (Bodies::right().waits)(head, begun);
        }),
        own(30, "meets-no-expectation", "30", "this is the one expectation that there is", |p| {
            p.bodies.refuse = |_, _, _| Some(Reply::empty("417 Expectation Failed"));
        }),
    ]
}

fn broken_off() -> Vec<Row> {
    vec![
        own(31, "stores-what-came", "31", "before `Content-Length` bytes had come", |p| {
            p.bodies.sized = |p, stream, buffer, _, _, length| {
                while buffer.len() < length && more(p, stream, buffer).is_ok() {}
                Some(buffer.drain(..length.min(buffer.len())).collect())
            }
        }),
        own(31, "the-end-of-the-stream-ends-chunks", "31", "content whose chunks are broken, or do not end", |p| {
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
        own(31, "writes-as-it-comes", "31", "left behind|other contents|The body|The status is 200", |p| {
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
        own(31, "empties-the-file-first", "31", "left behind|The body|Content-Length", |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                if length > 0 && request.method == "POST" {
                    let _ = fs::write(place(request, site)?, b"");
                }
                (Bodies::right().sized)(p, stream, buffer, request, site, length)
            }
        }),
        own(31, "leaves-its-temporary-file", "31", "a partial or temporary one was left behind", |p| {
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
        own(31, "deletes-what-was-there", "31", "The status is 404", |p| {
            p.bodies.sized = |p, stream, buffer, request, site, length| {
                let content = (Bodies::right().sized)(p, stream, buffer, request, site, length);
                if content.is_none() {
                    let _ = fs::remove_file(place(request, site)?);
                }
                content
            }
        }),
        own(31, "waits-for-the-rest-for-ever", "31", "when a read returns nothing, no more will come", |p| {
            p.bodies.broken = |why| match why {
                Broken::Left => {
                    thread::sleep(Duration::from_secs(20));
                    None
                }
                Broken::Malformed => (Bodies::right().broken)(why),
            }
        }),
        own(31, "ends-with-the-upload", "31", "ended (exit code 1)", |p| {
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
    match line(p, stream, buffer)?.is_empty() {
        true => Ok(true),
        false => Err(Broken::Malformed),
    }
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
