use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::abort;
use std::thread;
use std::time::Duration;

use super::{
    Cause::{Id, NoCause},
    Row, field, row,
};
use crate::server::{Parts, Reply, file, route};

/// Files: `ap6` and `qv8`.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            "ap6",
            "ignores-the-directory",
            &["ap6", "qv8"],
            &["ap6", "qv8"],
            &[Id("base/file-not-found"), Id("file-not-written")],
            |p| {
                p.place = |_, name| (Parts::right().place)(".", name);
            },
        ),
        row("ap6", "file-as-text", &["ap6"], &[], &[Id("base/file-not-found")], |p| {
            p.load = |path| Ok(fs::read_to_string(path)?.into_bytes());
        }),
        row("ap6", "file-as-text-with-replacements", &["ap6"], &[], &[Id("not-utf-8")], |p| {
            p.load = |path| Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned().into_bytes());
        }),
        row("ap6", "file-as-latin-1", &["ap6"], &[], &[NoCause("body")], |p| {
            p.load = |path| Ok(fs::read(path)?.into_iter().map(char::from).collect::<String>().into_bytes());
        }),
        row("ap6", "file-to-the-first-nul", &["ap6"], &[], &[Id("length-too-small")], |p| {
            p.load = |path| Ok(fs::read(path)?.into_iter().take_while(|b| *b != 0).collect());
        }),
        row("ap6", "file-in-text-mode", &["ap6"], &[], &[NoCause("body")], |p| {
            p.load = |path| {
                let mut bytes = Vec::new();
                for byte in fs::read(path)? {
                    bytes.pop_if(|last| byte == b'\n' && *last == b'\r');
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }),
        row("ap6", "length-in-characters", &["ap6"], &[], &[Id("length-counts-characters")], |p| {
            p.polish = |_, r| {
                if let Ok(text) = str::from_utf8(&r.body) {
                    r.set("Content-Length", text.chars().count());
                }
            }
        }),
        row("ap6", "first-64-kib-of-the-file", &["ap6"], &[], &[Id("length-too-small")], |p| {
            p.load = |path| {
                let mut bytes = fs::read(path)?;
                bytes.truncate(65536);
                Ok(bytes)
            }
        }),
        row(
            "ap6",
            "one-write-of-the-file",
            &["ap6", "ag9..kh7"],
            &["ag9..kh7"],
            &[Id("closed-after-response"), Id("length-or-body-short")],
            |p| {
                p.write = |stream, bytes| stream.write_all(&bytes[..bytes.len().min(65536)]);
                p.ends = |_, _, _| true;
            },
        ),
        row("ap6", "file-without-its-last-line-end", &["ap6", "qv8"], &[], &[Id("length-too-small")], |p| {
            p.load = |path| Ok(fs::read(path)?.trim_ascii_end().to_vec());
        }),
        row("ap6", "file-and-a-line-end", &["ap6", "qv8"], &["ap6"], &[Id("line-end-in-body")], |p| {
            p.load = |path| Ok([&fs::read(path)?[..], b"\n"].concat());
        }),
        row("ap6", "empty-file-is-missing", &["ap6"], &[], &[Id("base/file-not-found")], |p| {
            p.load = |path| match fs::read(path)? {
                bytes if bytes.is_empty() => Err(ErrorKind::NotFound.into()),
                bytes => Ok(bytes),
            }
        }),
        row("ap6", "file-type-plain", &["ap6", "qv8"], &["ap6"], &[NoCause("field-value")], |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/files/") && r.has("Content-Type") {
                    r.set("Content-Type", "text/plain");
                }
            }
        }),
        row("ap6", "file-type-by-its-name", &["ap6"], &[], &[NoCause("field-value")], |p| {
            p.polish = |q, r| {
                if q.target.ends_with(".html") && r.has("Content-Type") {
                    r.set("Content-Type", "text/html");
                }
            }
        }),
        row("ap6", "missing-file-is-500", &["ap6", "qv8"], &["ap6"], &[Id("own-error")], |p| {
            p.polish = |q, r| {
                if q.target.starts_with("/files/") && r.status_line.contains("404") {
                    r.status_line = "HTTP/1.1 500 Internal Server Error".into();
                }
            }
        }),
        row("ap6", "missing-file-is-empty", &["ap6"], &["ap6"], &[Id("base/no-such-file")], |p| {
            p.load = |path| Ok(fs::read(path).unwrap_or_default());
        }),
        row("ap6", "climbs-out", &["ap6", "qv8"], &[], &[Id("base/outside"), Id("out-of-directory")], |p| {
            p.place = |directory, name| Some(Path::new(directory).join(str::from_utf8(name).ok()?));
        }),
        row("ap6", "climbs-out-when-encoded", &["ap6"], &[], &[Id("base/outside")], |p| {
            p.route = |p, q, d| if q.target.contains("..") { Reply::empty("404 Not Found") } else { route(p, q, d) };
            p.place = |directory, name| Some(format!("{directory}/{}", str::from_utf8(name).ok()?).into());
        }),
        row("ap6", "goes-to-absolute-paths", &["ap6"], &[], &[Id("base/outside")], |p| {
            p.place = |directory, name| {
                let name = str::from_utf8(name).ok()?;
                (!name.contains("..")).then(|| Path::new(directory).join(name))
            }
        }),
        row("ap6", "files-anywhere-in-the-path", &["ap6"], &[], &[Id("unknown-path-taken")], |p| {
            p.route = |p, q, d| match q.target.split_once("/files/") {
                Some((_, name)) => file(p, q, d, name),
                None => route(p, q, d),
            }
        }),
        row("qv8", "created-is-200", &["qv8"], &["qv8"], &[Id("created-is-201")], |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("201 Created", "200 OK");
        }),
        row("qv8", "created-is-201-ok", &["qv8"], &["qv8"], &[Id("status-line-bytes")], |p| {
            p.polish = |_, r| r.status_line = r.status_line.replace("Created", "OK");
        }),
        row("qv8", "sends-the-body-back", &["qv8"], &[], &[Id("no-body-shown")], |p| {
            p.polish = |q, r| {
                if r.status_line.contains("201") {
                    r.set_body(q.body.clone());
                }
            }
        }),
        row("qv8", "saves-nothing", &["qv8"], &["qv8"], &[Id("file-not-written")], |p| p.save = |_, _| Ok(())),
        row("qv8", "saves-late", &["qv8"], &["qv8"], &[Id("file-not-written")], |p| {
            p.save = |path, body| {
                let (path, body) = (path.to_owned(), body.to_owned());
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(100));
                    fs::write(path, body)
                });
                Ok(())
            }
        }),
        row("qv8", "saves-what-one-read-brings", &["qv8"], &[], &[Id("file-empty")], |p| {
            p.body = |_, buffer, length| Some(buffer.drain(..buffer.len().min(length)).collect());
        }),
        row("qv8", "saves-all-that-it-has-read", &["qv8"], &["qv8"], &[Id("whole-buffer-written")], |p| {
            p.save = |path, body| fs::write(path, [body, b"\0\0"].concat());
        }),
        row("qv8", "saves-a-line-end-too", &["qv8"], &["qv8"], &[Id("line-end-in-file")], |p| {
            p.save = |path, body| fs::write(path, [body, b"\n"].concat());
        }),
        row("qv8", "saves-trimmed-text", &["qv8"], &[], &[Id("line-end-in-body")], |p| {
            p.save = |path, body| fs::write(path, body.trim_ascii());
        }),
        row("qv8", "saves-text", &["qv8"], &[], &[Id("not-utf-8")], |p| {
            p.save = |path, body| fs::write(path, String::from_utf8_lossy(body).as_bytes());
        }),
        row("qv8", "saves-to-the-next-empty-line", &["qv8"], &[], &[Id("body-cut")], |p| {
            p.save = |path, body| {
                let end = body.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(body.len());
                fs::write(path, &body[..end])
            }
        }),
        row("qv8", "appends-to-the-file", &["qv8"], &[], &[Id("old-contents-remain")], |p| {
            p.save = |path, body| fs::File::options().append(true).create(true).open(path)?.write_all(body);
        }),
        row("qv8", "writes-over-the-file", &["qv8"], &[], &[Id("old-contents-remain")], |p| {
            p.save = |path, body| {
                let mut file = fs::File::options().write(true).create(true).truncate(false).open(path)?;
                file.write_all(body)
            }
        }),
        row("qv8", "keeps-the-old-file", &["qv8"], &[], &[Id("old-contents-remain")], |p| {
            p.save = |path, body| if path.exists() { Ok(()) } else { fs::write(path, body) }
        }),
        row("qv8", "saves-64-kib", &["qv8"], &[], &[Id("body-cut")], |p| {
            p.save = |path, body| fs::write(path, &body[..body.len().min(65536)]);
        }),
        row("qv8", "saves-no-empty-file", &["qv8"], &[], &[Id("file-not-written")], |p| {
            p.save = |path, body| if body.is_empty() { Ok(()) } else { fs::write(path, body) }
        }),
        row("qv8", "leaves-a-second-file", &["qv8"], &[], &[Id("file-outside")], |p| {
            p.save = |path, body| {
                fs::write(path.with_extension("part"), body)?;
                fs::write(path, body)
            }
        }),
        row("qv8", "waits-for-the-end-of-the-stream", &["qv8"], &["qv8"], &[Id("waits-or-busy")], |p| {
            p.body = |stream, buffer, length| {
                let mut piece = Vec::new();
                if length > 0 {
                    stream.read_to_end(&mut piece).ok()?;
                }
                buffer.append(&mut piece);
                Some(buffer.drain(..length.min(buffer.len())).collect())
            }
        }),
        row("qv8", "believes-the-length", &["qv8"], &[], &[NoCause("died")], |p| {
            p.body = |stream, buffer, length| {
                if length > 1 << 40 {
                    // So ends a program that asks for so much memory.
                    abort()
                } else {
                    (Parts::right().body)(stream, buffer, length)
                }
            }
        }),
        row("qv8", "length-with-case", &["qv8"], &[], &[Id("field-name-case")], |p| {
            p.field = |head, name| match name {
                "Content-Length" => field(head, |n| n == name),
                _ => (Parts::right().field)(head, name),
            }
        }),
        row("qv8", "posts-outside", &["qv8"], &[], &[Id("out-of-directory")], |p| {
            p.route = |p, q, d| match (q.method.as_str(), q.target.strip_prefix("/files/")) {
                ("POST", Some(name)) => (p.save)(format!("{}/{name}", d.directory).as_ref(), &q.body)
                    .map_or(Reply::empty("404 Not Found"), |()| Reply::empty("201 Created")),
                _ => route(p, q, d),
            }
        }),
    ]
}
