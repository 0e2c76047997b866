use std::cell::Cell;
use std::io::{self, Read as _, Write as _};
use std::mem::forget;
use std::net::{Shutdown, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{abort, exit};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{
    Cause::{Id, NoCause},
    Row, at_least, own, right,
};
use crate::server::hostile::{BAD, Hostile, refuse_if};
use crate::server::{Clients, Parts, Reply, percent_decode, route};

/// The stages that are about single requests, and servers that are right there.
pub(crate) fn requests() -> Vec<Row> {
    [malformed(), endless(), traversal(), smuggling(), lenient()].into_iter().flatten().collect()
}

/// The stages that are about many clients.
pub(crate) fn clients() -> Vec<Row> {
    [slow(), crowd()].into_iter().flatten().collect()
}

fn malformed() -> Vec<Row> {
    vec![
        own("ho1", "two-words-are-enough", &["ho1"], &[Id("flaw-request-line")], |p| {
            p.request_line = |line| {
                let mut words = line.split(' ');
                Some((words.next()?.into(), words.next()?.into()))
            };
            p.hostile.split = |head| {
                let (mut words, fields) = (Hostile::right().split)(head);
                words.resize(3, "HTTP/1.1");
                (words, fields)
            }
        }),
        own("ho1", "first-three-words", &["ho1"], &[Id("flaw-request-line")], |p| {
            p.request_line = |line| {
                let mut words = line.split_whitespace();
                Some((words.next()?.into(), words.next()?.into())).filter(|_| words.next().is_some())
            };
            p.hostile.split = |head| {
                let (words, fields) = (Hostile::right().split)(head);
                (words.into_iter().filter(|word| !word.is_empty()).take(3).collect(), fields)
            }
        }),
        own("ho1", "any-version", &["ho1"], &[Id("flaw-request-line")], |p| p.hostile.version = |_| None),
        own("ho1", "versions-without-case", &["ho1"], &[Id("flaw-request-line")], |p| {
            p.hostile.version = |version| (Hostile::right().version)(&version.to_uppercase());
        }),
        own("ho1", "every-version-of-http", &["ho1"], &[Id("flaw-request-line")], |p| {
            p.hostile.version = |version| refuse_if(!version.starts_with("HTTP/") || version.ends_with("one"));
        }),
        own("ho1", "methods-in-any-case", &["ho1"], &[Id("flaw-method-case")], |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((method.to_uppercase(), target))
            }
        }),
        own("ho1", "paths-without-a-slash", &["ho1"], &[Id("flaw-request-line")], |p| {
            p.hostile.target =
                |method, target| (Hostile::right().target)(method, &format!("/{}", target.trim_start_matches('/')));
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((method, if target.starts_with('/') { target } else { format!("/{target}") }))
            }
        }),
        own("ho1", "control-characters-in-a-target", &["ho1"], &[Id("flaw-control-in-target")], |p| {
            p.hostile.target =
                |method, target| (Hostile::right().target)(method, &target.replace(|c: char| c.is_control(), "."));
        }),
        own("ho1", "escapes-that-are-none", &["ho1"], &[Id("flaw-bad-percent")], |p| {
            p.hostile.target = |method, target| (Hostile::right().target)(method, &target.replace('%', "."));
        }),
        own("ho1", "no-host-needed", &["ho1"], &[Id("flaw-host-count")], |p| {
            p.hostile.host = |_, count| refuse_if(count > 1);
        }),
        own("ho1", "the-first-of-two-hosts", &["ho1"], &[Id("flaw-host-count")], |p| {
            p.hostile.host = |version, count| (Hostile::right().host)(version, count.min(1));
        }),
        own("ho1", "fields-without-a-name", &["ho1"], &[Id("flaw-no-name")], |p| {
            p.hostile.name = |name| if name.is_empty() { None } else { (Hostile::right().name)(name) };
        }),
        own("ho1", "goes-on-after-a-refusal", &["ho1", "ho4"], &[Id("refused-not-closed")], |p| {
            p.hostile.goes_on = true;
            p.nonsense = || None;
        }),
        own("ho1", "host-in-http-1.0", &["ho1"], &[Id("ho1/host-of-1-0")], |p| {
            p.hostile.host = |_, count| refuse_if(count != 1);
        }),
        own("ho1", "no-empty-line-before-a-request", &["ho1"], &[Id("ho1/empty-line-first")], |p| {
            p.hostile.skip = |_| ();
        }),
        own("ho1", "dies-of-tls", &["ho1"], &[NoCause("died")], |p| {
            p.request_line = |line| {
                if line.starts_with('\x16') {
                    abort();
                }
                (Parts::right().request_line)(line)
            }
        }),
    ]
}

fn endless() -> Vec<Row> {
    vec![
        own("ho2", "heads-without-a-limit", &["ho2"], &[Id("ho2/head-without-end")], |p| p.hostile.limit = |_| None),
        own("ho2", "only-the-target-has-a-limit", &["ho2"], &[Id("ho2/head-without-end")], |p| {
            p.hostile.limit =
                |head| if head.windows(2).any(|w| w == b"\r\n") { None } else { (Hostile::right().limit)(head) }
        }),
        own("ho2", "only-lines-have-a-limit", &["ho2"], &[Id("ho2/head-without-end")], |p| {
            p.hostile.limit = |head| {
                if head.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) > 32768 {
                    Some("431 Request Header Fields Too Large")
                } else {
                    None
                }
            }
        }),
        own("ho2", "limit-of-4-kib", &["ho2"], &[Id("ho2/not-too-long")], |p| {
            p.hostile.limit = |head| if head.len() > 4096 { Some("431 Too Large") } else { None };
            p.fill = |stream, buffer| {
                let mut piece = [0; 1024];
                let n = stream.read(&mut piece)?;
                buffer.extend_from_slice(&piece[..n]);
                Ok(n)
            }
        }),
        own("ho2", "twenty-fields", &["ho2"], &[Id("ho2/not-too-long")], |p| {
            p.hostile.split = |head| match (Hostile::right().split)(head) {
                (_, fields) if fields.len() > 20 => (vec!["GET", "/", "none"], fields),
                all => all,
            };
            p.hostile.version = |version| match version {
                "none" => Some("431 Request Header Fields Too Large"),
                other => (Hostile::right().version)(other),
            }
        }),
        own("ho2", "dies-of-a-long-head", &["ho2"], &[NoCause("died")], |p| {
            p.hostile.limit = |head| if head.len() > 32768 { abort() } else { None };
        }),
        own("ho2", "a-head-is-cut-at-its-limit", &["ho2"], &[Id("head-incomplete")], |p| {
            p.head_end = |buffer| {
                let end = buffer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
                end.or_else(|| (buffer.len() > 5000).then_some(buffer.len()))
            };
        }),
    ]
}

/// The path of `name` in `directory`, whatever is in it.
fn joined(directory: &str, name: &[u8]) -> PathBuf {
    PathBuf::from(format!("{directory}/{}", String::from_utf8_lossy(name)))
}

fn traversal() -> Vec<Row> {
    vec![
        own("ho3", "has-no-files", &["ho3"], &[Id("hostile/file-not-found")], |p| {
            p.load = |_| Err(io::ErrorKind::NotFound.into());
        }),
        own("ho3", "joins-whatever-comes", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| Some(joined(directory, name));
        }),
        own("ho3", "joins-absolute-paths", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| {
                let name = str::from_utf8(name).ok()?;
                (!name.split('/').any(|part| part == "..")).then(|| Path::new(directory).join(name))
            }
        }),
        own("ho3", "checks-before-decoding", &["ho3"], &[Id("hostile/outside")], |p| {
            p.route =
                |p, q, site| if q.target.contains("..") { Reply::empty("404 Not Found") } else { route(p, q, site) };
            p.place = |directory, name| Some(joined(directory, name));
        }),
        own("ho3", "takes-dots-out-once", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place =
                |directory, name| Some(joined(directory, String::from_utf8_lossy(name).replace("../", "").as_bytes()));
        }),
        own("ho3", "compares-the-beginning-of-paths", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| {
                let name = str::from_utf8(name).ok()?;
                let path = Path::new(directory).join(name);
                let text = path.to_str()?;
                (text.starts_with(directory.trim_end_matches('/')) && !text.contains("..")).then_some(path)
            }
        }),
        own("ho3", "decodes-twice", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| {
                let safe = (Parts::right().place)(directory, name).is_some();
                safe.then(|| joined(directory, &percent_decode(str::from_utf8(name).unwrap())))
            }
        }),
        own("ho3", "backslashes-are-slashes", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| {
                let safe = (Parts::right().place)(directory, name).is_some();
                safe.then(|| joined(directory, String::from_utf8_lossy(name).replace('\\', "/").as_bytes()))
            }
        }),
        own("ho3", "long-dots-are-dots", &["ho3"], &[Id("hostile/outside")], |p| {
            p.place = |directory, name| {
                let dots = name.windows(2).any(|pair| pair == b"..") || name.starts_with(b"/");
                let text =
                    name.iter().filter(|byte| **byte != 0xc0).map(|byte| if *byte == 0xae { b'.' } else { *byte });
                (!dots).then(|| joined(directory, &text.collect::<Vec<_>>()))
            }
        }),
        own("ho3", "names-end-at-nul", &["ho3"], &[Id("ho3/nul-in-name")], |p| {
            p.place = |directory, name| (Parts::right().place)(directory, name.split(|byte| *byte == 0).next()?);
        }),
        own("ho3", "no-dots-in-names", &["ho3"], &[Id("ho3/dots-in-name")], |p| {
            p.place = |directory, name| {
                if name.windows(2).any(|pair| pair == b"..") { None } else { (Parts::right().place)(directory, name) }
            }
        }),
        own("ho3", "writes-anywhere", &["ho3"], &[Id("hostile/outside")], |p| {
            p.route = |p, q, site| {
                let mut parts = *p;
                if q.method == "POST" {
                    parts.place = |directory, name| Some(joined(directory, name));
                }
                route(&parts, q, site)
            }
        }),
    ]
}

fn smuggling() -> Vec<Row> {
    vec![
        own("ho4", "goes-by-the-length", &["ho4"], &[Id("refused-not-closed")], |p| {
            p.hostile.framing = |lengths, codings| match (lengths, codings) {
                ([_], [_]) => None,
                _ => (Hostile::right().framing)(lengths, codings),
            };
            p.field = |head, name| match name {
                "Transfer-Encoding" if (Parts::right().field)(head, "Content-Length").is_some() => None,
                _ => (Parts::right().field)(head, name),
            }
        }),
        own("ho4", "the-first-of-two-lengths", &["ho4"], &[Id("flaw-two-lengths")], |p| {
            p.hostile.framing =
                |lengths, codings| (Hostile::right().framing)(&lengths[..lengths.len().min(1)], codings);
        }),
        own("ho4", "the-last-of-two-lengths", &["ho4"], &[Id("flaw-two-lengths")], |p| {
            p.hostile.framing = |lengths, codings| {
                (Hostile::right().framing)(lengths.last().map_or(&[][..], std::slice::from_ref), codings)
            };
            p.field = |head, name| {
                let fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
                let named = fields.filter(|(n, _)| n.eq_ignore_ascii_case(name));
                named.last().map(|(_, value)| value.trim().to_string())
            }
        }),
        own("ho4", "lengths-with-a-sign", &["ho4"], &[Id("flaw-length-not-digits")], |p| {
            p.hostile.framing = |lengths, codings| match lengths {
                [one] if one.parse::<usize>().is_ok() && codings.is_empty() => None,
                _ => (Hostile::right().framing)(lengths, codings),
            }
        }),
        own("ho4", "lengths-to-the-first-letter", &["ho4"], &[Id("flaw-length-not-digits")], |p| {
            p.hostile.framing = |lengths, codings| match lengths {
                [one] if one.starts_with(|c: char| c.is_ascii_digit()) && codings.is_empty() => None,
                _ => (Hostile::right().framing)(lengths, codings),
            };
            p.field = |head, name| {
                let value = (Parts::right().field)(head, name)?;
                let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
                Some(if name == "Content-Length" { digits } else { value })
            }
        }),
        own("ho4", "lengths-that-wrap", &["ho4"], &[Id("flaw-length-too-large")], |p| {
            p.hostile.framing = |lengths, codings| match lengths {
                ["18446744073709551621"] => None,
                _ => (Hostile::right().framing)(lengths, codings),
            };
            p.field = |head, name| {
                let value = (Parts::right().field)(head, name)?;
                Some(if value.len() == 20 { "5".into() } else { value })
            }
        }),
        own("ho4", "unknown-codings-are-none", &["ho4"], &[Id("flaw-unknown-coding")], |p| {
            p.hostile.framing = |lengths, codings| match codings {
                [one] if !one.eq_ignore_ascii_case("chunked") => None,
                _ => (Hostile::right().framing)(lengths, codings),
            }
        }),
        own("ho4", "values-without-any-white-space", &["ho4"], &[Id("flaw-unknown-coding")], |p| {
            p.hostile.framing = |lengths, codings| match codings {
                [one] => (Hostile::right().framing)(lengths, &[one.trim()]),
                _ => (Hostile::right().framing)(lengths, codings),
            }
        }),
        own("ho4", "space-before-a-colon", &["ho4"], &[Id("flaw-space-before-colon")], |p| {
            p.hostile.name = |name| (Hostile::right().name)(name.trim_end());
            p.hostile.split = |head| {
                let (words, fields) = (Hostile::right().split)(head);
                (words, fields.into_iter().map(|(name, value)| (name.trim_end(), value)).collect())
            };
            p.field = |head, name| (Parts::right().field)(&head.replace(" :", ":"), name);
        }),
        own("ho4", "names-that-end-in-one", &["ho4"], &[Id("ho4/length-only-alike")], |p| {
            p.field = |head, name| {
                let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
                fields.find(|(n, _)| n.to_lowercase().ends_with(&name.to_lowercase())).map(|(_, v)| v.trim().into())
            }
        }),
        own("ho4", "lines-end-in-cr-alone", &["ho4"], &[Id("ho4/length-only-alike")], |p| {
            p.hostile.value = |_| None;
            p.field = |head, name| (Parts::right().field)(&head.replace("\r\n", "\r").replace('\r', "\r\n"), name);
        }),
        own("ho4", "folded-lines-are-fields", &["ho4"], &[Id("ho4/length-only-alike")], |p| {
            p.hostile.name = |name| (Hostile::right().name)(name.trim_start());
            p.field = |head, name| (Parts::right().field)(&head.replace("\r\n ", "\r\n"), name);
        }),
        own("ho4", "refuses-and-goes-on", &["ho1", "ho4"], &[Id("refused-not-closed"), Id("smuggled")], |p| {
            p.hostile.goes_on = true;
        }),
        own("ho4", "a-get-has-no-body", &["ho4"], &[Id("smuggled")], |p| {
            p.hostile.framing = |lengths, codings| match (lengths, codings) {
                ([_], [_]) => None,
                _ => (Hostile::right().framing)(lengths, codings),
            };
            p.field = |head, name| match name {
                "Content-Length" | "Transfer-Encoding" if head.starts_with("GET ") => None,
                _ => (Parts::right().field)(head, name),
            }
        }),
    ]
}

fn slow() -> Vec<Row> {
    vec![
        own(
            "ho5",
            "one-slow-client-at-a-time",
            &["ho5", "ho6"],
            &[Id("one-client-at-a-time"), Id("waits-or-busy")],
            |p| {
                p.clients = Clients::InTurn;
            },
        ),
        own("ho5", "sixty-workers", &["ho5", "ho6"], &[Id("waits-or-busy")], |p| p.clients = Clients::Pool(60)),
        own("ho5", "patience-of-300-ms", &["ho5", "ho6"], &[Id("closed-after-response"), Id("gave-up")], |p| {
            p.patience = Some(Duration::from_millis(300));
        }),
        own("ho5", "waits-for-who-has-gone", &["ho5", "ho6"], &[Id("end-not-seen")], |p| {
            p.left = || thread::sleep(Duration::from_secs(3600));
        }),
        own("ho5", "writes-under-a-lock", &["ho5"], &[Id("waits-or-busy")], |p| {
            p.write = |stream, bytes| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _held = LOCK.lock();
                stream.write_all(bytes)
            }
        }),
        own("ho5", "reads-under-a-lock", at_least(&["ho5"]), &[Id("waits-or-busy")], |p| {
            p.body = |stream, buffer, length| {
                static LOCK: Mutex<()> = Mutex::new(());
                let _held = LOCK.lock();
                (Parts::right().body)(stream, buffer, length)
            }
        }),
        own("ho5", "writes-without-waiting", &["ho5"], &[Id("length-or-body-short")], |p| {
            p.write = |stream, bytes| {
                stream.set_nonblocking(true)?;
                let _ = stream.write_all(bytes);
                stream.set_nonblocking(false)
            }
        }),
        own("ho5", "writes-for-half-a-second", &["ho5"], &[Id("length-or-body-short")], |p| {
            p.write = |stream, bytes| {
                stream.set_write_timeout(Some(Duration::from_millis(500)))?;
                stream.write_all(bytes)
            }
        }),
    ]
}

fn crowd() -> Vec<Row> {
    vec![
        own("ho6", "four-hundred-workers", &["ho6"], &[Id("waits-or-busy")], |p| p.clients = Clients::Pool(400)),
        own("ho6", "four-hundred-clients", &["ho6"], &[Id("gave-up")], |p| {
            p.fill = |stream, buffer| {
                static CLIENTS: AtomicUsize = AtomicUsize::new(0);
                thread_local!(static COUNTED: Cell<bool> = const { Cell::new(false) });
                if !COUNTED.replace(true) && CLIENTS.fetch_add(1, Ordering::SeqCst) >= 400 {
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                (Parts::right().fill)(stream, buffer)
            }
        }),
        own(
            "ho6",
            "idle-for-a-quarter-of-a-second",
            &["ho5", "ho6"],
            &[Id("closed-after-response"), Id("gave-up")],
            |p| {
                p.patience = Some(Duration::from_millis(250));
            },
        ),
        own("ho6", "dies-of-a-reset", &["ho6"], &[NoCause("died")], |p| {
            p.fill = |stream, buffer| match (Parts::right().fill)(stream, buffer) {
                Err(_) => exit(1),
                read => read,
            }
        }),
        own("ho6", "keeps-its-descriptors", &["ho6"], &[Id("one-client-at-a-time")], |p| {
            p.listen = |port| {
                setrlimit(Resource::Nofile, Rlimit { current: Some(1024), maximum: Some(1024) }).unwrap();
                TcpListener::bind(("127.0.0.1", port)).unwrap()
            };
            p.fill = |stream, buffer| {
                let read = (Parts::right().fill)(stream, buffer);
                if read.as_ref().map_or(true, |n| *n == 0) {
                    forget(stream.try_clone());
                    let _ = stream.shutdown(Shutdown::Both);
                }
                read
            }
        }),
    ]
}

/// Servers that are right in all six stages.
pub(crate) fn variants() -> Vec<Row> {
    vec![
        right("hostile", |_| ()),
        right("other-ways-with-clients", |p| {
            p.clients = Clients::Pool(510);
            p.close = |stream| {
                let _ = stream.shutdown(Shutdown::Both);
            };
        }),
    ]
}

fn lenient() -> Vec<Row> {
    vec![
        right("closes-at-everything-that-is-wrong", |p| {
            p.nonsense = || None;
            p.hostile.framing = |lengths, codings| (Hostile::right().framing)(lengths, codings).map(|_| "400 Nonsense");
        }),
        right("explains-what-is-wrong", |p| {
            p.hostile.version = |version| (Hostile::right().version)(version).and(BAD);
            p.nonsense = || {
                let mut reply = Reply::with("text/html", b"<h1>What?</h1>\n".to_vec());
                reply.status_line = "HTTP/1.1 400 What?".into();
                Some(reply)
            }
        }),
        right("other-methods-are-not-implemented", |p| {
            p.hostile.method = |method| (Hostile::right().method)(method).and(Some("501 Not Implemented"));
            p.methods.unknown = || Reply::empty("405 Method Not Allowed");
        }),
        right("forbids-traversal", |p| {
            p.route = |p, q, site| {
                let name = q.target.strip_prefix("/files/").unwrap_or("x");
                match (p.place)("/", &(p.decode)(name)) {
                    None => Reply::empty("403 Forbidden"),
                    Some(_) => route(p, q, site),
                }
            }
        }),
        right("folded-lines-are-unfolded", |p| {
            p.hostile.name = |name| if name.starts_with(' ') { None } else { (Hostile::right().name)(name) };
        }),
        right("limit-of-64-kib", |p| {
            p.hostile.limit = |head| if head.len() > 65536 { Some("431 Too Large") } else { None };
        }),
        right("implements-no-chunks", |p| {
            p.hostile.framing = |lengths, codings| match codings {
                [] => (Hostile::right().framing)(lengths, codings),
                _ => Some("501 Not Implemented"),
            }
        }),
    ]
}
