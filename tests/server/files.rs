//! `/files`: what is read and stored, under which names, and whole or not at all.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::ffi::OsStrExt,
    thread,
};

use crate::harness::{Client, Failure, Server, eventually};

/// Bytes without a pattern that a mistake could hide in.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn post_head(target: &str, length: usize) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn eight_megabytes_go_both_ways_in_many_packets() {
    let server = Server::start(&[]);
    let content = noise(8 * 1024 * 1024);
    let mut client = server.connect();
    client.send(post_head("/files/large", content.len()));
    // Pieces that never end where a buffer ends.
    content.chunks(9_973).for_each(|piece| client.send(piece));
    assert_eq!(client.receive().status, 201);
    assert!(fs::read(server.path("large")).unwrap() == content, "stored otherwise than sent");
    client.send("GET /files/large HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.receive();
    assert!(response.content == content, "sent otherwise than stored");
    assert_eq!(response.field("Content-Length"), Some("8388608"));
    client.expect_open();
}

#[test]
fn a_durable_upload_is_stored_anew_and_over_another() {
    let server = Server::start(&["--durable"]);
    fs::create_dir(server.path("folder")).unwrap();
    for content in ["new", "newer"] {
        for name in ["a", "folder/a"] {
            let response = server.post(&format!("/files/{name}"), content);
            assert_eq!(response.status, 201, "{name} {content}: {response:?}");
            assert_eq!(fs::read_to_string(server.path(name)).unwrap(), content);
        }
    }
    assert_eq!((server.names().len(), fs::read_dir(server.path("folder")).unwrap().count()), (2, 1));
}

#[test]
fn chunked_content_is_stored_without_its_framing() {
    let server = Server::start(&[]);
    let content = noise(100_000);
    let mut client = server.connect();
    client.send("POST /files/chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut rest = &content[..];
    for size in (1..).map(|step| step * step) {
        let (piece, after) = rest.split_at(rest.len().min(size));
        client.send(format!("{:X} ; name=\"a; b\" ;last\r\n", piece.len()));
        client.send(piece);
        client.send("\r\n");
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    client.send("000\r\nTrailer: ignored\r\n\r\n");
    assert_eq!(client.receive().status, 201);
    assert!(fs::read(server.path("chunked")).unwrap() == content);
    client.expect_open();
}

#[test]
fn names_are_percent_decoded_and_may_be_any_bytes() {
    let server = Server::start(&[]);
    fs::create_dir(server.path("sub folder")).unwrap();
    for (target, name) in [
        ("plain", &b"plain"[..]),
        ("with%20space", b"with space"),
        ("a+b", b"a+b"),
        ("per%25cent", b"per%cent"),
        ("%2e%2e%2e", b"..."),
        ("..a", b"..a"),
        ("a..", b"a.."),
        (".hidden", b".hidden"),
        ("not%ffutf%FE8", b"not\xffutf\xfe8"),
        ("gr%C3%BC%C3%9Fe", "gr\u{fc}\u{df}e".as_bytes()),
        ("back%5Cslash", b"back\\slash"),
        ("C:%5Cwindows", b"C:\\windows"),
        ("question%3Fmark?and=query", b"question?mark"),
        ("line%0Abreak", b"line\nbreak"),
        ("sub%20folder/inside", b"sub folder/inside"),
    ] {
        assert_eq!(server.post(&format!("/files/{target}"), target).status, 201, "{target}");
        let path = server.path(OsStr::from_bytes(name));
        assert_eq!(fs::read(&path).unwrap(), target.as_bytes(), "{target}");
        assert_eq!(server.get(&format!("/files/{target}")).text(), target);
        fs::remove_file(path).unwrap();
        assert_eq!(server.get(&format!("/files/{target}")).status, 404, "{target}");
    }
    assert_eq!(server.names(), ["sub folder"]);
}

#[test]
fn no_spelling_of_a_name_leads_outside() {
    let root = tempfile::tempdir().unwrap();
    let (served, secret) = (root.path().join("served"), root.path().join("secret"));
    fs::create_dir_all(served.join("sub")).unwrap();
    fs::write(&secret, "secret").unwrap();
    let server = Server::start_without_directory(&["--directory", served.to_str().unwrap()]);
    let absolute = secret.to_str().unwrap();
    for name in [
        "../secret",
        "..%2fsecret",
        "..%2Fsecret",
        "%2e%2e/secret",
        "%2E%2e%2fsecret",
        ".%2e/secret",
        "./../secret",
        "sub/../../secret",
        "sub/%2e%2e/%2e%2e/secret",
        "sub%2f..%2f..%2fsecret",
        "none/../../secret",
        "%252e%252e/secret",
        "..%5csecret",
        "..;/secret",
        "..%c0%afsecret",
        "%c0%ae%c0%ae/secret",
        "../served/../secret",
        absolute,
        &absolute[1..],
        &format!("/{absolute}"),
        &absolute.replace('/', "%2f"),
        &format!("file:%2f%2f{absolute}"),
    ] {
        let target = format!("/files/{name}");
        let response = server.get(&target);
        assert_eq!((response.status, response.text()), (404, ""), "{target}");
        let status = server.post(&target, "overwritten").status;
        assert!(status == 404 || status == 201, "{target}: {status}");
    }
    // NUL ends a path for the system; here it ends the request.
    assert_eq!(server.get("/files/a%00").status, 400);
    assert_eq!(server.post("/files/..%00/../secret", "overwritten").status, 400);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["secret", "served"]);
}

#[test]
fn symbolic_links_do_not_lead_outside() {
    let root = tempfile::tempdir().unwrap();
    let (served, secret) = (root.path().join("served"), root.path().join("secret"));
    fs::create_dir_all(served.join("sub")).unwrap();
    fs::write(&secret, "secret").unwrap();
    fs::write(served.join("sub/inside"), "inside").unwrap();
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, served.join(name)).unwrap();
    link("../secret", "relative");
    link(secret.to_str().unwrap(), "absolute");
    link("..", "parent");
    link("/", "root");
    link("relative", "chain");
    link("../served/sub/inside", "out-and-back");
    link("loop", "loop");
    link("nowhere", "dangling");
    let server = Server::start_without_directory(&["--directory", served.to_str().unwrap()]);
    let outside = ["relative", "absolute", "chain", "out-and-back", "loop", "dangling"];
    for name in outside.into_iter().chain(["parent/secret", "parent", "root/etc/passwd"]) {
        assert_eq!(server.get(&format!("/files/{name}")).status, 404, "{name}");
    }
    for name in ["parent/secret", "parent/new", "root/tmp/new"] {
        assert_eq!(server.post(&format!("/files/{name}"), "overwritten").status, 404, "{name}");
    }
    // Stored under the name of a link, a file takes the link's place and leaves alone what it led to.
    for name in outside {
        assert_eq!(server.post(&format!("/files/{name}"), name).status, 201, "{name}");
        assert_eq!(server.get(&format!("/files/{name}")).text(), name);
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
}

#[test]
fn a_relative_symbolic_link_inside_is_followed() {
    let server = Server::start(&[]);
    fs::create_dir(server.path("sub")).unwrap();
    fs::write(server.path("sub/file"), "inside").unwrap();
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, server.path(name)).unwrap();
    link("sub/file", "link");
    link("../sub/./file", "sub/up");
    link("sub", "folder");
    for name in ["link", "sub/up", "folder/file"] {
        assert_eq!(server.get(&format!("/files/{name}")).text(), "inside", "{name}");
    }
    assert_eq!(server.post("/files/folder/new", "new").status, 201);
    assert_eq!(fs::read_to_string(server.path("sub/new")).unwrap(), "new");
}

#[test]
fn what_is_no_regular_file_is_not_served_and_not_replaced() {
    let server = Server::start(&[]);
    fs::create_dir(server.path("folder")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o666);
    rustix::fs::mknodat(rustix::fs::CWD, server.path("pipe"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(server.path("socket")).unwrap();
    // Opening the pipe would wait for somebody to write to it.
    for name in ["pipe", "socket", "folder", "folder/", "", "pipe/x", "folder/none"] {
        let status = server.get(&format!("/files/{name}")).status;
        assert!(matches!(status, 403 | 404), "GET {name}: {status}");
        if name != "folder/none" {
            let status = server.post(&format!("/files/{name}"), "content").status;
            assert!(matches!(status, 403 | 404), "POST {name}: {status}");
        }
    }
    assert_eq!(server.names(), ["folder", "pipe", "socket"]);
    assert!(fs::symlink_metadata(server.path("folder")).unwrap().is_dir());
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/files/none/a").status, 404);
    assert_eq!(server.post("/files/none/a", "content").status, 404);
    fs::write(server.path("file"), "content").unwrap();
    assert_eq!(server.post("/files/file/a", "content").status, 404);
    let long = "n".repeat(256);
    let deep = "d/".repeat(2500);
    for name in [&long, &format!("{deep}x")] {
        assert_eq!(server.get(&format!("/files/{name}")).status, 404);
        assert_eq!(server.post(&format!("/files/{name}"), "content").status, 404);
    }
    assert_eq!(server.names(), ["file"]);
}

#[test]
fn an_upload_that_is_cut_short_changes_nothing() {
    let server = Server::start(&["--max-content", "100000"]);
    fs::write(server.path("old"), "old").unwrap();
    let half = "x".repeat(50_000);
    for name in ["old", "new"] {
        for head in ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n186A0\r\n"] {
            for leave in [drop::<Client>, Client::reset] {
                let mut client = server.connect();
                client.send(format!("POST /files/{name} HTTP/1.1\r\nHost: a\r\n{head}{half}"));
                assert_eq!(server.get("/files/old").text(), "old");
                leave(client);
            }
        }
        // A client that breaks a rule or a limit is told so.
        for (content, status) in [
            ("5\r\nhello\r\n+5\r\nworld", 400),
            ("5\r\nhelloX\r\n0\r\n\r\n", 400),
            ("5\r\nhello\r\n0\r\nbad trailer\r\n\r\n", 400),
            ("186A1\r\n", 413),
        ] {
            let content =
                if status == 413 { format!("{content}{half}{half}x\r\n0\r\n\r\n") } else { content.to_owned() };
            let head = format!("POST /files/{name} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            assert_eq!(server.once(head + &content).status, status, "{}", &content[..20.min(content.len())]);
        }
        assert_eq!(server.once(post_head(&format!("/files/{name}"), 100_001)).status, 413);
    }
    eventually("the server has noticed that they left", || (server.clients() == 0).then_some(()));
    assert_eq!(server.names(), ["old"]);
    assert_eq!(fs::read_to_string(server.path("old")).unwrap(), "old");
    assert_eq!(server.post("/files/new", half.repeat(2)).status, 201);
}

#[test]
fn uploads_to_one_name_leave_one_of_them_and_readers_see_whole_ones() {
    let server = Server::start(&[]);
    let content = |writer: u8| vec![writer; 100_000 + usize::from(writer) * 10_000];
    assert_eq!(server.post("/files/one", content(b'0')).status, 201);
    thread::scope(|scope| {
        let writers: Vec<_> = (b'a'..b'i')
            .map(|writer| {
                let server = &server;
                scope.spawn(move || {
                    for _ in 0..4 {
                        assert_eq!(server.post("/files/one", content(writer)).status, 201);
                    }
                })
            })
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            let response = server.get("/files/one");
            assert_eq!(response.status, 200);
            assert!(response.content == content(response.content[0]), "a mixture");
        }
    });
    let left = fs::read(server.path("one")).unwrap();
    assert!(left == content(left[0]) && left[0] != b'0');
    assert_eq!(server.names(), ["one"]);
}

#[test]
fn a_file_that_is_replaced_while_it_is_sent_is_sent_as_it_was() {
    let server = Server::start(&[]);
    // Too large for the buffers between server and client to hold.
    let old = noise(16 * 1024 * 1024);
    fs::write(server.path("a"), &old).unwrap();
    let mut client = server.connect();
    client.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    client.peek();
    assert_eq!(server.post("/files/a", "new").status, 201);
    assert!(client.receive().content == old);
    client.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.receive().text(), "new");
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_ends_the_connection() {
    let server = Server::start(&[]);
    // Text goes through the compressor; all of it is too large for the buffers in between to hold.
    for (name, coding) in [("a", ""), ("a.txt", "Accept-Encoding: gzip\r\n")] {
        for length in [0, 100] {
            fs::write(server.path(name), noise(8 * 1024 * 1024)).unwrap();
            let mut client = server.connect();
            client.hold_little();
            client.send(format!("GET /files/{name} HTTP/1.1\r\nHost: a\r\n{coding}\r\n"));
            client.peek();
            File::options().write(true).open(server.path(name)).unwrap().set_len(length).unwrap();
            // Filling up with anything would be a lie; only the missing end tells the client.
            let result = client.try_receive(false);
            assert!(matches!(result, Err(Failure::Cut(_))), "{name}: {:?}", result.map(|response| response.head));
        }
    }
    assert_eq!(server.get("/echo/alive").text(), "alive");
}

#[test]
fn a_file_that_grows_while_it_is_sent_is_sent_as_long_as_announced() {
    let server = Server::start(&[]);
    let file = File::create(server.path("a")).unwrap();
    file.set_len(16 * 1024 * 1024).unwrap();
    let mut client = server.connect();
    client.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    client.peek();
    file.set_len(17 * 1024 * 1024).unwrap();
    assert_eq!(client.receive().content.len(), 16 * 1024 * 1024);
    client.expect_open();
}

#[test]
fn without_a_directory_there_are_no_files() {
    let server = Server::start_without_directory(&[]);
    assert_eq!(server.get("/files/a").status, 404);
    assert!(server.wait_for_log("no files to serve").contains("--directory DIR"));
    assert_eq!(server.post("/files/a", "content").status, 404);
    assert_eq!(server.get("/files/../Cargo.toml").status, 404);
}

#[test]
fn the_directory_may_be_renamed_or_removed() {
    let root = tempfile::tempdir().unwrap();
    let (old, new) = (root.path().join("old"), root.path().join("new"));
    fs::create_dir(&old).unwrap();
    let server = Server::start_without_directory(&["--directory", old.to_str().unwrap()]);
    fs::rename(&old, &new).unwrap();
    assert_eq!(server.post("/files/a", "content").status, 201);
    assert_eq!(fs::read_to_string(new.join("a")).unwrap(), "content");
    fs::remove_dir_all(&new).unwrap();
    assert_eq!(server.get("/files/a").status, 404);
    // What the system says about a new file in a folder that is no more depends on the file system.
    let status = server.post("/files/a", "content").status;
    assert!(matches!(status, 403 | 404), "{status}");
    assert_eq!(server.get("/echo/alive").text(), "alive");
}
