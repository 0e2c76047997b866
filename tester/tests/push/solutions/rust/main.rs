//! An HTTP server that grows with the stages: at LEVEL n it can do what stages 1 to n ask, and no more.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

const LEVEL: u32 = 14;

/// At level 12 one connection at a time is kept for further requests; from 13 on, every one.
static ONE_IS_KEPT: AtomicBool = AtomicBool::new(false);

type Fields = Vec<(String, Vec<u8>)>;

struct Request {
    method: Vec<u8>,
    path: Vec<u8>,
    fields: Fields,
    body: Vec<u8>,
}

struct Response {
    status: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

enum Next {
    Request(Request),
    /// It is no request.
    Nonsense,
    /// The client has left.
    Nothing,
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:4221")?;
    for connection in listener.incoming().flatten() {
        if LEVEL >= 6 {
            thread::spawn(move || serve(connection));
        } else {
            serve(connection);
        }
    }
    Ok(())
}

fn serve(mut connection: TcpStream) {
    let result = match LEVEL {
        1 => Ok(()),
        2 => speak(&mut connection),
        _ => converse(&connection).and_then(|()| hang_up(connection)),
    };
    // This client is gone. The others are not.
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

/// Reads something, whatever it is, and answers.
fn speak(connection: &mut TcpStream) -> io::Result<()> {
    let _ = connection.read(&mut [0; 4096])?;
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
}

/// Answers requests until one of the two has had enough.
fn converse(connection: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut kept = LEVEL >= 13;
    let result = loop {
        let request = match read_request(&mut reader) {
            Ok(Next::Request(request)) => request,
            Ok(Next::Nonsense) => {
                let response = Response { status: "400 Bad Request", fields: vec![], body: vec![] };
                break send(connection, &response);
            }
            Ok(Next::Nothing) => break Ok(()),
            Err(error) => break Err(error),
        };
        let mut response = respond(&request);
        let last = LEVEL >= 14 && field(&request.fields, "connection").eq_ignore_ascii_case(b"close");
        if last {
            response.fields.push(("Connection", "close"));
        }
        let sent = send(connection, &response);
        if LEVEL == 12 && !kept {
            kept = !ONE_IS_KEPT.swap(true, Ordering::SeqCst);
        }
        if sent.is_err() || last || !kept {
            break sent;
        }
    };
    if LEVEL == 12 && kept {
        ONE_IS_KEPT.store(false, Ordering::SeqCst);
    }
    result
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Next> {
    let Some(request_line) = read_line(reader)? else { return Ok(Next::Nothing) };
    let mut fields = Fields::new();
    loop {
        let Some(line) = read_line(reader)? else { return Ok(Next::Nothing) };
        if line.is_empty() {
            break;
        }
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            fields.push((name, line[colon + 1..].trim_ascii().to_vec()));
        }
    }
    let parts: Vec<&[u8]> = request_line.split(|byte| *byte == b' ').collect();
    let [method, path, _version] = parts[..] else { return Ok(Next::Nonsense) };
    let mut body = Vec::new();
    if LEVEL >= 8 {
        let length = String::from_utf8_lossy(field(&fields, "content-length")).parse().unwrap_or(0);
        reader.take(length).read_to_end(&mut body)?;
        if (body.len() as u64) < length {
            return Ok(Next::Nothing);
        }
    }
    Ok(Next::Request(Request { method: method.to_vec(), path: path.to_vec(), fields, body }))
}

/// A line without its CR LF; `None` if the client leaves before its end.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(line.strip_suffix(b"\r\n").map(<[u8]>::to_vec))
}

/// The value of the first field of this name, which is in lower case; empty if there is none.
fn field<'a>(fields: &'a Fields, name: &str) -> &'a [u8] {
    fields.iter().find(|(other, _)| other == name).map_or(b"", |(_, value)| value)
}

fn respond(request: &Request) -> Response {
    let path = request.path.as_slice();
    if path == b"/" {
        return Response { status: "200 OK", fields: vec![], body: vec![] };
    }
    if LEVEL >= 4
        && let Some(text) = path.strip_prefix(b"/echo/")
    {
        return echo(percent_decode(text), field(&request.fields, "accept-encoding"));
    }
    if LEVEL >= 5 && path == b"/user-agent" {
        let agent = field(&request.fields, "user-agent").to_vec();
        return Response { status: "200 OK", fields: vec![("Content-Type", "text/plain")], body: agent };
    }
    if LEVEL >= 7
        && let Some(name) = path.strip_prefix(b"/files/")
    {
        if request.method == b"GET"
            && let Some(body) = file(name).and_then(|path| fs::read(path).ok())
        {
            let fields = vec![("Content-Type", "application/octet-stream")];
            return Response { status: "200 OK", fields, body };
        }
        if LEVEL >= 8
            && request.method == b"POST"
            && let Some(path) = file(name)
        {
            return match fs::write(path, &request.body) {
                Ok(()) => Response { status: "201 Created", fields: vec![], body: vec![] },
                Err(_) => Response { status: "500 Internal Server Error", fields: vec![], body: vec![] },
            };
        }
    }
    Response { status: "404 Not Found", fields: vec![], body: vec![] }
}

fn echo(text: Vec<u8>, accepted: &[u8]) -> Response {
    let mut response = Response { status: "200 OK", fields: vec![("Content-Type", "text/plain")], body: text };
    if LEVEL >= 9 && wants_gzip(accepted) {
        response.fields.push(("Content-Encoding", "gzip"));
        if LEVEL >= 11 {
            response.body = gzip(&response.body);
        }
    }
    response
}

fn wants_gzip(accepted: &[u8]) -> bool {
    if LEVEL < 10 {
        return accepted == b"gzip";
    }
    let accepted = String::from_utf8_lossy(accepted).to_ascii_lowercase();
    accepted.split(',').any(|member| {
        let mut parts = member.split(';').map(str::trim);
        parts.next() == Some("gzip")
            && parts.filter_map(|part| part.strip_prefix("q=")).all(|weight| weight.parse() != Ok(0.0))
    })
}

/// A gzip file (RFC 1952) whose blocks are stored as they are (RFC 1951 section 3.2.4): no shorter, but right.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = text.chunks(0xffff).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(crc32(text).to_le_bytes());
    out.extend((text.len() as u32).to_le_bytes());
    out
}

/// The check sum of gzip (RFC 1952 section 8), bit by bit.
fn crc32(text: &[u8]) -> u32 {
    !text.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

/// The path of a file in the directory; `None` if the name would lead out of it.
fn file(name: &[u8]) -> Option<PathBuf> {
    let name = String::from_utf8(percent_decode(name)).ok()?;
    let directory = env::args().skip_while(|argument| argument != "--directory").nth(1)?;
    let inside = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
    inside.then(|| PathBuf::from(directory).join(name))
}

/// A `%` that no two hexadecimal digits follow stays as it is.
fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (b'%', Some(byte)) = (text[at], byte) {
            out.push(byte);
            at += 3;
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}

fn send(mut connection: &TcpStream, response: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status);
    for (name, value) in &response.fields {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", response.body.len());
    connection.write_all(&[head.as_bytes(), &response.body].concat())
}

/// Closes once the client has read everything: what it still sends would make a reset of it.
fn hang_up(mut connection: TcpStream) -> io::Result<()> {
    connection.shutdown(Shutdown::Write)?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut rest = [0; 4096];
    while connection.read(&mut rest)? > 0 {}
    Ok(())
}
