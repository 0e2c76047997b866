use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::GzBuilder;
use flate2::write::GzEncoder;

use super::{Row, right};
use crate::server::{Parts, Reply, file, route};

/// Servers that do some things in another way, and are right all the same.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        right("plain", |_| ()),
        right("fields-in-another-order", |p| p.polish = |_, r| r.fields.reverse()),
        right("names-in-small-letters", |p| {
            p.polish = |_, r| r.fields.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        }),
        right("names-in-capitals", |p| {
            p.polish = |_, r| r.fields.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase());
        }),
        right("no-space-after-the-colon", |p| p.polish = |_, r| r.colon = ":"),
        right("much-space-around-values", |p| {
            p.polish = |_, r| {
                r.colon = ":\t ";
                r.fields.iter_mut().for_each(|(_, value)| value.push_str(" \t"));
            }
        }),
        right("date-and-server", |p| {
            p.polish = |_, r| {
                r.set("Date", "Tue, 15 Nov 1994 08:12:31 GMT");
                r.set("Server", "variant/1.0");
            }
        }),
        right("keep-alive", |p| {
            p.polish = |_, r| {
                if !r.has("Connection") {
                    r.set("Connection", "keep-alive");
                    r.set("Keep-Alive", "timeout=5, max=1000");
                }
            }
        }),
        right("validators-and-vary", |p| {
            p.polish = |_, r| {
                r.set("Vary", "Accept-Encoding");
                r.set("ETag", "\"1\"");
                r.set("Last-Modified", "Tue, 15 Nov 1994 08:12:31 GMT");
                r.set("Accept-Ranges", "bytes");
            }
        }),
        right("type-of-nothing", |p| {
            p.polish = |_, r| {
                if r.body.is_empty() && !r.has("Content-Type") {
                    r.set("Content-Type", "text/plain");
                }
            }
        }),
        right("byte-by-byte", |p| {
            p.write = |stream, bytes| {
                let (slow, quick) = bytes.split_at(bytes.len().min(2000));
                slow.iter().try_for_each(|byte| stream.write_all(&[*byte]))?;
                stream.write_all(quick)
            }
        }),
        right("head-then-body", |p| {
            p.write = |stream, bytes| {
                let end = (Parts::right().head_end)(bytes).unwrap_or(0);
                stream.write_all(&bytes[..end])?;
                thread::sleep(Duration::from_millis(20));
                stream.write_all(&bytes[end..])
            }
        }),
        right("pause-in-the-empty-line", |p| {
            p.write = |stream, bytes| {
                let end = (Parts::right().head_end)(bytes).unwrap_or(1);
                stream.write_all(&bytes[..end - 1])?;
                thread::sleep(Duration::from_millis(20));
                stream.write_all(&bytes[end - 1..])
            }
        }),
        right("starts-slowly", |p| {
            p.listen = |port| {
                thread::sleep(Duration::from_millis(400));
                TcpListener::bind(("127.0.0.1", port)).unwrap()
            }
        }),
        right("answers-slowly", |p| {
            p.route = |p, q, d| {
                thread::sleep(Duration::from_millis(30));
                route(p, q, d)
            }
        }),
        right("closes-slowly", |p| {
            p.close = |stream| {
                thread::sleep(Duration::from_millis(100));
                drop(stream);
            }
        }),
        right("listens-everywhere", |p| p.listen = |port| TcpListener::bind(("0.0.0.0", port)).unwrap()),
        right("prints-what-it-does", |p| {
            p.route = |p, q, d| {
                println!("{} {}", q.method, q.target);
                eprintln!("\x1b[31mnot an error\x1b[0m");
                route(p, q, d)
            }
        }),
        right("stores-gzip", |p| {
            p.gzip = |text| {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        right("names-the-file-in-gzip", |p| {
            p.gzip = |text| {
                let builder = GzBuilder::new().filename("text").comment("a comment").mtime(1_000_000_000);
                let mut encoder = builder.write(Vec::new(), Compression::best());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }),
        right("closes-at-nonsense", |p| p.nonsense = || None),
        right("explains-400", |p| {
            p.nonsense = || {
                let mut reply = Reply::with("text/plain", b"That is no HTTP.\n".to_vec());
                reply.status_line = "HTTP/1.1 400 Malformed Request Line".into();
                Some(reply)
            }
        }),
        right("no-agent-is-400", |p| {
            p.route = |p, q, d| match (q.target.as_str(), (p.field)(&q.head, "User-Agent")) {
                ("/user-agent", None) => Reply::empty("400 Bad Request"),
                _ => route(p, q, d),
            }
        }),
        right("forbids-what-is-outside", |p| {
            p.route = |p, q, d| match q.target.strip_prefix("/files/") {
                Some(name) if (p.place)("/", &(p.decode)(name)).is_none() => Reply::empty("403 Forbidden"),
                Some(name) => file(p, q, d, name),
                None => route(p, q, d),
            }
        }),
        right("saves-in-two-steps", |p| {
            p.save = |path: &Path, body| {
                let part = path.with_extension("part");
                std::fs::write(&part, body)?;
                std::fs::rename(part, path)
            }
        }),
    ]
}
