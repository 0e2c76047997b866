//! What public solutions of the challenge get wrong: a test for each defect.

use std::{
    fs,
    io::Write,
    thread,
    time::{Duration, Instant},
};

use crate::harness::{Client, Server, eventually};

#[test]
fn garbage_in_the_request_line_gets_400() {
    let server = Server::start(&[]);
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"\xff\xfe\xfd \x80 \x90\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1 again\r\nHost: a\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b" / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"{\"json\": true}\r\n\r\n",
    ] {
        let response = server.once(garbage);
        assert_eq!(response.status, 400, "{}", garbage.escape_ascii());
        assert!(response.closes(), "{}", garbage.escape_ascii());
    }
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_pipelined_second_request_is_answered() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("GET /echo/one HTTP/1.1\r\nHost: a\r\n\r\nGET /echo/two HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.receive().text(), "one");
    assert_eq!(client.receive().text(), "two");
    // The first bytes of a request arrive together with the request before.
    client.send("GET /echo/three HTTP/1.1\r\nHost: a\r\n\r\nGET /ech");
    assert_eq!(client.receive().text(), "three");
    client.send("o/four HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.receive().text(), "four");
    client.expect_open();
}

#[test]
fn a_header_section_without_end_is_refused_in_bounded_memory() {
    let field = format!("X: {}\r\n", "a".repeat(1000));
    for (begin, piece, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n", &field[..], 431),
        ("GET /", "a", 414),
    ] {
        let server = Server::start(&[]);
        assert_eq!(server.get("/").status, 200);
        let (_, before) = server.memory();
        let mut client = server.connect();
        let piece = piece.repeat(64 * 1024 / piece.len());
        client.send(begin);
        // 64 MB, or less if the server gives the connection up.
        let mut left = 1024;
        while left > 0 && client.try_send(&piece).is_ok() {
            left -= 1;
        }
        assert_eq!(client.receive().status, status, "{begin:?}");
        let (_, after) = server.memory();
        assert!(after - before < 4 * 1024, "{begin:?}: the server grew from {before} to {after} KiB");
    }
}

#[test]
fn dots_in_a_file_name_do_not_leave_the_directory() {
    let server = Server::start(&[]);
    let outside = tempfile::NamedTempFile::new().unwrap();
    outside.as_file().write_all(b"secret").unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(server.path("..").join(name).canonicalize().unwrap(), outside.path().canonicalize().unwrap());
    for up in ["../", "..%2f", "%2e%2e/", "x/../../", "/../", "./../"] {
        let target = format!("/files/{up}{name}");
        let response = server.get(&target);
        assert_eq!((response.status, response.text()), (404, ""), "{target}");
        assert_eq!(server.post(&target, "overwritten").status, 404, "{target}");
    }
    assert_eq!(server.get("/files/../../../../../../../../etc/passwd").status, 404);
    assert_eq!(fs::read(outside.path()).unwrap(), b"secret");
}

#[test]
fn a_huge_content_length_costs_nothing() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/").status, 200);
    let (_, before) = server.memory();
    for length in ["9999999999999", "18446744073709551615"] {
        let mut client = server.connect();
        client.send(format!("POST /files/huge HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nonly this"));
        client.finish_sending();
        assert_eq!(client.receive().status, 400);
        let response = server.once(format!("GET /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        assert!(response.status == 200 && response.closes(), "{response:?}");
    }
    // One more than fits.
    let response = server.once("POST /files/huge HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n");
    assert_eq!(response.status, 400);
    let (_, after) = server.memory();
    assert!(after - before < 4 * 1024, "the server grew from {before} to {after} KiB");
    assert_eq!(server.names(), [""; 0]);
}

#[test]
fn a_client_that_left_uses_no_processor_time() {
    let server = Server::start(&[]);
    let beginnings = [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        "POST /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ];
    for beginning in beginnings {
        for leave in [drop::<Client>, Client::reset, |mut client: Client| client.finish_sending()] {
            let mut client = server.connect();
            client.send(beginning);
            leave(client);
        }
    }
    eventually("no client is left that is gone", || (server.clients() == 0).then_some(()));
    let before = server.cpu_time();
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        let used = server.cpu_time() - before;
        assert!(used < Duration::from_millis(100), "{used:?} of processor time with no client there");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn field_names_are_compared_without_case() {
    let server = Server::start(&[]);
    let response = server.once("GET /user-agent HTTP/1.1\r\nhOSt: a\r\nuSER-aGENT: pear/apple\r\n\r\n");
    assert_eq!(response.text(), "pear/apple");
    let response = server.once("POST /files/a HTTP/1.1\r\nHOST: a\r\ncontent-LENGTH: 3\r\n\r\nabc");
    assert_eq!((response.status, fs::read(server.path("a")).unwrap()), (201, b"abc".to_vec()));
    let request = "POST /files/b HTTP/1.1\r\nhost: a\r\nTRANSFER-encoding: CHUNKED\r\n\r\n1\r\nb\r\n0\r\n\r\n";
    assert_eq!((server.once(request).status, fs::read(server.path("b")).unwrap()), (201, b"b".to_vec()));
    let response = server.once("GET /echo/a HTTP/1.1\r\nhost: a\r\nACCEPT-ENCODING: GZIP\r\n\r\n");
    assert_eq!(response.field("Content-Encoding"), Some("gzip"));
    // `once` expects the end of a connection whose response says so.
    assert!(server.once("GET / HTTP/1.1\r\nhost: a\r\ncONNECTION: CLOSE\r\n\r\n").closes());
}

#[test]
fn binary_files_come_back_as_they_are() {
    let server = Server::start(&[]);
    let every_byte: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let not_text = b"\xff\xfe\0\r\n\r\n\xc3\x28\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec();
    for (name, content) in [("every-byte", every_byte), ("not-text", not_text), ("empty", Vec::new())] {
        let target = format!("/files/{name}");
        assert_eq!(server.post(&target, &content).status, 201);
        assert_eq!(fs::read(server.path(name)).unwrap(), content, "{name} as stored");
        let response = server.get(&target);
        assert_eq!((response.status, &response.content), (200, &content), "{name} as sent");
        assert_eq!(response.field("Content-Type"), Some("application/octet-stream"));
    }
}

#[test]
fn content_that_arrives_in_pieces_is_not_cut() {
    let server = Server::start(&[]);
    let content: Vec<u8> = (0..=255).collect();
    let head = "POST /files/pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n\r\n";
    let mut client = server.connect();
    for byte in [head.as_bytes(), &content].concat() {
        // TCP_NODELAY is set: each is a packet of its own.
        client.send([byte]);
    }
    assert_eq!(client.receive().status, 201);
    assert_eq!(fs::read(server.path("pieces")).unwrap(), content);
    // The head alone; the content once the server has read that, which a second client's response shows.
    client.send(head);
    assert_eq!(server.get("/").status, 200);
    for piece in content.chunks(100) {
        client.send(piece);
        assert_eq!(server.get("/").status, 200);
    }
    assert_eq!(client.receive().status, 201);
    assert_eq!(fs::read(server.path("pieces")).unwrap(), content);
    client.expect_open();
}

#[test]
fn idle_clients_do_not_starve_a_newcomer() {
    let server = Server::start(&[]);
    let mut idle: Vec<_> = (0..64).map(|_| server.connect()).collect();
    idle.iter_mut().step_by(2).for_each(|client| client.send("GET / HTTP/1.1\r\nHo"));
    assert_eq!(server.get("/echo/newcomer").text(), "newcomer");
    for client in idle.iter_mut().step_by(2) {
        client.send("st: a\r\n\r\n");
        assert_eq!(client.receive().status, 200);
    }
    idle.iter_mut().for_each(Client::expect_open);
}
