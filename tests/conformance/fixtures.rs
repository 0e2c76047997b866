//! The servers that the rows are run against, and the files that they serve.

use std::{
    fs::{self, File},
    sync::OnceLock,
    time::{Duration, UNIX_EPOCH},
};

use tempfile::TempDir;

use crate::{
    harness::Server,
    row::{Kind, Row},
};

/// Files that are there from the start, all last modified on Sun, 06 Nov 1994 08:49:37 GMT.
const FILES: &[(&str, &[u8])] = &[
    ("ten", b"0123456789"),
    ("ten.txt", b"0123456789"),
    ("empty", b""),
    ("with space", b"space"),
    ("per%cent", b"percent"),
    ("caf\u{e9}", b"utf-8"),
    ("folder/inner", b"inner"),
];
/// The web site.
const PAGES: &[(&str, &[u8])] = &[
    ("index.html", b"<p>home"),
    ("page.html", b"<p>page"),
    ("style.css", b"p {}"),
    ("picture.png", b"\x89PNG"),
    ("folder/index.html", b"<p>folder"),
    ("template.html", b"<!-- template -->\n<p>{{ a }}"),
    ("broken.html", b"<!-- template -->\n<p>{{ a"),
    (
        "_redirects",
        b"/old /page.html\n/found /page.html 302\n/keep /page.html 307\n/coffee /page.html 418\n/gone /x 410\n",
    ),
];
const MODIFIED: Duration = Duration::from_secs(784_111_777);

/// One server of each kind, started when a row first needs it.
#[derive(Default)]
pub(crate) struct Servers {
    default: OnceLock<Fixture>,
    limited: OnceLock<Fixture>,
    website: OnceLock<Fixture>,
}

/// A server, and the validators of its files.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    validators: Vec<(&'static str, String)>,
    /// Kept for as long as the server reads it.
    _root: Option<TempDir>,
}

impl Servers {
    pub(crate) fn of(&self, row: &Row) -> &Fixture {
        match row.server {
            Kind::Default => self.default.get_or_init(|| Fixture::start(&[])),
            Kind::Website => self.website.get_or_init(Fixture::start_website),
            Kind::Limited => self.limited.get_or_init(|| Fixture::start(&["--max-content", "10", "--date"])),
        }
    }
}

impl Fixture {
    fn start_website() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        for (name, content) in PAGES {
            fs::write(root.path().join(name), content).unwrap();
        }
        let fixture = Self::start(&["--root", root.path().to_str().unwrap()]);
        Fixture { _root: Some(root), ..fixture }
    }

    fn start(flags: &[&str]) -> Self {
        let server = Server::start(&[&["--quiet"], flags].concat());
        fs::create_dir(server.path("folder")).unwrap();
        for (name, content) in FILES {
            fs::write(server.path(name), content).unwrap();
            let file = File::options().write(true).open(server.path(name)).unwrap();
            file.set_modified(UNIX_EPOCH + MODIFIED).unwrap();
        }
        let etag = |target: &str, coding: &str| {
            let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {coding}\r\n\r\n");
            server.once(head).field("ETag").expect("a file has an ETag").to_owned()
        };
        let validators = vec![
            ("{etag}", etag("/files/ten", "identity")),
            ("{text-etag}", etag("/files/ten.txt", "identity")),
            ("{gzip-etag}", etag("/files/ten.txt", "gzip")),
        ];
        Fixture { server, validators, _root: None }
    }

    /// The bytes of a row, with the validators put in.
    pub(crate) fn fill_in(&self, bytes: &[u8]) -> Vec<u8> {
        fill_in(bytes, &self.validators)
    }
}

/// Puts values in the places that are kept for them.
pub(crate) fn fill_in(bytes: &[u8], values: &[(&str, String)]) -> Vec<u8> {
    values.iter().fold(bytes.to_vec(), |bytes, (place, value)| {
        let mut filled = Vec::with_capacity(bytes.len());
        let mut rest = &bytes[..];
        while let Some(at) = rest.windows(place.len()).position(|window| window == place.as_bytes()) {
            filled.extend_from_slice(&rest[..at]);
            filled.extend_from_slice(value.as_bytes());
            rest = &rest[at + place.len()..];
        }
        filled.extend_from_slice(rest);
        filled
    })
}
