//! A small HTTP server made of parts that can be exchanged. With the parts of [`Parts::right`] it does all that the
//! stages ask; a row of the table replaces one part by the mistake of a learner. What the own tracks ask beyond the
//! public stages is in a module for each.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use self::bodies::Bodies;
use self::caching::Caching;
use self::hostile::Hostile;
use self::methods::Methods;
use self::mirror::Mirror;
use self::pages::Pages;
use self::pipelining::Pipelining;

pub(crate) mod bodies;
pub(crate) mod caching;
pub(crate) mod hostile;
pub(crate) mod methods;
pub(crate) mod mirror;
pub(crate) mod pages;
pub(crate) mod pipelining;

/// What the server was told on its command line.
pub(crate) struct Site {
    /// `--directory`.
    pub(crate) directory: String,
    /// `--root`.
    pub(crate) root: Option<PathBuf>,
}

impl Site {
    pub(crate) fn new(args: &[String]) -> Self {
        let value = |flag: &str| args.iter().skip_while(|arg| *arg != flag).nth(1).cloned();
        Site {
            directory: value("--directory").unwrap_or("/nonexistent".into()),
            root: value("--root").map(PathBuf::from),
        }
    }
}

/// A request: its head as it came, what the request line says, and the body.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The same request with another method.
    pub(crate) fn with_method(&self, method: &str) -> Request {
        Request { head: self.head.clone(), method: method.into(), target: self.target.clone(), body: self.body.clone() }
    }
}

/// A response before it is written.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status_line: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What parts a field's name from its value.
    pub(crate) colon: &'static str,
    /// What ends each line of the head.
    pub(crate) eol: &'static str,
    /// What ends the head.
    pub(crate) blank: &'static str,
    /// Whether the head goes alone.
    pub(crate) head_only: bool,
}

impl Reply {
    /// A response without a body.
    pub(crate) fn empty(status: &str) -> Self {
        let fields = vec![("Content-Length".into(), "0".into())];
        Reply {
            status_line: format!("HTTP/1.1 {status}"),
            fields,
            body: Vec::new(),
            colon: ": ",
            eol: "\r\n",
            blank: "\r\n",
            head_only: false,
        }
    }

    /// A response with a body of this type.
    pub(crate) fn with(content_type: &str, body: Vec<u8>) -> Self {
        let mut reply = Reply::empty("200 OK");
        reply.fields.insert(0, ("Content-Type".into(), content_type.into()));
        reply.set_body(body);
        reply
    }

    /// Replaces the body, and the length that is told of it.
    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        self.set("Content-Length", body.len());
        self.body = body;
    }

    /// Replaces a field's value, or adds the field.
    pub(crate) fn set(&mut self, name: &str, value: impl ToString) {
        self.drop(name);
        self.fields.push((name.into(), value.to_string()));
    }

    /// Leaves a field out.
    pub(crate) fn drop(&mut self, name: &str) {
        self.fields.retain(|(n, _)| n != name);
    }

    /// Whether the field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n == name)
    }

    fn encode(&self) -> Vec<u8> {
        let Reply { status_line, fields, body, colon, eol, blank, head_only } = self;
        let mut bytes = format!("{status_line}{eol}");
        for (name, value) in fields {
            bytes += &format!("{name}{colon}{value}{eol}");
        }
        bytes += blank;
        let body = if *head_only { b"" } else { &body[..] };
        [bytes.as_bytes(), body].concat()
    }
}

/// How clients are shared out.
#[derive(Clone, Copy)]
pub(crate) enum Clients {
    /// A thread each.
    Threads,
    /// One after the other, as long as they stay.
    InTurn,
    /// The first one only.
    First,
    /// So many threads, each of which stays with its client.
    Pool(usize),
}

/// The server's parts.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) listen: fn(u16) -> TcpListener,
    pub(crate) clients: Clients,
    /// Sent to each client when it sends something, before the first answer.
    pub(crate) greeting: &'static str,
    /// How long a client may be silent.
    pub(crate) patience: Option<Duration>,
    /// Takes bytes from the stream to the end of the buffer: how many, 0 at the end of the stream.
    pub(crate) fill: fn(&mut TcpStream, &mut Vec<u8>) -> io::Result<usize>,
    /// How long the head in the buffer is, once it is whole.
    pub(crate) head_end: fn(&[u8]) -> Option<usize>,
    /// What happens when a client leaves.
    pub(crate) left: fn(),
    /// Method and target of a request line.
    pub(crate) request_line: fn(&str) -> Option<(String, String)>,
    /// The answer to something that is no request.
    pub(crate) nonsense: fn() -> Option<Reply>,
    /// The value of a field of the head.
    pub(crate) field: fn(&str, &str) -> Option<String>,
    /// Reads so many bytes of body, some of which may be in the buffer, and takes them out of it.
    pub(crate) body: fn(&mut TcpStream, &mut Vec<u8>, usize) -> Option<Vec<u8>>,
    /// What is in the buffer after a request, and belongs to the next.
    pub(crate) rest: fn(&mut Vec<u8>),
    pub(crate) route: fn(&Parts, &Request, &Site) -> Reply,
    /// What percent-encoding stands for.
    pub(crate) decode: fn(&str) -> Vec<u8>,
    /// The place of a file, if it may be had.
    pub(crate) place: fn(&str, &[u8]) -> Option<PathBuf>,
    pub(crate) load: fn(&Path) -> io::Result<Vec<u8>>,
    pub(crate) save: fn(&Path, &[u8]) -> io::Result<()>,
    /// Whether the value of Accept-Encoding allows gzip.
    pub(crate) wants_gzip: fn(&str) -> bool,
    pub(crate) gzip: fn(&[u8]) -> Vec<u8>,
    /// Whether the value of Connection asks for the end.
    pub(crate) asks_to_close: fn(&str) -> bool,
    /// A last change of the response.
    pub(crate) polish: fn(&Request, &mut Reply),
    pub(crate) write: fn(&mut TcpStream, &[u8]) -> io::Result<()>,
    /// Whether the connection ends after a response: by whether the client asked for it, the number of the request on
    /// the connection, and how many bytes of the next one are there.
    pub(crate) ends: fn(bool, usize, usize) -> bool,
    pub(crate) close: fn(TcpStream),
    pub(crate) methods: Methods,
    pub(crate) caching: Caching,
    pub(crate) hostile: Hostile,
    pub(crate) bodies: Bodies,
    pub(crate) pipelining: Pipelining,
    pub(crate) pages: Pages,
    pub(crate) mirror: Mirror,
}

impl Parts {
    pub(crate) fn right() -> Self {
        Parts {
            listen: |port| TcpListener::bind(("127.0.0.1", port)).unwrap(),
            clients: Clients::Threads,
            greeting: "",
            patience: None,
            fill: |stream, buffer| {
                let mut piece = [0; 65536];
                let n = stream.read(&mut piece)?;
                buffer.extend_from_slice(&piece[..n]);
                Ok(n)
            },
            head_end: |buffer| buffer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4),
            left: || (),
            request_line: |line| {
                let mut parts = line.split(' ');
                match (parts.next(), parts.next(), parts.next(), parts.next()) {
                    (Some(method), Some(target), Some(_), None) => Some((method.into(), target.into())),
                    _ => None,
                }
            },
            nonsense: || Some(Reply::empty("400 Bad Request")),
            field: |head, name| {
                let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
                fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_string())
            },
            body: |stream, buffer, length| {
                let mut piece = [0; 65536];
                while buffer.len() < length {
                    let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
                    buffer.extend_from_slice(&piece[..n]);
                }
                Some(buffer.drain(..length).collect())
            },
            rest: |_| (),
            route,
            decode: percent_decode,
            place: |directory, name| {
                let name = str::from_utf8(name).ok()?;
                let safe = !name.split('/').any(|part| part.is_empty() || part == "..");
                safe.then(|| Path::new(directory).join(name))
            },
            load: |path| fs::read(path),
            save: |path, body| fs::write(path, body),
            wants_gzip: |value| {
                value.split(',').any(|part| {
                    let (scheme, weight) = part.split_once(';').unwrap_or((part, ""));
                    let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
                    scheme.trim().eq_ignore_ascii_case("gzip") && weight > 0.0
                })
            },
            gzip: |text| {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            },
            asks_to_close: |value| value.eq_ignore_ascii_case("close"),
            polish: |_, _| (),
            write: |stream, bytes| stream.write_all(bytes),
            ends: |asked, _, _| asked,
            close: |stream| {
                let _ = stream.shutdown(Shutdown::Write);
                // What lies unread when the last handle goes would make a reset of the end.
                let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
                let _ = io::copy(&mut &stream, &mut io::sink());
            },
            methods: Methods::right(),
            caching: Caching::right(),
            hostile: Hostile::right(),
            bodies: Bodies::right(),
            pipelining: Pipelining::right(),
            pages: Pages::right(),
            mirror: Mirror::right(),
        }
    }
}

/// The answer to each request.
pub(crate) fn route(parts: &Parts, request: &Request, site: &Site) -> Reply {
    let target = request.target.as_str();
    let field = |name| (parts.field)(&request.head, name);
    if let Some(reply) = pages::route(parts, request, site) {
        return reply;
    }
    if target == "/" {
        return Reply::empty("200 OK");
    }
    if target == "/user-agent" {
        return Reply::with("text/plain", field("User-Agent").unwrap_or_default().into());
    }
    if let Some(text) = target.strip_prefix("/echo/") {
        return echo(parts, request, (parts.decode)(text));
    }
    if let Some(name) = target.strip_prefix("/files/") {
        return file(parts, request, site, name);
    }
    Reply::empty("404 Not Found")
}

/// The answer to `/echo/`.
pub(crate) fn echo(parts: &Parts, request: &Request, text: Vec<u8>) -> Reply {
    let wanted = (parts.field)(&request.head, "Accept-Encoding");
    if !wanted.is_some_and(|value| (parts.wants_gzip)(&value)) {
        return Reply::with("text/plain", text);
    }
    let mut reply = Reply::with("text/plain", (parts.gzip)(&text));
    reply.set("Content-Encoding", "gzip");
    reply
}

/// The answer to `/files/`.
pub(crate) fn file(parts: &Parts, request: &Request, site: &Site, name: &str) -> Reply {
    let missing = Reply::empty("404 Not Found");
    let Some(path) = (parts.place)(&site.directory, &(parts.decode)(name)) else {
        return missing;
    };
    match request.method.as_str() {
        "GET" => (parts.load)(&path).map_or(missing, |bytes| caching::answer(parts, request, &path, bytes)),
        _ => (parts.save)(&path, &request.body).map_or(missing, |()| Reply::empty("201 Created")),
    }
}

/// What the two hexadecimal digits after each `%` stand for.
pub(crate) fn percent_decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::new();
    while let [byte, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|d| char::from(*d).to_digit(16));
        (rest, _) = match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => (&tail[2..], bytes.push((high * 16 + low) as u8)),
            _ => (tail, bytes.push(*byte)),
        };
    }
    bytes
}

/// Listens and serves until it is killed.
pub(crate) fn run(parts: Parts, port: u16, site: Site) -> ! {
    let listener = (parts.listen)(port);
    let site = Arc::new(site);
    match parts.clients {
        Clients::First => serve(&parts, listener.accept().unwrap().0, &site),
        Clients::InTurn => listener.incoming().for_each(|client| serve(&parts, client.unwrap(), &site)),
        Clients::Threads => listener.incoming().for_each(|client| {
            let site = site.clone();
            thread::spawn(move || serve(&parts, client.unwrap(), &site));
        }),
        Clients::Pool(size) => {
            let (give, take) = mpsc::channel::<TcpStream>();
            let take = Arc::new(Mutex::new(take));
            for _ in 0..size {
                let (take, site) = (take.clone(), site.clone());
                thread::spawn(move || {
                    loop {
                        let client = take.lock().unwrap().recv().unwrap();
                        serve(&parts, client, &site);
                    }
                });
            }
            listener.incoming().for_each(|client| give.send(client.unwrap()).unwrap());
        }
    }
    exit(0)
}

/// Writes a response, unless a row has taken its status line away.
pub(crate) fn write_unless_void(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    if bytes.starts_with(b"HTTP") { stream.write_all(bytes) } else { Ok(()) }
}

fn serve(parts: &Parts, mut stream: TcpStream, site: &Site) {
    // Without this the system would hold back the second of two small writes.
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(parts.patience);
    let mut buffer = Vec::new();
    let mut answers = Vec::new();
    let flush = |stream: &mut TcpStream, answers: &mut Vec<Vec<u8>>| {
        answers.drain(..).all(|answer| (parts.write)(stream, &answer).is_ok())
    };
    for number in 1.. {
        let mut look = !parts.pipelining.reads_first;
        let end = loop {
            (parts.hostile.skip)(&mut buffer);
            if let Some(end) = (parts.head_end)(&buffer).filter(|_| look) {
                break end;
            }
            if let Some(status) = (parts.hostile.limit)(&buffer) {
                flush(&mut stream, &mut answers);
                let _ = stream.write_all(&Reply::empty(status).encode());
                return (parts.close)(stream);
            }
            look = true;
            if !(parts.fill)(&mut stream, &mut buffer).is_ok_and(|n| n > 0) {
                flush(&mut stream, &mut answers);
                return (parts.left)();
            }
        };
        let raw: Vec<u8> = buffer.drain(..end).collect();
        let head = String::from_utf8_lossy(&raw).into_owned();
        if number == 1 {
            let _ = stream.write_all(parts.greeting.as_bytes());
        }
        let line = head.split("\r\n").next().unwrap_or_default();
        let Some((method, target)) = (parts.request_line)(line) else {
            flush(&mut stream, &mut answers);
            if let Some(reply) = (parts.nonsense)() {
                let _ = stream.write_all(&reply.encode());
            }
            return (Parts::right().close)(stream);
        };
        if let Some(status) = hostile::judge(parts, &head) {
            flush(&mut stream, &mut answers);
            let _ = stream.write_all(&Reply::empty(status).encode());
            if parts.hostile.goes_on { continue } else { return (Parts::right().close)(stream) }
        }
        if (parts.mirror.hangs_at)(&method, &target) {
            flush(&mut stream, &mut answers);
            match mirror::answer(parts, &mut stream, &mut buffer, &raw) {
                Some(reply) if stream.write_all(&reply.encode()).is_ok() => continue,
                _ => return,
            }
        }
        let mut request = Request { head, method, target, body: Vec::new() };
        if let Err(last) = bodies::read(parts, &mut stream, &mut buffer, &mut request, site) {
            flush(&mut stream, &mut answers);
            let Some(mut reply) = last else { return };
            reply.set("Connection", "close");
            let _ = (parts.write)(&mut stream, &reply.encode());
            return (parts.close)(stream);
        }
        (parts.rest)(&mut buffer);
        let asked = (parts.field)(&request.head, "Connection").is_some_and(|value| (parts.asks_to_close)(&value));
        let mut reply = methods::answer(parts, &request, site);
        if asked {
            reply.set("Connection", "close");
        }
        (parts.polish)(&request, &mut reply);
        let ends = (parts.ends)(asked, number, buffer.len());
        answers.push(reply.encode());
        if !ends && (parts.pipelining.holds)(&buffer) {
            continue;
        }
        (parts.pipelining.order)(&mut answers);
        if !flush(&mut stream, &mut answers) {
            return;
        }
        if ends {
            break;
        }
    }
    (parts.close)(stream);
}
