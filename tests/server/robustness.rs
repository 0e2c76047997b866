//! Clients that vanish, that are slow, and that do nothing at all.

use std::{
    fs,
    io::{ErrorKind, Read},
    time::{Duration, Instant},
};

use crate::harness::{Client, Failure, PATIENCE, Server, eventually};

/// Sends the bytes one by one with this pause between them, until the server answers or gives the client
/// up. Gives how many it has sent.
fn trickle(client: &mut Client, bytes: impl IntoIterator<Item = u8>, pause: Duration) -> usize {
    client.stream.set_read_timeout(Some(pause)).unwrap();
    let mut sent = 0;
    for byte in bytes {
        if client.try_send([byte]).is_err() {
            break;
        }
        sent += 1;
        match client.stream.peek(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => break,
        }
    }
    sent
}

fn wait_until_all_are_gone(server: &Server) {
    eventually("no client is left", || (server.clients() == 0).then_some(()));
}

#[test]
fn hundreds_of_clients_that_vanish_leave_nothing_behind() {
    let server = Server::start(&[]);
    fs::write(server.path("large.txt"), crate::files::noise(1024 * 1024)).unwrap();
    server.get("/files/large.txt");
    wait_until_all_are_gone(&server);
    let descriptors = server.descriptors();
    for _ in 0..50 {
        for beginning in [
            "",
            "G",
            "GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /files/large.txt HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /files/large.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
            "POST /files/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
            "POST /files/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n",
            "BROKEN\r\n\r\n",
        ] {
            let mut client = server.connect();
            client.send(beginning);
            client.reset();
        }
    }
    wait_until_all_are_gone(&server);
    assert_eq!(server.descriptors(), descriptors);
    assert_eq!(server.names(), ["large.txt"]);
    assert_eq!(server.get("/echo/alive").text(), "alive");
}

#[test]
fn a_head_that_does_not_end_in_time_is_408() {
    let server = Server::start(&["--head-timeout", "0.2"]);
    for beginning in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        let response = server.once(beginning);
        assert!(response.status == 408 && response.closes(), "{beginning:?}");
    }
    // Nor does it help to send a byte now and then.
    let mut client = server.connect();
    let endless = "GET / HTTP/1.1\r\nHost: a\r\n".bytes().chain("X: y\r\n".bytes().cycle());
    trickle(&mut client, endless, Duration::from_millis(20));
    assert_eq!(client.receive().status, 408);
    client.expect_end();
    // Each request has its own time, which begins with its first byte.
    let mut client = server.connect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(500) {
        client.expect_open();
        client.stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert_eq!(client.stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    client.expect_open();
}

#[test]
fn content_that_stops_coming_is_408_and_stores_nothing() {
    let server = Server::start(&["--content-timeout", "0.2"]);
    for rest in [
        "Content-Length: 100\r\n\r\n",
        "Content-Length: 100\r\n\r\nhalf",
        "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
        let response = server.once(format!("POST /files/a HTTP/1.1\r\nHost: a\r\n{rest}"));
        assert!(response.status == 408 && response.closes(), "{rest:?}: {response:?}");
    }
    assert_eq!(server.names(), [""; 0]);
}

#[test]
fn content_that_comes_too_slowly_is_408() {
    let server = Server::start(&["--content-timeout", "0.3", "--min-rate", "10000"]);
    for framing in ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"] {
        let mut client = server.connect();
        client.send(format!("POST /files/a HTTP/1.1\r\nHost: a\r\n{framing}"));
        // About 100 bytes a second, never silent for long.
        trickle(&mut client, std::iter::repeat_n(b'x', 100_000), Duration::from_millis(10));
        assert_eq!(client.receive().status, 408);
        client.expect_end();
    }
    assert_eq!(server.names(), [""; 0]);
}

#[test]
fn content_that_comes_slowly_but_fast_enough_is_taken() {
    // Twice as long as the time for a gap, which is far above what the machine may be late.
    std::thread::scope(|scope| {
        for min_rate in ["1", "0"] {
            scope.spawn(move || {
                let server = Server::start(&["--content-timeout", "1", "--min-rate", min_rate]);
                let mut client = server.connect();
                client.send("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n");
                assert_eq!(trickle(&mut client, [b'x'; 40], Duration::from_millis(50)), 40);
                assert_eq!(client.receive().status, 201);
            });
        }
    });
}

#[test]
fn an_idle_connection_just_ends() {
    let server = Server::start(&["--idle-timeout", "0.2"]);
    server.connect().expect_end();
    let mut client = server.connect();
    client.expect_open();
    client.expect_end();
    // An empty line is not the beginning of a request.
    let mut client = server.connect();
    client.send("\r\n");
    client.expect_end();
}

#[test]
fn a_reader_that_takes_nothing_is_dropped() {
    let server = Server::start(&["--content-timeout", "0.2"]);
    fs::write(server.path("a"), vec![b'x'; 16 * 1024 * 1024]).unwrap();
    // Of a file, and of many small responses.
    let mut file = server.connect();
    file.hold_little();
    file.send("GET /files/a HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut many = server.connect();
    many.hold_little();
    let word = "w".repeat(7000);
    while many.try_send(format!("GET /echo/{word} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(10)).is_ok() {}
    wait_until_all_are_gone(&server);
    assert!(matches!(file.try_receive(false), Err(Failure::Cut(_))));
}

#[test]
fn a_reader_that_takes_too_little_is_dropped() {
    let server = Server::start(&["--content-timeout", "0.3", "--min-rate", "50000000"]);
    let length = 32 * 1024 * 1024;
    fs::File::create(server.path("a.txt")).unwrap().set_len(length).unwrap();
    fs::write(server.path("b.txt"), crate::files::noise(length as usize)).unwrap();
    for (name, coding) in [("a.txt", ""), ("b.txt", "Accept-Encoding: gzip\r\n")] {
        let mut client = server.connect();
        client.hold_little();
        client.send(format!("GET /files/{name} HTTP/1.1\r\nHost: a\r\n{coding}\r\n"));
        client.peek();
        // About 2 MB a second, never silent for long.
        let deadline = Instant::now() + PATIENCE;
        let mut taken = 0;
        while server.clients() > 0 {
            assert!(Instant::now() < deadline, "still there after {taken} bytes");
            let mut piece = [0; 20_000];
            taken += client.stream.read(&mut piece).unwrap_or(0);
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(client.rest().is_err() || taken < length as usize, "{name} was sent whole");
    }
}
