//! What the servers are asked for.

use std::{fs::File, io::Write, net::SocketAddr, path::Path};

use anyhow::Result;

use crate::{ceiling::Responses, server::Peer};

/// Twelve fields, as a browser sends them.
pub(crate) const BROWSER: &str = "Host: 127.0.0.1:4221\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n\
    Referer: http://127.0.0.1:4221/some/page/with/a/link.html?and=query\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=3b1f8e0c5d7a49f2b6e4c8d0a1f35297; theme=dark\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Priority: u=0, i\r\n";
const PLAIN: &str = "Host: 127.0.0.1:4221\r\n";
const GZIP: &str = "Host: 127.0.0.1:4221\r\nAccept-Encoding: gzip\r\n";
const CLOSE: &str = "Host: 127.0.0.1:4221\r\nConnection: close\r\n";

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) connections: usize,
    /// Requests in one message.
    pub(crate) depth: usize,
    pub(crate) ask: Ask,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// This path, with these fields.
    Get(&'static str, &'static str),
    /// `/echo/` with a text of this length, compressed.
    Echo(usize),
    /// A file of random bytes, of this length.
    Download(u64),
    /// A text file of this length, compressed.
    CompressedFile(usize),
    /// To store so many bytes.
    Upload(usize),
}

const GIB: u64 = 1 << 30;

/// The table.
pub(crate) const WORKLOADS: &[Workload] = &[
    row("one-client", "1 client, `/`", 1, Ask::Get("/", PLAIN)),
    row("clients", "64 clients, `/`", 64, Ask::Get("/", PLAIN)),
    row("browser", "64 clients, a browser's head", 64, Ask::Get("/echo/hello-world-20-bytes", BROWSER)),
    row("connections", "a connection for each request", 64, Ask::Get("/", CLOSE)),
    Workload { depth: 16, ..row("pipelined", "16 requests at a time", 64, Ask::Get("/", PLAIN)) },
    row("file-1k", "file, 1 KiB", 64, Ask::Download(1 << 10)),
    row("file-64k", "file, 64 KiB", 16, Ask::Download(64 << 10)),
    row("file-10m", "file, 10 MiB", 1, Ask::Download(10 << 20)),
    row("file-1g", "file, 1 GiB", 1, Ask::Download(GIB)),
    row("upload-1k", "upload, 1 KiB", 16, Ask::Upload(1 << 10)),
    row("upload-100m", "upload, 100 MiB", 1, Ask::Upload(100 << 20)),
    row("gzip-20", "gzip, 20 B", 16, Ask::Echo(20)),
    row("gzip-4k", "gzip, 4 KB", 16, Ask::Echo(4000)),
    row("gzip-100k", "gzip, a file of 100 KiB", 8, Ask::CompressedFile(100 << 10)),
];

const fn row(name: &'static str, title: &'static str, connections: usize, ask: Ask) -> Workload {
    Workload { name, title, connections, depth: 1, ask }
}

impl Workload {
    /// Whether each request has a connection of its own.
    pub(crate) fn closes(&self) -> bool {
        matches!(self.ask, Ask::Get(_, CLOSE))
    }

    /// What a server that does nothing else answers, if such a one can be compared. Files are in `folder`.
    pub(crate) fn ceiling(&self, folder: &Path) -> Option<Responses> {
        match self.ask {
            Ask::Get(..) => Some(Responses { close: self.closes(), file: None }),
            Ask::Download(length) => Some(Responses { close: false, file: Some(folder.join(length.to_string())) }),
            Ask::Echo(_) | Ask::CompressedFile(_) | Ask::Upload(_) => None,
        }
    }

    /// Bytes of content in one message, if there are so many that their rate is what matters.
    pub(crate) fn bulk(&self) -> Option<u64> {
        match self.ask {
            Ask::Download(length) if length > 1 << 20 => Some(length),
            Ask::Upload(length) if length > 1 << 20 => Some(length as u64),
            _ => None,
        }
    }

    /// The path and the fields of the request, if it is a GET without content.
    pub(crate) fn get(&self) -> Option<(String, &'static str)> {
        match self.ask {
            Ask::Get(path, fields) => Some((path.to_owned(), fields)),
            Ask::Echo(length) => Some((format!("/echo/{}", text(length).replace(' ', "-")), GZIP)),
            Ask::Download(length) => Some((format!("/files/{length}"), PLAIN)),
            Ask::CompressedFile(length) => Some((format!("/files/{length}.txt"), GZIP)),
            Ask::Upload(_) => None,
        }
    }

    /// What the connections send, one after the other.
    pub(crate) fn messages(&self, peer: Peer) -> Vec<Vec<u8>> {
        if let Some((path, fields)) = self.get() {
            return vec![format!("GET {path} HTTP/1.1\r\n{fields}\r\n").repeat(self.depth).into_bytes()];
        }
        let Ask::Upload(length) = self.ask else { return Vec::new() };
        // nginx stores with the method that the standard has for it.
        let method = if matches!(peer, Peer::Nginx(_)) { "PUT" } else { "POST" };
        // Each connection has a name of its own, so that they do not wait for each other.
        let message = |number| {
            let mut message =
                format!("{method} /files/upload-{number} HTTP/1.1\r\n{PLAIN}Content-Length: {length}\r\n\r\n")
                    .into_bytes();
            message.resize(message.len() + length, b'x');
            message
        };
        (0..self.connections).map(message).collect()
    }

    /// Makes the file that is asked for.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn prepare(&self, folder: &Path) -> Result<()> {
        match self.ask {
            Ask::Download(length) => {
                let path = folder.join(length.to_string());
                let piece: Vec<u8> =
                    (0..1u64 << 20).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect();
                let mut file = File::create(path)?;
                let mut left = length;
                while left > 0 {
                    let count = left.min(piece.len() as u64);
                    file.write_all(&piece[..count as usize])?;
                    left -= count;
                }
            }
            Ask::CompressedFile(length) => std::fs::write(folder.join(format!("{length}.txt")), text(length))?,
            Ask::Get(..) | Ask::Echo(_) | Ask::Upload(_) => {}
        }
        Ok(())
    }

    /// The bytes that the files of this workload take.
    pub(crate) fn space(&self) -> u64 {
        match self.ask {
            Ask::Download(length) => length,
            // The old file and the new one are there at the same time.
            Ask::Upload(length) => 2 * (length * self.connections) as u64,
            _ => 0,
        }
    }

    /// wrk's arguments for this workload, if it can do it without a script.
    pub(crate) fn wrk_arguments(&self, address: SocketAddr) -> Option<Vec<String>> {
        if self.depth > 1 || self.bulk().is_some() {
            return None;
        }
        let (path, fields) = self.get()?;
        let threads = crate::machine::processors().min(2).min(self.connections);
        let mut arguments = vec![format!("-t{threads}"), format!("-c{}", self.connections), "--latency".to_owned()];
        // wrk sends a Host field of its own.
        for field in fields.lines().filter(|field| !field.starts_with("Host:")) {
            arguments.extend(["-H".to_owned(), field.to_owned()]);
        }
        arguments.push(format!("http://{address}{path}"));
        Some(arguments)
    }
}

/// Words as they might stand in a text: often the same, and never twice the same sentence.
pub(crate) fn text(length: usize) -> String {
    let mut state = 7u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let letters = b"etaoinshrdlucmfwypvbgk";
    let words: Vec<String> = (0..2000)
        .map(|_| (0..2 + random(8)).map(|_| char::from(letters[random(letters.len() as u64) as usize])).collect())
        .collect();
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        // Of two draws the smaller twice over: some words are far more frequent than others.
        let word = random(2000).min(random(2000)).min(random(2000));
        text.push_str(&words[word as usize]);
        text.push(' ');
    }
    text.truncate(length);
    text
}
