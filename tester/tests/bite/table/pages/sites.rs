use std::fs;

use super::super::{Cause::Id, Row, own};
use crate::server::pages::{HTML, Pages, answer, redirect, with_query, with_status};
use crate::server::{Reply, percent_decode};

/// Pages, folders and errors: `pg1` to `pg3`.
pub(super) fn rows() -> Vec<Row> {
    vec![
        own(
            "pg1",
            "page-is-bytes",
            &["pg1", "pg2", "pg3", "pg4", "pg5", "pg7", "pg8"],
            &[Id("pages/media-type")],
            |p| {
                p.pages.media_type = |_| "application/octet-stream";
            },
        ),
        own(
            "pg1",
            "page-is-plain-text",
            &["pg1", "pg2", "pg3", "pg4", "pg5", "pg7", "pg8"],
            &[Id("pages/media-type")],
            |p| {
                p.pages.media_type = |_| "text/plain; charset=utf-8";
            },
        ),
        own(
            "pg1",
            "page-without-charset",
            &["pg1", "pg2", "pg3", "pg4", "pg5", "pg7", "pg8"],
            &[Id("pages/no-charset")],
            |p| {
                p.pages.media_type = |name| (Pages::right().media_type)(name).split(';').next().unwrap_or_default();
            },
        ),
        own("pg1", "type-of-capitals", &["pg1"], &[Id("pages/media-type")], |p| {
            p.pages.media_type = |name| {
                if name.ends_with(".PNG") { "application/octet-stream" } else { (Pages::right().media_type)(name) }
            };
        }),
        own("pg1", "type-by-the-first-end", &["pg1"], &[Id("pages/media-type")], |p| {
            p.pages.media_type = |name| {
                let name = name.rsplit('/').next().unwrap_or_default();
                (Pages::right().media_type)(&name.split('.').take(2).collect::<Vec<_>>().join("."))
            };
        }),
        own("pg1", "type-by-the-folder", &["pg1"], &[Id("pages/media-type")], |p| {
            p.pages.media_type = |name| if name.contains(".html/") { HTML } else { (Pages::right().media_type)(name) };
        }),
        own("pg1", "everything-is-a-page", &["pg1", "pg5", "pg8"], &[Id("pages/media-type")], |p| {
            p.pages.media_type = |_| HTML;
        }),
        own("pg1", "unknown-is-text", &["pg1"], &[Id("pages/media-type")], |p| {
            p.pages.media_type = |name| match (Pages::right().media_type)(name) {
                "application/octet-stream" => "text/plain; charset=utf-8",
                known => known,
            };
        }),
        own(
            "pg1",
            "name-with-the-query",
            &["pg1", "pg2", "pg4", "pg5", "pg6", "pg7"],
            &[Id("pages/cannot-be-filled"), Id("pages/query-in-path")],
            |p| {
                p.pages.answer = |pages, site, request, path, query| match query {
                    Some(query) => answer(pages, site, request, &format!("{path}%3F{query}"), None),
                    None => answer(pages, site, request, path, None),
                };
            },
        ),
        own(
            "pg1",
            "name-still-encoded",
            &["pg1", "pg2", "pg8"],
            &[Id("pages/encoded-path"), Id("percent-encoded")],
            |p| {
                p.pages.place = |site, path| (Pages::right().place)(site, &path.replace('%', "%25"));
            },
        ),
        own("pg1", "page-climbs-out", &["pg1", "pg8"], &[Id("pages/outside")], |p| {
            p.pages.place = |site, path| {
                if path.contains("..") {
                    Some(site.root.as_ref()?.join(&path[1..]))
                } else {
                    (Pages::right().place)(site, path)
                }
            };
        }),
        own("pg1", "page-climbs-out-when-encoded", &["pg1"], &[Id("pages/outside")], |p| {
            p.pages.place = |site, path| {
                if path.to_lowercase().contains("%2e%2e") {
                    Some(site.root.as_ref()?.join(str::from_utf8(&percent_decode(&path[1..])).ok()?))
                } else {
                    (Pages::right().place)(site, path)
                }
            };
        }),
        own("pg1", "hidden-files-for-all", &["pg1"], &[Id("pg1/hidden-name")], |p| {
            p.pages.place = |site, path| match path.strip_prefix("/.") {
                Some(name) if !name.starts_with('.') => Some(site.root.as_ref()?.join(format!(".{name}"))),
                _ => (Pages::right().place)(site, path),
            };
        }),
        own("pg2", "folder-without-a-redirect", &["pg2", "pg8"], &[Id("pages/folder-redirect")], |p| {
            p.pages.to_slash = |path, _| with_status("200 OK", path.into());
        }),
        own("pg2", "folder-with-a-temporary-redirect", &["pg2", "pg8"], &[Id("pages/folder-redirect")], |p| {
            p.pages.to_slash = |path, query| redirect("302 Found", &with_query(&format!("{path}/"), query));
        }),
        own("pg2", "redirect-without-the-query", &["pg2"], &[Id("pg2/query-kept")], |p| {
            p.pages.to_slash = |path, _| redirect("301 Moved Permanently", &format!("{path}/"));
        }),
        own("pg2", "redirect-with-the-slash-behind-the-query", &["pg2"], &[Id("pages/location")], |p| {
            p.pages.to_slash =
                |path, query| redirect("301 Moved Permanently", &format!("{}/", with_query(path, query)));
        }),
        own("pg2", "redirect-to-the-decoded-path", &["pg2"], &[Id("pg2/no-spaces")], |p| {
            p.pages.to_slash = |path, query| {
                let path = String::from_utf8_lossy(&percent_decode(path)).into_owned();
                redirect("301 Moved Permanently", &with_query(&format!("{path}/"), query))
            };
        }),
        own("pg2", "redirect-to-the-last-part", &["pg2"], &[Id("pages/location")], |p| {
            p.pages.to_slash = |path, query| {
                let name = path.rsplit('/').next().unwrap_or_default();
                redirect("301 Moved Permanently", &with_query(&format!("/{name}/"), query))
            };
        }),
        own("pg2", "redirect-to-another-host", &["pg2"], &[Id("pg2/another-host")], |p| {
            p.pages.place = |site, path| {
                (Pages::right().place)(site, path.strip_prefix('/').filter(|p| p.starts_with('/')).unwrap_or(path))
            };
            p.pages.to_slash = |path, query| redirect("301 Moved Permanently", &with_query(&format!("{path}/"), query));
        }),
        own("pg2", "no-index-of-the-site", &["pg2", "pg8"], &[Id("field-not-written")], |p| {
            p.pages.answer = |pages, site, request, path, query| match path {
                "/" => Reply::empty("200 OK"),
                _ => answer(pages, site, request, path, query),
            };
        }),
        own("pg2", "no-index", &["pg2", "pg5", "pg8"], &[Id("pages/folder-index"), Id("pages/query-in-path")], |p| {
            p.pages.folder = |_, _, _| None;
        }),
        own("pg2", "index-for-what-is-missing", &["pg2"], &[Id("pg2/two-slashes")], |p| {
            p.pages.error =
                |site, status| match site.root.as_ref().and_then(|root| fs::read(root.join("index.html")).ok()) {
                    Some(page) => with_status("200 OK", page),
                    None => (Pages::right().error)(site, status),
                };
        }),
        own("pg2", "file-with-a-slash", &["pg2"], &[Id("pages/nothing-there")], |p| {
            p.pages.place = |site, path| match path.strip_suffix(".html/") {
                Some(name) => (Pages::right().place)(site, &format!("{name}.html")),
                None => (Pages::right().place)(site, path),
            };
        }),
        own("pg3", "soft-404", &["pg3"], &[Id("pages/nothing-there")], |p| {
            p.pages.error = |site, status| {
                let mut reply = (Pages::right().error)(site, status);
                if status.starts_with("404") && site.root.as_ref().is_some_and(|root| root.join("404.html").exists()) {
                    reply.status_line = "HTTP/1.1 200 OK".into();
                }
                reply
            };
        }),
        own("pg3", "redirect-to-the-error-page", &["pg3"], &[Id("pages/missing-is-404")], |p| {
            p.pages.error = |site, status| match (
                &status[..3],
                site.root.as_ref().is_some_and(|root| root.join("404.html").exists()),
            ) {
                ("404", true) => redirect("302 Found", "/404.html"),
                _ => (Pages::right().error)(site, status),
            };
        }),
        own("pg3", "error-without-the-page", &["pg3"], &[Id("pages/site-404-page")], |p| {
            p.pages.error = |_, status| with_status(status, format!("<h1>{status}</h1>").into());
        }),
        own("pg3", "errors-without-a-body", &["pg3", "pg4", "pg7"], &[Id("pages/error-page-type")], |p| {
            p.pages.error = |_, status| Reply::empty(status);
        }),
        own("pg3", "error-page-as-plain-text", &["pg3", "pg4", "pg7"], &[Id("pages/error-page-type")], |p| {
            p.pages.error = |site, status| {
                let mut reply = (Pages::right().error)(site, status);
                reply.set("Content-Type", "text/plain");
                reply
            };
        }),
        own("pg3", "error-page-of-the-folder", &["pg3"], &[Id("pages/site-404-page")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                let folder = path.split('/').nth(1).unwrap_or_default();
                match site.root.as_ref().map(|root| fs::read(root.join(folder).join("404.html"))) {
                    Some(Ok(page)) if reply.status_line.contains("404") => with_status("404 Not Found", page),
                    _ => reply,
                }
            };
        }),
        own("pg3", "error-page-only-for-pages", &["pg3"], &[Id("pages/error-page-type")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                if reply.status_line.contains("404") && path.ends_with(".png") {
                    Reply::empty("404 Not Found")
                } else {
                    reply
                }
            };
        }),
        own("pg3", "part-of-the-error-page", &["pg3"], &[Id("pg3/not-for-errors")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let mut reply = answer(pages, site, request, path, query);
                if request.head.contains("Range: bytes=0-3") {
                    reply.status_line = "HTTP/1.1 206 Partial Content".into();
                    reply.set("Content-Range", format!("bytes 0-3/{}", reply.body.len()));
                    reply.set_body(reply.body[..4].to_vec());
                }
                reply
            };
        }),
        own("pg3", "deletes-pages", &["pg3"], &[Id("pg3/pages-are-read")], |p| {
            p.pages.answer = |pages, site, request, path, query| {
                if request.method == "DELETE"
                    && let Some(place) = (pages.place)(site, path)
                {
                    let _ = fs::remove_file(place);
                }
                answer(pages, site, request, path, query)
            };
        }),
        own("pg3", "delete-is-get", &["pg3"], &[Id("pg3/pages-are-read")], |p| {
            p.pages.answer = |pages, site, request, path, query| match request.method.as_str() {
                "DELETE" => answer(pages, site, &request.with_method("GET"), path, query),
                _ => answer(pages, site, request, path, query),
            };
        }),
    ]
}
