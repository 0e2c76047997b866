//! The web site below `--root`: pages, folders, redirects and errors.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
};

use rustix::fs::{Mode, mkfifoat};
use tempfile::TempDir;

use crate::{
    gzip::decoded,
    harness::{Response, Server},
};

/// A server with a web site of these files.
pub(crate) fn site(files: &[(&str, &str)], flags: &[&str]) -> (Server, TempDir) {
    let root = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        write(root.path(), name, contents);
    }
    let flags = [&["--root", root.path().to_str().unwrap()], flags].concat();
    (Server::start_without_directory(&flags), root)
}

pub(crate) fn write(root: &Path, name: &str, contents: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

/// A page that a browser shows well.
#[track_caller]
pub(crate) fn is_html(response: &Response, title: &str) {
    assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"), "{title}");
    let text = response.text();
    assert!(text.starts_with("<!doctype html>") && text.contains("name=\"viewport\""), "{text}");
    assert!(text.contains(&format!("<h1>{title}</h1>")), "{text}");
}

#[test]
fn a_page_has_the_media_type_of_its_extension() {
    let names = [
        ("a.html", "text/html; charset=utf-8"),
        ("A.HTML", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.unknown-to-all", "application/octet-stream"),
        ("none", "application/octet-stream"),
        ("a b.txt", "text/plain; charset=utf-8"),
    ];
    let (server, _root) = site(&names.map(|(name, _)| (name, "contents")), &[]);
    for (name, media_type) in names {
        let response = server.get(&format!("/{}", name.replace(' ', "%20")));
        assert_eq!((response.status, response.field("Content-Type")), (200, Some(media_type)), "{name}");
        assert_eq!(response.text(), "contents");
        assert!(response.field("ETag").is_some() && response.field("Last-Modified").is_some(), "{name}");
    }
    let ask = |name: &str, field: &str| server.once(format!("GET /{name} HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"));
    assert_eq!(decoded(&ask("a.html", "Accept-Encoding: gzip")), b"contents");
    assert_eq!(ask("a.png", "Accept-Encoding: gzip").text(), "contents");
    let part = ask("a.png", "Range: bytes=2-4");
    assert_eq!((part.status, part.text()), (206, "nte"));
    let etag = server.get("/a.html").field("ETag").unwrap().to_owned();
    assert_eq!(ask("a.html", &format!("If-None-Match: {etag}")).status, 304);
    let head = server.once("HEAD /a.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.head, server.get("/a.html").head);
}

#[test]
fn a_folder_has_an_index_behind_its_slash() {
    let files = [("index.html", "home"), ("docs/index.html", "docs"), ("docs/a/b.html", "b"), ("x y/index.html", "xy")];
    let (server, _root) = site(&files, &[]);
    for (target, text) in [("/", "home"), ("/?a", "home"), ("/docs/", "docs"), ("/docs/?q", "docs"), ("/x%20y/", "xy")]
    {
        let response = server.get(target);
        assert_eq!((response.status, response.text()), (200, text), "{target}");
        assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"));
    }
    for (target, location) in [
        ("/docs", "/docs/"),
        ("/docs?a=%20b", "/docs/?a=%20b"),
        ("/x%20y", "/x%20y/"),
        ("/%64ocs", "/%64ocs/"),
        ("/docs/a", "/docs/a/"),
        ("http://example.org/docs?", "/docs/?"),
    ] {
        let response = server.get(target);
        assert_eq!((response.status, response.field("Location")), (301, Some(location)), "{target}");
        is_html(&response, "301 Moved Permanently");
    }
    for target in ["//docs", "//docs/", "/docs//", "/docs/a/b.html/", "/docs/index.html/", "/./docs", "/docs/../docs"] {
        let response = server.get(target);
        assert_eq!((response.status, response.field("Location")), (404, None), "{target}");
    }
}

#[test]
fn an_error_has_a_page() {
    let (server, root) = site(&[("page.html", "page")], &[]);
    for target in ["/none", "/none/", "/page.html/x", "/echo", "/files/none/../x"] {
        let response = server.get(target);
        assert_eq!(response.status, 404, "{target}");
        if !target.starts_with("/files") {
            is_html(&response, "404 Not Found");
        }
    }
    let head = server.once("HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.head, server.get("/none").head);
    assert_eq!(server.once("DELETE /none HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
    assert_eq!(server.once("OPTIONS /none HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
    assert_eq!(server.post("/none", "").status, 404);
    let delete = server.once("DELETE /page.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((delete.status, delete.field("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    is_html(&delete, "405 Method Not Allowed");
    let post = server.post("/page.html", "a=b");
    assert_eq!((post.status, post.field("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    let options = server.once("OPTIONS /page.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((options.status, options.field("Allow")), (204, Some("GET, HEAD, OPTIONS")));
    // The site's own page, from the next request on.
    write(root.path(), "404.html", "<p>lost");
    for target in ["/none", "/a/b/c", "//", "/none?x"] {
        let response = server.get(target);
        assert_eq!((response.status, response.text()), (404, "<p>lost"), "{target}");
        assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"));
        assert_eq!((response.field("ETag"), response.field("Accept-Ranges")), (None, None));
    }
    for field in ["Range: bytes=0-1", "If-None-Match: *", "Accept-Encoding: gzip", "Accept-Encoding: identity;q=0"] {
        let response = server.once(format!("GET /none HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"));
        assert_eq!((response.status, response.text()), (404, "<p>lost"), "{field}");
    }
    write(root.path(), "404.html", "<!-- template -->\n<p>lost {{ what }}");
    assert_eq!(server.get("/none?what=%3C").text(), "<p>lost &lt;");
    write(root.path(), "404.html", "<!-- template -->\n{{");
    let response = server.get("/none");
    assert_eq!(response.status, 404);
    is_html(&response, "404 Not Found");
    server.wait_for_log("error: 404.html:2: ");
}

#[test]
fn the_other_routes_keep_theirs() {
    let files =
        [("echo/abc", "site"), ("user-agent", "site"), ("mirror", "site"), ("files/a", "site"), ("echoes", "site")];
    let (server, _root) = site(&files, &[]);
    assert_eq!(server.get("/echo/abc").text(), "abc");
    assert_eq!(server.get("/user-agent").text(), "");
    assert!(server.get("/mirror").text().starts_with("GET /mirror "));
    assert_eq!(server.get("/files/a").status, 404);
    assert_eq!(server.get("/echoes").text(), "site");
    // Both at once, each with its own.
    let (root, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(root.path(), "a.txt", "page");
    write(directory.path(), "a.txt", "file");
    let flags = ["--root", root.path().to_str().unwrap(), "--directory", directory.path().to_str().unwrap()];
    let server = Server::start_without_directory(&flags);
    assert_eq!((server.get("/a.txt").text(), server.get("/files/a.txt").text()), ("page", "file"));
    assert_eq!(server.post("/files/b.txt", "new").status, 201);
    assert_eq!(server.get("/b.txt").status, 404);
}

#[test]
fn nothing_leads_out_of_the_site() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.html", "secret");
    let files = [
        (".env", "secret"),
        (".git/config", "secret"),
        ("a/.hidden/b", "secret"),
        ("_redirects", "/x /y"),
        (".well-known/security.txt", "public"),
        ("a/_redirects", "public"),
        ("in.html", "public"),
    ];
    let (server, root) = site(&files, &[]);
    symlink(outside.path().join("secret.html"), root.path().join("absolute.html")).unwrap();
    symlink("../../../../../../etc/passwd", root.path().join("relative.html")).unwrap();
    symlink(outside.path(), root.path().join("folder")).unwrap();
    symlink("../in.html", root.path().join("a/link.html")).unwrap();
    mkfifoat(File::open(root.path()).unwrap(), "pipe", Mode::from_raw_mode(0o666)).unwrap();
    for target in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.git/",
        "/.git",
        "/a/.hidden/b",
        "/_redirects",
        "/%5fredirects",
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "/a/../.env",
        "/a/%2e%2e/in.html",
        "/absolute.html",
        "/relative.html",
        "/folder",
        "/folder/",
        "/folder/secret.html",
        "/pipe",
        "//etc/passwd",
    ] {
        let response = server.get(target);
        assert_eq!((response.status, response.field("Location")), (404, None), "{target}");
        assert!(!response.text().contains("secret"), "{target}");
    }
    for target in ["/.well-known/security.txt", "/a/_redirects", "/a/link.html"] {
        assert_eq!(server.get(target).text(), "public", "{target}");
    }
}

#[test]
fn what_may_not_be_read_is_forbidden() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "closed.html", "secret");
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(root.path().join("closed.html"), fs::Permissions::from_mode(0o000)).unwrap();
    let server = Server::start_unprivileged(&["--root", root.path().to_str().unwrap()]);
    let response = server.get("/closed.html");
    assert_eq!(response.status, 403);
    is_html(&response, "403 Forbidden");
}

#[test]
fn the_table_of_redirects_comes_before_the_files() {
    let table = "# moved\n/old /new\n/temporary /new 302\n/see /new?own=1#part 303\n\n/keep /new 307\n\
                 /away https://example.org/a 308\n/page.html /new\n/coffee /teapot.html 418\n/gone /nothing 410\n\
                 /same /page.html 200\n/lost /nothing 200\n/form /fill.html 200\n/caf%C3%A9 /new\n";
    let files = [
        ("_redirects", table),
        ("page.html", "page"),
        ("teapot.html", "short and stout"),
        ("fill.html", "<!-- template -->\n{{ a }}"),
    ];
    let (server, _root) = site(&files, &[]);
    for (target, status, location) in [
        ("/old", 301, "/new"),
        ("/old?a=1&b", 301, "/new?a=1&b"),
        ("/%6Fld", 301, "/new"),
        ("/temporary", 302, "/new"),
        ("/see?other=2", 303, "/new?own=1#part"),
        ("/keep", 307, "/new"),
        ("/away?a", 308, "https://example.org/a?a"),
        ("/page.html", 301, "/new"),
        ("/caf%c3%a9", 301, "/new"),
    ] {
        let response = server.get(target);
        assert_eq!((response.status, response.field("Location")), (status, Some(location)), "{target}");
        assert!(response.text().contains("<a href="), "{target}");
        let head = server.once(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(head.head, response.head, "{target}");
        let post = server.post(target, "content=kept");
        assert_eq!((post.status, post.field("Location")), (status, Some(location)), "POST {target}");
    }
    let teapot = server.get("/coffee");
    assert_eq!((teapot.status, &teapot.reason[..], teapot.text()), (418, "I'm a teapot", "short and stout"));
    assert_eq!(teapot.field("ETag"), None);
    let gone = server.get("/gone");
    assert_eq!(gone.status, 410);
    is_html(&gone, "410 Gone");
    assert_eq!((server.get("/same").status, server.get("/same").text()), (200, "page"));
    assert_eq!(server.get("/lost").status, 404);
    assert_eq!(server.get("/form?a=%26").text(), "&amp;");
    assert_eq!(server.get("/old/").status, 404);
    let delete = server.once("DELETE /old HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((delete.status, delete.field("Allow")), (405, Some("GET, HEAD, POST, OPTIONS")));
}

#[test]
fn the_table_is_read_again_when_it_has_changed() {
    let (server, root) = site(&[("_redirects", "/old /new\nnonsense\n/a /b 999\n")], &[]);
    let first = server.wait_for_log("_redirects:2: ");
    assert!(first.starts_with("warn: ") && first.contains("ignored"), "{first}");
    server.wait_for_log("_redirects:3: STATUS must be");
    assert_eq!(server.get("/old").status, 301);
    File::options().append(true).open(root.path().join("_redirects")).unwrap().write_all(b"/more /new\n").unwrap();
    assert_eq!((server.get("/more").status, server.get("/old").status), (301, 301));
    write(root.path(), "_redirects", "");
    assert_eq!(server.get("/old").status, 404);
    fs::remove_file(root.path().join("_redirects")).unwrap();
    assert_eq!(server.get("/more").status, 404);
    write(root.path(), "_redirects", &"# long\n".repeat(200_000));
    assert_eq!(server.get("/old").status, 404);
    server.wait_for_log("_redirects is larger than");
}

#[test]
fn a_table_of_nothing_but_mistakes_does_not_fill_the_log() {
    let (server, _root) = site(&[("_redirects", &"nonsense\n".repeat(100_000)), ("a", "content")], &[]);
    server.wait_for_log("_redirects: 99980 more lines are ignored");
    assert_eq!(server.log().matches("the line is ignored").count(), 20);
    assert_eq!(server.get("/a").text(), "content");
}
