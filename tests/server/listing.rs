//! What a folder without an index shows.

use std::{ffi::OsStr, fs, fs::File, os::unix::ffi::OsStrExt, os::unix::fs::symlink, time::UNIX_EPOCH};

use crate::{
    gzip::decoded,
    pages::{is_html, site, write},
};

/// Names that need care, as they are, as they are linked and as they are shown.
const NAMES: &[(&[u8], &str, &str)] = &[
    (b"plain.txt", "plain.txt", "plain.txt"),
    (b"two words", "two%20words", "two words"),
    (b"\"quoted'", "%22quoted%27", "&quot;quoted&#x27;"),
    (b"<b>&amp;", "%3Cb%3E%26amp%3B", "&lt;b&gt;&amp;amp;"),
    (b"a?b#c%20", "a%3Fb%23c%2520", "a?b#c%20"),
    (b"http:x", "http%3Ax", "http:x"),
    (b"caf\xc3\xa9", "caf%C3%A9", "caf\u{e9}"),
    (b"\xff\xfe", "%FF%FE", "\u{fffd}\u{fffd}"),
    (b"back\\slash", "back%5Cslash", "back\\slash"),
    (b"{{ size }}", "%7B%7B%20size%20%7D%7D", "{{ size }}"),
    (b"line\nend", "line%0Aend", "line\u{fffd}end"),
];

#[test]
fn a_folder_shows_what_is_in_it() {
    let (server, root) = site(&[("f/sub/x", ""), ("f/.hidden", ""), ("f/size", "12345"), ("_redirects", "")], &[]);
    let folder = root.path().join("f");
    for (name, _, _) in NAMES {
        fs::write(folder.join(OsStr::from_bytes(name)), name).unwrap();
    }
    let modified = UNIX_EPOCH + std::time::Duration::from_secs(784_111_777);
    File::options().write(true).open(folder.join("size")).unwrap().set_modified(modified).unwrap();
    symlink("size", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    symlink("/etc", folder.join("outside")).unwrap();
    let response = server.get("/f/");
    assert_eq!((response.status, response.field("ETag")), (200, None));
    is_html(&response, "Index of &#x2f;f&#x2f;");
    let page = response.text();
    for (name, href, shown) in NAMES {
        let link = format!("<a href=\"{href}\">{shown}</a>");
        assert!(page.contains(&link), "no {link} in {page}");
        let contents = server.get(&format!("/f/{href}"));
        assert_eq!((contents.status, &contents.content[..]), (200, *name), "{href}");
    }
    assert!(page.contains("<a href=\"size\">size</a></td><td>5 B</td><td>06 Nov 1994 08:49</td>"), "{page}");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("<tr><td>")).collect();
    assert!(rows[0].contains("href=\"../\"") && rows[1].contains("<a href=\"sub/\">sub"), "{page}");
    // The parent, the sub-folder, the names above, "size" and the link to it.
    assert_eq!(rows.len(), 2 + NAMES.len() + 2, "{page}");
    for absent in ["hidden", "dangling", "outside"] {
        assert!(!page.contains(absent), "{absent} in {page}");
    }
    let root_page = server.get("/");
    assert!(root_page.text().contains("<a href=\"f/\">") && !root_page.text().contains("../"), "{}", root_page.text());
    assert!(!root_page.text().contains("_redirects"));
    let gzip = server.once("GET /f/ HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(decoded(&gzip), response.content);
    let head = server.once("HEAD /f/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.head, response.head);
    assert_eq!(server.once("DELETE /f/ HTTP/1.1\r\nHost: a\r\n\r\n").field("Allow"), Some("GET, HEAD, OPTIONS"));
    fs::create_dir(root.path().join("empty")).unwrap();
    assert!(server.get("/empty/").text().contains("This folder is empty."));
}

#[test]
fn an_index_takes_the_place_of_a_listing() {
    let (server, root) = site(&[("f/a", "")], &[]);
    assert!(server.get("/f/").text().contains("href=\"a\""));
    write(root.path(), "f/index.html", "index");
    assert_eq!(server.get("/f/").text(), "index");
}

#[test]
fn a_flag_turns_listings_off() {
    let (server, _root) = site(&[("f/a.txt", "a"), ("g/index.html", "g")], &["--no-listing"]);
    for target in ["/", "/f/"] {
        let response = server.get(target);
        assert_eq!(response.status, 404, "{target}");
        is_html(&response, "404 Not Found");
    }
    assert_eq!(server.get("/f").status, 301);
    assert_eq!((server.get("/f/a.txt").text(), server.get("/g/").text()), ("a", "g"));
}

#[test]
fn a_large_folder_shows_its_beginning() {
    let (server, root) = site(&[], &[]);
    for number in 0..5001 {
        fs::write(root.path().join(format!("file-{number}")), "").unwrap();
    }
    let page = server.get("/");
    assert_eq!(page.text().matches("<tr><td>").count(), 5000);
    assert!(page.text().contains("more in this folder"));
}
