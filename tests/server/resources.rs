//! What happens when the system or a limit refuses: others wait or are told, and the server goes on.

use std::{fs, os::unix::fs::PermissionsExt};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    harness::{Client, Server, eventually},
    pages::site,
};

/// Lets this program open as many clients as the system permits.
pub(crate) fn raise_own_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    limit.maximum.unwrap_or(u64::MAX)
}

#[test]
fn without_descriptors_newcomers_wait_and_files_are_503() {
    let server = Server::start(&[]);
    fs::write(server.path("a"), "content").unwrap();
    let mut old = server.connect();
    old.expect_open();
    server.limit("nofile", Some(server.next_descriptor()));
    // If the server already waits for a client, the system has a descriptor ready for this one, else not.
    let mut last = server.connect();
    server.wait_for_log("cannot accept clients");
    let mut newcomer = server.connect();
    newcomer.send("GET /echo/newcomer HTTP/1.1\r\nHost: a\r\n\r\n");
    old.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(old.receive().status, 503);
    old.send("POST /files/b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(old.receive().status, 503);
    old.expect_open();
    server.limit("nofile", None);
    last.expect_open();
    assert_eq!(newcomer.receive().text(), "newcomer");
    old.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(old.receive().text(), "content");
    assert_eq!(server.names(), ["a"]);
}

#[test]
fn without_descriptors_a_page_is_503_whatever_is_asked_of_it() {
    let page = "<!-- template -->\n{{ size }}";
    let (server, _root) = site(&[("kittens.html", page), ("_redirects", "/old /kittens.html\n")], &[]);
    let mut client = server.connect();
    client.expect_open();
    server.limit("nofile", Some(server.next_descriptor()));
    for _ in 0..3 {
        client.send("GET /kittens.html HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.receive().status, 503);
        client.send("POST /kittens.html HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(client.receive().status, 503);
        // What was read before still holds.
        client.send("GET /old HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.receive().status, 301);
    }
    server.limit("nofile", None);
    client.send("GET /kittens.html?size=3 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.receive().text(), "3");
    assert_eq!(server.log().matches("cannot read _redirects").count(), 1, "{}", server.log());
}

#[test]
fn with_few_descriptors_some_are_kept_for_files() {
    // A quarter of them is kept back.
    let server = Server::start_after("ulimit -n 80", &[]);
    fs::write(server.path("a"), "content").unwrap();
    let mut clients: Vec<_> = (0..60).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(Client::expect_open);
    let mut newcomer = server.connect();
    newcomer.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    server.wait_for_log("60 clients are connected, which is the limit");
    for client in &mut clients {
        client.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.receive().text(), "content");
        client.send("POST /files/b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb");
        assert_eq!(client.receive().status, 201);
    }
    clients.pop();
    assert_eq!(newcomer.receive().text(), "content");
    assert!(!server.log().contains("cannot accept"), "{}", server.log());
}

#[test]
fn without_threads_newcomers_wait() {
    let server = Server::start_unprivileged(&[]);
    let mut old = server.connect();
    old.expect_open();
    server.limit("nproc", Some(1));
    let mut newcomers = [server.connect(), server.connect()];
    newcomers.iter_mut().for_each(|client| client.send("GET /echo/newcomer HTTP/1.1\r\nHost: a\r\n\r\n"));
    server.wait_for_log("cannot start a thread for the next client");
    old.expect_open();
    // Once, however often it is tried.
    assert_eq!(server.log().matches("cannot start").count(), 1);
    server.limit("nproc", None);
    newcomers.iter_mut().for_each(|client| assert_eq!(client.receive().text(), "newcomer"));
}

#[test]
fn at_the_limit_of_clients_others_wait_for_their_turn() {
    let server = Server::start(&["--max-clients", "2"]);
    let (mut first, mut second) = (server.connect(), server.connect());
    first.expect_open();
    second.expect_open();
    let mut waiting: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        client.send(format!("GET /echo/{number} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    }
    server.wait_for_log("2 clients are connected, which is the limit");
    first.expect_open();
    second.expect_open();
    assert_eq!(server.clients(), 2);
    drop(first);
    for (number, client) in waiting.iter_mut().enumerate() {
        assert_eq!(client.receive().text(), number.to_string());
        client.expect_end();
    }
    second.expect_open();
}

#[test]
fn at_the_limit_of_clients_an_idle_one_makes_room_in_the_end() {
    let server = Server::start(&["--max-clients", "1", "--idle-timeout", "0.2"]);
    let mut idle = server.connect();
    idle.expect_open();
    let mut waiting = server.connect();
    waiting.send("GET /echo/waited HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.expect_end();
    assert_eq!(waiting.receive().text(), "waited");
}

#[test]
fn an_upload_over_a_limit_of_the_system_is_507_and_leaves_nothing() {
    // 200 blocks of 512 bytes.
    let server = Server::start_after("ulimit -f 200", &["--quiet"]);
    fs::write(server.path("old"), "old").unwrap();
    for name in ["old", "new"] {
        let response = server.post(&format!("/files/{name}"), vec![b'x'; 200_000]);
        assert_eq!(response.status, 507, "{name}");
    }
    assert_eq!((server.names(), server.get("/files/old").text()), (vec!["old".to_owned()], "old"));
    assert_eq!(server.post("/files/new", vec![b'x'; 100_000]).status, 201);
}

#[test]
fn what_the_file_system_does_not_permit_is_403() {
    let server = Server::start_unprivileged(&[]);
    let set_mode = |name: &str, mode| fs::set_permissions(server.path(name), fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(server.post("/files/readable", "content").status, 201);
    assert_eq!(server.post("/files/unreadable", "content").status, 201);
    set_mode("unreadable", 0o000);
    fs::create_dir(server.path("locked")).unwrap();
    fs::write(server.path("locked/file"), "content").unwrap();
    for mode in [0o555, 0o000] {
        set_mode("locked", mode);
        assert_eq!(server.post("/files/locked/file", "overwritten").status, 403);
        assert_eq!(server.post("/files/locked/new", "content").status, 403);
    }
    assert_eq!(server.get("/files/unreadable").status, 403);
    assert_eq!(server.get("/files/readable").text(), "content");
    set_mode("locked", 0o755);
    assert_eq!(fs::read_to_string(server.path("locked/file")).unwrap(), "content");
    assert_eq!(fs::read_dir(server.path("locked")).unwrap().count(), 1);
}

#[test]
fn a_thousand_idle_clients_take_little_memory_each() {
    assert!(raise_own_descriptor_limit() > 1100, "the tests may not open a thousand clients");
    let server = Server::start(&["--quiet"]);
    assert_eq!(server.get("/").status, 200);
    let (before, _) = server.memory();
    let mut clients: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(Client::expect_open);
    let (after, _) = server.memory();
    let each = (after - before) as f64 / 1000.0;
    println!("{each:.1} KiB of resident memory for each idle client");
    // The part of its thread's stack that was touched, and a buffer of 4 KiB. Code that is not optimised needs
    // more stack.
    let most = if cfg!(debug_assertions) { 40.0 } else { 18.0 };
    assert!(each < most, "{each:.1} KiB of resident memory for each idle client");
    drop(clients);
    eventually("all have left", || (server.clients() == 0).then_some(()));
}

#[test]
fn a_client_that_reads_nothing_costs_bounded_memory() {
    let server = Server::start(&["--quiet", "--content-timeout", "0.1"]);
    fs::write(server.path("a.txt"), crate::gzip::text(2_000_000)).unwrap();
    assert_eq!(server.get("/").status, 200);
    let (_, before) = server.memory();
    let word = "w".repeat(1000);
    for request in [
        &format!("GET /echo/{word} HTTP/1.1\r\nHost: a\r\n\r\n")[..],
        &format!("GET /echo/{word} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        "GET /files/a.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.hold_little();
        let requests = request.repeat(64 * 1024 / request.len());
        // Until the server, which cannot send, takes no more and then gives up.
        let mut sent = 0;
        while client.try_send(&requests).is_ok() {
            sent += requests.len();
            assert!(sent < 256 * 1024 * 1024, "the server takes requests without end");
        }
    }
    let (_, after) = server.memory();
    assert!(after - before < 8 * 1024, "the server grew from {before} to {after} KiB");
}
