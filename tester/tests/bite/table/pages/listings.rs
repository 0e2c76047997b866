use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::super::{Row, own};
use crate::server::Reply;
use crate::server::pages::{HTML, Pages, answer, list};

/// Stage 22.
pub(super) fn rows() -> Vec<Row> {
    vec![
        own(22, "no-listing", "22", "its `index.html`, or the list", |p| {
            p.pages.folder = |_, place, _| fs::read(place.join("index.html")).ok();
        }),
        own(22, "listing-in-place-of-the-index", "16,19,22", "shows it, and no list", |p| p.pages.folder = list),
        own(22, "listing-as-plain-text", "22", "the last dot of the file's name", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let mut reply = answer(pages, site, request, path, query);
                if reply.body.ends_with(b"</ul>") || reply.body.windows(4).any(|w| w == b"<ul>") {
                    reply.set("Content-Type", "text/plain; charset=utf-8");
                }
                reply
            };
        }),
        own(22, "listing-of-hidden-files", "22", "not for this client", |p| {
            p.pages.names = |folder| {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                [
                    (Pages::right().names)(folder),
                    entries.map(|e| e.file_name().as_bytes().to_vec()).filter(|n| n.starts_with(b".")).collect(),
                ]
                .concat()
            };
        }),
        own(22, "listing-without-encoding", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| String::from_utf8_lossy(name).into_owned();
        }),
        own(22, "listing-encodes-spaces-only", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| String::from_utf8_lossy(name).replace(' ', "%20");
        }),
        own(22, "listing-leaves-percent-signs", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| (Pages::right().href)(name).replace("%25", "%");
        }),
        own(22, "listing-with-plus-for-spaces", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| (Pages::right().href)(name).replace("%20", "+");
        }),
        own(22, "listing-escapes-addresses-as-html", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| (Pages::right().escape)(&String::from_utf8_lossy(name)).replace(' ', "%20");
        }),
        own(22, "listing-without-escaping", "22", "text, not HTML", |p| {
            p.pages.text = |name| String::from_utf8_lossy(name).into_owned();
        }),
        own(22, "listing-escapes-tags-only", "22", "text, not HTML", |p| {
            p.pages.text = |name| String::from_utf8_lossy(name).replace('<', "&lt;").replace('>', "&gt;");
        }),
        own(22, "listing-shows-addresses", "22", "percent-encoded byte by byte", |p| {
            p.pages.text = |name| (Pages::right().href)(name);
        }),
        own(22, "listing-of-text", "22", "percent-encoded byte by byte", |p| {
            p.pages.href = |name| (Pages::right().href)(String::from_utf8_lossy(name).as_bytes());
        }),
        own(22, "listing-of-utf-8-only", "22", "percent-encoded byte by byte", |p| {
            p.pages.names = |folder| {
                (Pages::right().names)(folder).into_iter().filter(|name| str::from_utf8(name).is_ok()).collect()
            };
        }),
        own(22, "folders-without-a-slash", "22", "of everything in the folder", |p| {
            p.pages.names = |folder| {
                let names = (Pages::right().names)(folder);
                names.into_iter().map(|name| name.strip_suffix(b"/").map(<[u8]>::to_vec).unwrap_or(name)).collect()
            };
        }),
        own(22, "listing-of-files-only", "22", "of everything in the folder", |p| {
            p.pages.names =
                |folder| (Pages::right().names)(folder).into_iter().filter(|name| !name.ends_with(b"/")).collect();
        }),
        own(22, "listing-of-the-whole-tree", "22", "not for this client", |p| {
            fn below(folder: &Path) -> Vec<Vec<u8>> {
                let inner = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                let inner = inner.filter(|path| path.is_dir()).flat_map(|path| below(&path));
                (Pages::right().names)(folder).into_iter().chain(inner.collect::<Vec<_>>()).collect()
            }
            p.pages.names = below;
        }),
        own(22, "no-list-of-nothing", "22", "its `index.html`, or the list", |p| {
            p.pages.folder = |pages, place, path| match (pages.names)(place).is_empty() {
                true => None,
                false => (Pages::right().folder)(pages, place, path),
            };
        }),
        own(22, "list-of-what-is-missing", "16,22", "nothing has this path", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                match reply.status_line.contains("404") && path.ends_with('/') && !path.contains('.') {
                    true => Reply::with(HTML, list(pages, Path::new("/nonexistent"), path).unwrap_or_default()),
                    false => reply,
                }
            };
        }),
    ]
}
