//! Web pages of `--root DIR`, as the track `pages` asks for them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{Parts, Reply, Request, Site, percent_decode};

/// The first line of a template.
pub(crate) const MARK: &[u8] = b"<!-- template -->\n";

pub(crate) const HTML: &str = "text/html; charset=utf-8";

const FORM: &str = "application/x-www-form-urlencoded";

/// Names with their values, in their order.
pub(crate) type Pairs = Vec<(String, String)>;

/// The parts of a web site.
#[derive(Clone, Copy)]
pub(crate) struct Pages {
    /// The answer to a request, by its path and its query.
    pub(crate) answer: fn(&Pages, &Site, &Request, &str, Option<&str>) -> Reply,
    /// The place of what a path names, if it may be had.
    pub(crate) place: fn(&Site, &str) -> Option<PathBuf>,
    pub(crate) media_type: fn(&str) -> &'static str,
    /// From a folder's path without a slash to the one with it.
    pub(crate) to_slash: fn(&str, Option<&str>) -> Reply,
    /// What is shown for a folder.
    pub(crate) folder: fn(&Pages, &Path, &str) -> Option<Vec<u8>>,
    /// The page that says what went wrong.
    pub(crate) error: fn(&Site, &str) -> Reply,
    /// Target and status of a path in the table of redirects, decoded.
    pub(crate) moved: fn(&str, &str) -> Option<(String, String)>,
    /// The answer that the table asks for.
    pub(crate) to_target: fn(&Pages, &Site, &str, &str, Option<&str>) -> Reply,
    /// A template without its mark, if this is one.
    pub(crate) template: fn(&Path, &[u8]) -> Option<Vec<u8>>,
    /// Names and values of a query or a form.
    pub(crate) pairs: fn(&str) -> Pairs,
    /// What a name of the page stands for.
    pub(crate) value: fn(&Pairs, &str) -> String,
    pub(crate) escape: fn(&str) -> String,
    pub(crate) fill: fn(&Pages, &str, &Pairs) -> Option<String>,
    /// The answer where a template is broken.
    pub(crate) broken: fn(&Pages, &Site, &Path, &[u8]) -> Reply,
    /// Whether a media type is that of a form.
    pub(crate) is_form: fn(&str) -> bool,
    /// Query and form, joined.
    pub(crate) both: fn(Pairs, Pairs) -> Pairs,
    /// What a listing shows of a folder.
    pub(crate) names: fn(&Path) -> Vec<Vec<u8>>,
    /// The address of a link.
    pub(crate) href: fn(&[u8]) -> String,
    /// The text of a link.
    pub(crate) text: fn(&[u8]) -> String,
}

impl Pages {
    pub(crate) fn right() -> Self {
        Pages {
            answer,
            place: |site, path| {
                let name = percent_decode(path.strip_prefix('/')?);
                let parts: Vec<&[u8]> = name.strip_suffix(b"/").unwrap_or(&name).split(|byte| *byte == b'/').collect();
                let safe = name.is_empty() || !parts.iter().any(|part| part.is_empty() || part.starts_with(b"."));
                let place = site.root.as_ref()?.join(OsStr::from_bytes(&name));
                (safe && name != b"_redirects" && !(name.ends_with(b"/") && place.is_file())).then_some(place)
            },
            media_type: |name| match name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
                Some("html") => HTML,
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("txt") => "text/plain; charset=utf-8",
                Some("json") => "application/json",
                Some("svg") => "image/svg+xml",
                Some("png") => "image/png",
                _ => "application/octet-stream",
            },
            to_slash: |path, query| {
                let path = path.trim_start_matches('/');
                redirect("301 Moved Permanently", &with_query(&format!("/{path}/"), query))
            },
            folder: |pages, place, path| match fs::read(place.join("index.html")) {
                Ok(page) => Some(page),
                Err(_) => list(pages, place, path),
            },
            error: |site, status| match (&status[..3], site.root.as_ref().map(|root| fs::read(root.join("404.html")))) {
                ("404", Some(Ok(page))) => with_status(status, page),
                _ => with_status(status, format!("<!doctype html><title>{status}</title>").into()),
            },
            moved: |table, path| {
                table.lines().find_map(|line| {
                    let mut words = line.split_whitespace();
                    let (from, to) = (words.next()?, words.next()?);
                    let status = words.next().unwrap_or("301");
                    let known = ["301", "302", "303", "307", "308", "410", "418"].contains(&status);
                    (from == path && from.starts_with('/') && known).then(|| (to.into(), status.into()))
                })
            },
            to_target: |pages, site, target, status, query| {
                if status.starts_with('3') {
                    return redirect(&format!("{status} Elsewhere"), &with_query(target, query));
                }
                let page = (pages.place)(site, target).and_then(|place| fs::read(place).ok());
                match page {
                    Some(page) => with_status(&format!("{status} As The Table Says"), page),
                    None => (pages.error)(site, &format!("{status} As The Table Says")),
                }
            },
            template: |place, page| {
                let html = place.extension().is_some_and(|end| end == "html");
                page.strip_prefix(MARK).filter(|_| html).map(<[u8]>::to_vec)
            },
            pairs: |text| {
                let decode =
                    |part: &str| String::from_utf8_lossy(&percent_decode(&part.replace('+', " "))).into_owned();
                let pair = |part: &str| {
                    let (name, value) = part.split_once('=').unwrap_or((part, ""));
                    (decode(name), decode(value))
                };
                text.split('&').map(pair).collect()
            },
            value: |pairs, name| {
                pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
            },
            escape: |text| {
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                text.replace('"', "&quot;").replace('\'', "&#39;")
            },
            fill: |pages, template, pairs| {
                let mut parts = template.split("{{");
                let mut page = parts.next()?.to_string();
                for part in parts {
                    let (name, rest) = part.split_once("}}")?;
                    let name = name.trim();
                    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                        return None;
                    }
                    page += &(pages.escape)(&(pages.value)(pairs, name));
                    page += rest;
                }
                Some(page)
            },
            broken: |pages, site, _, _| (pages.error)(site, "500 Internal Server Error"),
            is_form: |value| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM),
            both: |query, form| [form, query].concat(),
            names: |folder| {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                let name = |entry: fs::DirEntry| {
                    let mut name = entry.file_name().as_bytes().to_vec();
                    if entry.path().is_dir() {
                        name.push(b'/');
                    }
                    name
                };
                let mut names: Vec<_> = entries.map(name).filter(|name| !name.starts_with(b".")).collect();
                names.sort();
                names
            },
            href: |name| {
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
                name.iter().map(|b| if plain(b) { char::from(*b).into() } else { format!("%{b:02X}") }).collect()
            },
            text: |name| (Pages::right().escape)(&String::from_utf8_lossy(name)),
        }
    }
}

/// The answer where `--root` is given and no other path is meant.
pub(crate) fn route(parts: &Parts, request: &Request, site: &Site) -> Option<Reply> {
    site.root.as_ref()?;
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.target.as_str(), None),
    };
    let elsewhere = ["/echo/", "/files/"].iter().any(|start| path.starts_with(start)) || path == "/user-agent";
    (!elsewhere).then(|| (parts.pages.answer)(&parts.pages, site, request, path, query))
}

pub(crate) fn answer(pages: &Pages, site: &Site, request: &Request, path: &str, query: Option<&str>) -> Reply {
    let missing = || (pages.error)(site, "404 Not Found");
    let decoded = String::from_utf8_lossy(&percent_decode(path)).into_owned();
    let table =
        site.root.as_ref().and_then(|root| fs::read_to_string(root.join("_redirects")).ok()).unwrap_or_default();
    if let Some((target, status)) = (pages.moved)(&table, &decoded) {
        return (pages.to_target)(pages, site, &target, &status, query);
    }
    let Some(place) = (pages.place)(site, path) else {
        return missing();
    };
    let (place, page) = if !place.is_dir() {
        (place.clone(), fs::read(&place).ok())
    } else if path.ends_with('/') {
        (place.join("index.html"), (pages.folder)(pages, &place, path))
    } else {
        return (pages.to_slash)(path, query);
    };
    let Some(page) = page else {
        return missing();
    };
    let query = query.map(pages.pairs).unwrap_or_default();
    match (request.method.as_str(), (pages.template)(&place, &page)) {
        ("GET", None) => Reply::with((pages.media_type)(&place.to_string_lossy()), page),
        ("GET", Some(template)) => filled(pages, site, &place, &template, &query),
        ("POST", Some(template)) => {
            let field = (Parts::right().field)(&request.head, "Content-Type");
            if !field.is_some_and(|value| (pages.is_form)(&value)) {
                return (pages.error)(site, "415 Unsupported Media Type");
            }
            let form = (pages.pairs)(&String::from_utf8_lossy(&request.body));
            filled(pages, site, &place, &template, &(pages.both)(query, form))
        }
        _ => {
            let mut reply = (pages.error)(site, "405 Method Not Allowed");
            reply.set("Allow", "GET");
            reply
        }
    }
}

fn filled(pages: &Pages, site: &Site, place: &Path, template: &[u8], pairs: &Pairs) -> Reply {
    match (pages.fill)(pages, &String::from_utf8_lossy(template), pairs) {
        Some(page) => {
            let mut reply = Reply::with(HTML, page.into());
            reply.set("Cache-Control", "no-store");
            reply
        }
        None => (pages.broken)(pages, site, place, template),
    }
}

/// A page that goes with a status.
pub(crate) fn with_status(status: &str, page: Vec<u8>) -> Reply {
    let mut reply = Reply::with(HTML, page);
    reply.status_line = format!("HTTP/1.1 {status}");
    reply
}

pub(crate) fn redirect(status: &str, target: &str) -> Reply {
    let mut reply = Reply::empty(status);
    reply.set("Location", target);
    reply
}

/// A target with the query of the request, unless it has one.
pub(crate) fn with_query(target: &str, query: Option<&str>) -> String {
    match query {
        Some(query) if !target.contains('?') => format!("{target}?{query}"),
        _ => target.into(),
    }
}

/// A page that lists a folder.
pub(crate) fn list(pages: &Pages, folder: &Path, path: &str) -> Option<Vec<u8>> {
    let path = (pages.text)(&percent_decode(path));
    let mut page = format!("<!doctype html><title>{path}</title><ul>");
    for name in (pages.names)(folder) {
        page += &format!("<li><a href=\"./{}\">{}</a></li>", (pages.href)(&name), (pages.text)(&name));
    }
    Some(page.into())
}
