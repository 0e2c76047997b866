use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::super::{Cause::Id, Row, own};
use crate::server::Reply;
use crate::server::pages::{HTML, Pages, answer, list};

/// Lists of folders: `pg8`.
pub(super) fn rows() -> Vec<Row> {
    vec![
        own("pg8", "no-listing", &["pg8"], &[Id("pages/folder-index")], |p| {
            p.pages.folder = |_, place, _| fs::read(place.join("index.html")).ok();
        }),
        own("pg8", "listing-in-place-of-the-index", &["pg2", "pg5", "pg8"], &[Id("pages/index-not-list")], |p| {
            p.pages.folder = list;
        }),
        own("pg8", "listing-as-plain-text", &["pg8"], &[Id("pages/media-type")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let mut reply = answer(pages, site, request, path, query);
                if reply.body.ends_with(b"</ul>") || reply.body.windows(4).any(|w| w == b"<ul>") {
                    reply.set("Content-Type", "text/plain; charset=utf-8");
                }
                reply
            };
        }),
        own("pg8", "listing-of-hidden-files", &["pg8"], &[Id("pages/not-for-this-client")], |p| {
            p.pages.names = |folder| {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                [
                    (Pages::right().names)(folder),
                    entries.map(|e| e.file_name().as_bytes().to_vec()).filter(|n| n.starts_with(b".")).collect(),
                ]
                .concat()
            };
        }),
        own("pg8", "listing-without-encoding", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| String::from_utf8_lossy(name).into_owned();
        }),
        own("pg8", "listing-encodes-spaces-only", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| String::from_utf8_lossy(name).replace(' ', "%20");
        }),
        own("pg8", "listing-leaves-percent-signs", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| (Pages::right().href)(name).replace("%25", "%");
        }),
        own("pg8", "listing-with-plus-for-spaces", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| (Pages::right().href)(name).replace("%20", "+");
        }),
        own("pg8", "listing-escapes-addresses-as-html", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| (Pages::right().escape)(&String::from_utf8_lossy(name)).replace(' ', "%20");
        }),
        own("pg8", "listing-without-escaping", &["pg8"], &[Id("pg8/unescaped")], |p| {
            p.pages.text = |name| String::from_utf8_lossy(name).into_owned();
        }),
        own("pg8", "listing-escapes-tags-only", &["pg8"], &[Id("pg8/unescaped")], |p| {
            p.pages.text = |name| String::from_utf8_lossy(name).replace('<', "&lt;").replace('>', "&gt;");
        }),
        own("pg8", "listing-shows-addresses", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.text = |name| (Pages::right().href)(name);
        }),
        own("pg8", "listing-of-text", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.href = |name| (Pages::right().href)(String::from_utf8_lossy(name).as_bytes());
        }),
        own("pg8", "listing-of-utf-8-only", &["pg8"], &[Id("pg8/address-not-encoded")], |p| {
            p.pages.names = |folder| {
                (Pages::right().names)(folder).into_iter().filter(|name| str::from_utf8(name).is_ok()).collect()
            };
        }),
        own("pg8", "folders-without-a-slash", &["pg8"], &[Id("pages/name-not-listed")], |p| {
            p.pages.names = |folder| {
                let names = (Pages::right().names)(folder);
                names.into_iter().map(|name| name.strip_suffix(b"/").map(<[u8]>::to_vec).unwrap_or(name)).collect()
            };
        }),
        own("pg8", "listing-of-files-only", &["pg8"], &[Id("pages/name-not-listed")], |p| {
            p.pages.names =
                |folder| (Pages::right().names)(folder).into_iter().filter(|name| !name.ends_with(b"/")).collect();
        }),
        own("pg8", "listing-of-the-whole-tree", &["pg8"], &[Id("pages/not-for-this-client")], |p| {
            fn below(folder: &Path) -> Vec<Vec<u8>> {
                let inner = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
                let inner = inner.filter(|path| path.is_dir()).flat_map(|path| below(&path));
                (Pages::right().names)(folder).into_iter().chain(inner.collect::<Vec<_>>()).collect()
            }
            p.pages.names = below;
        }),
        own("pg8", "no-list-of-nothing", &["pg8"], &[Id("pages/folder-index")], |p| {
            p.pages.folder = |pages, place, path| {
                if (pages.names)(place).is_empty() { None } else { (Pages::right().folder)(pages, place, path) }
            };
        }),
        own("pg8", "list-of-what-is-missing", &["pg2", "pg8"], &[Id("pages/nothing-there")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                if reply.status_line.contains("404") && path.ends_with('/') && !path.contains('.') {
                    Reply::with(HTML, list(pages, Path::new("/nonexistent"), path).unwrap_or_default())
                } else {
                    reply
                }
            };
        }),
    ]
}
