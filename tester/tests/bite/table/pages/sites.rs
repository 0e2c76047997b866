use std::fs;

use super::super::{Row, own};
use crate::server::pages::{HTML, Pages, answer, redirect, with_query, with_status};
use crate::server::{Reply, percent_decode};

/// Stages 15 to 17.
pub(super) fn rows() -> Vec<Row> {
    vec![
        own(15, "page-is-bytes", "15-19,21-22", "the last dot of the file's name", |p| {
            p.pages.media_type = |_| "application/octet-stream";
        }),
        own(15, "page-is-plain-text", "15-19,21-22", "the last dot of the file's name", |p| {
            p.pages.media_type = |_| "text/plain; charset=utf-8";
        }),
        own(15, "page-without-charset", "15-19,21-22", "text needs `; charset=utf-8`", |p| {
            p.pages.media_type = |name| (Pages::right().media_type)(name).split(';').next().unwrap_or_default();
        }),
        own(15, "type-of-capitals", "15", "the last dot of the file's name", |p| {
            p.pages.media_type = |name| match name.ends_with(".PNG") {
                true => "application/octet-stream",
                false => (Pages::right().media_type)(name),
            };
        }),
        own(15, "type-by-the-first-end", "15", "the last dot of the file's name", |p| {
            p.pages.media_type = |name| {
                let name = name.rsplit('/').next().unwrap_or_default();
                (Pages::right().media_type)(&name.split('.').take(2).collect::<Vec<_>>().join("."))
            };
        }),
        own(15, "type-by-the-folder", "15", "the last dot of the file's name", |p| {
            p.pages.media_type = |name| match name.contains(".html/") {
                true => HTML,
                false => (Pages::right().media_type)(name),
            };
        }),
        own(15, "everything-is-a-page", "15,19,22", "the last dot of the file's name", |p| {
            p.pages.media_type = |_| HTML;
        }),
        own(15, "unknown-is-text", "15", "the last dot of the file's name", |p| {
            p.pages.media_type = |name| match (Pages::right().media_type)(name) {
                "application/octet-stream" => "text/plain; charset=utf-8",
                known => known,
            };
        }),
        own(15, "name-with-the-query", "15-16,18-21", "compare the path without the query", |p| {
            p.pages.answer = |pages, site, request, path, query| match query {
                Some(query) => answer(pages, site, request, &format!("{path}%3F{query}"), None),
                None => answer(pages, site, request, path, None),
            };
        }),
        own(15, "name-still-encoded", "15-16,22", "the path is percent-encoded", |p| {
            p.pages.place = |site, path| (Pages::right().place)(site, &path.replace('%', "%25"));
        }),
        own(15, "page-climbs-out", "15,22", "leads out of the directory", |p| {
            p.pages.place = |site, path| match path.contains("..") {
                true => Some(site.root.as_ref()?.join(&path[1..])),
                false => (Pages::right().place)(site, path),
            };
        }),
        own(15, "page-climbs-out-when-encoded", "15", "leads out of the directory", |p| {
            p.pages.place = |site, path| match path.to_lowercase().contains("%2e%2e") {
                true => Some(site.root.as_ref()?.join(str::from_utf8(&percent_decode(&path[1..])).ok()?)),
                false => (Pages::right().place)(site, path),
            };
        }),
        own(15, "hidden-files-for-all", "15", "begins with a dot", |p| {
            p.pages.place = |site, path| match path.strip_prefix("/.") {
                Some(name) if !name.starts_with('.') => Some(site.root.as_ref()?.join(format!(".{name}"))),
                _ => (Pages::right().place)(site, path),
            };
        }),
        own(16, "folder-without-a-redirect", "16,22", "the address of a folder ends in a slash", |p| {
            p.pages.to_slash = |path, _| with_status("200 OK", path.into());
        }),
        own(16, "folder-with-a-temporary-redirect", "16,22", "the address of a folder ends in a slash", |p| {
            p.pages.to_slash = |path, query| redirect("302 Found", &with_query(&format!("{path}/"), query));
        }),
        own(16, "redirect-without-the-query", "16", "the query of the request is kept", |p| {
            p.pages.to_slash = |path, _| redirect("301 Moved Permanently", &format!("{path}/"));
        }),
        own(16, "redirect-with-the-slash-behind-the-query", "16", "a slash where one was missing", |p| {
            p.pages.to_slash =
                |path, query| redirect("301 Moved Permanently", &format!("{}/", with_query(path, query)));
        }),
        own(16, "redirect-to-the-decoded-path", "16", "a target has no spaces", |p| {
            p.pages.to_slash = |path, query| {
                let path = String::from_utf8_lossy(&percent_decode(path)).into_owned();
                redirect("301 Moved Permanently", &with_query(&format!("{path}/"), query))
            };
        }),
        own(16, "redirect-to-the-last-part", "16", "a slash where one was missing", |p| {
            p.pages.to_slash = |path, query| {
                let name = path.rsplit('/').next().unwrap_or_default();
                redirect("301 Moved Permanently", &with_query(&format!("/{name}/"), query))
            };
        }),
        own(16, "redirect-to-another-host", "16", "names another host", |p| {
            p.pages.place = |site, path| {
                (Pages::right().place)(site, path.strip_prefix('/').filter(|p| p.starts_with('/')).unwrap_or(path))
            };
            p.pages.to_slash = |path, query| redirect("301 Moved Permanently", &with_query(&format!("{path}/"), query));
        }),
        own(16, "no-index-of-the-site", "16,22", "The field Content-Type is missing", |p| {
            p.pages.answer = |pages, site, request, path, query| match path {
                "/" => Reply::empty("200 OK"),
                _ => answer(pages, site, request, path, query),
            };
        }),
        own(16, "no-index", "16,19,22", "its `index.html`, or the list|compare the path without the query", |p| {
            p.pages.folder = |_, _, _| None;
        }),
        own(16, "index-for-what-is-missing", "16", "nothing has an empty name", |p| {
            p.pages.error =
                |site, status| match site.root.as_ref().and_then(|root| fs::read(root.join("index.html")).ok()) {
                    Some(page) => with_status("200 OK", page),
                    None => (Pages::right().error)(site, status),
                };
        }),
        own(16, "file-with-a-slash", "16", "nothing has this path", |p| {
            p.pages.place = |site, path| match path.strip_suffix(".html/") {
                Some(name) => (Pages::right().place)(site, &format!("{name}.html")),
                None => (Pages::right().place)(site, path),
            };
        }),
        own(17, "soft-404", "17", "nothing has this path", |p| {
            p.pages.error = |site, status| {
                let mut reply = (Pages::right().error)(site, status);
                if status.starts_with("404") && site.root.as_ref().is_some_and(|root| root.join("404.html").exists()) {
                    reply.status_line = "HTTP/1.1 200 OK".into();
                }
                reply
            };
        }),
        own(17, "redirect-to-the-error-page", "17", "answered with 404 itself", |p| {
            p.pages.error = |site, status| match (
                &status[..3],
                site.root.as_ref().is_some_and(|root| root.join("404.html").exists()),
            ) {
                ("404", true) => redirect("302 Found", "/404.html"),
                _ => (Pages::right().error)(site, status),
            };
        }),
        own(17, "error-without-the-page", "17", "the `404.html` of the site", |p| {
            p.pages.error = |_, status| with_status(status, format!("<h1>{status}</h1>").into());
        }),
        own(17, "errors-without-a-body", "17-18,21", "an error page is HTML", |p| {
            p.pages.error = |_, status| Reply::empty(status);
        }),
        own(17, "error-page-as-plain-text", "17-18,21", "an error page is HTML", |p| {
            p.pages.error = |site, status| {
                let mut reply = (Pages::right().error)(site, status);
                reply.set("Content-Type", "text/plain");
                reply
            };
        }),
        own(17, "error-page-of-the-folder", "17", "the `404.html` of the site", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                let folder = path.split('/').nth(1).unwrap_or_default();
                match site.root.as_ref().map(|root| fs::read(root.join(folder).join("404.html"))) {
                    Some(Ok(page)) if reply.status_line.contains("404") => with_status("404 Not Found", page),
                    _ => reply,
                }
            };
        }),
        own(17, "error-page-only-for-pages", "17", "an error page is HTML", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                let reply = answer(pages, site, request, path, query);
                match reply.status_line.contains("404") && path.ends_with(".png") {
                    true => Reply::empty("404 Not Found"),
                    false => reply,
                }
            };
        }),
        own(17, "part-of-the-error-page", "17", "ranges and conditions are for", |p| {
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
        own(17, "deletes-pages", "17", "a page is there to be looked at", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                if request.method == "DELETE"
                    && let Some(place) = (pages.place)(site, path)
                {
                    let _ = fs::remove_file(place);
                }
                answer(pages, site, request, path, query)
            };
        }),
        own(17, "delete-is-get", "17", "a page is there to be looked at", |p| {
            p.pages.answer = |pages, site, request, path, query| match request.method.as_str() {
                "DELETE" => answer(pages, site, &request.with_method("GET"), path, query),
                _ => answer(pages, site, request, path, query),
            };
        }),
    ]
}
