//! More than one request on a connection, and how connections end.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crate::harness::{PATIENCE, Server};

#[test]
fn a_connection_serves_any_number_of_requests() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    for round in 0..50 {
        client.send(format!("GET /echo/{round} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.receive().text(), round.to_string());
        client.send(format!("GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: u{round}\r\n\r\n"));
        assert_eq!(client.receive().text(), format!("u{round}"));
        client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
        let response = client.receive();
        assert!(response.status == 404 && response.field("Connection").is_none(), "{response:?}");
        client.send(format!("POST /files/f HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{round:03}"));
        assert_eq!(client.receive().status, 201);
        client.send("GET /files/f HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.receive().text(), format!("{round:03}"));
    }
}

/// What a client sends after it has been told that the connection ends is read and dropped, so that no reset overtakes
/// the response (RFC 9112 section 9.6).
#[test]
fn what_arrives_after_the_last_response_does_not_destroy_it() {
    let server = Server::start(&[]);
    for (request, status) in [
        ("GET /echo/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200),
        ("GET /echo/last HTTP/1.0\r\n\r\n", 200),
        ("GET /echo/last HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ] {
        let mut client = server.connect();
        client.send(request);
        client.peek();
        for _ in 0..20 {
            client.send("GET /echo/late HTTP/1.1\r\nHost: a\r\n\r\n");
            thread::sleep(Duration::from_millis(5));
        }
        let response = client.receive();
        assert_eq!(response.status, status, "{response:?}");
        client.expect_end();
    }
}

#[test]
fn a_client_that_goes_on_sending_after_the_last_response_is_left_in_the_end() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(client.receive().status, 200);
    let deadline = Instant::now() + PATIENCE;
    while client.try_send("x").is_ok() {
        assert!(Instant::now() < deadline, "the server still reads");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_thousand_requests_in_one_write_are_answered_in_order() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let request = |number| format!("GET /echo/{number} HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send((0..1000).map(request).collect::<String>());
    for number in 0..1000 {
        assert_eq!(client.receive().text(), number.to_string());
    }
    client.expect_open();
}

#[test]
fn pipelined_requests_with_content_are_kept_apart() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let mut requests = String::new();
    for number in 0..200 {
        let content = format!("GET /echo/not-a-request HTTP/1.1\r\nHost: a\r\n\r\n{number}");
        requests += &match number % 4 {
            0 => format!("GET /echo/{number} HTTP/1.1\r\nHost: a\r\n\r\n"),
            1 => format!("POST /files/n HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{content}", content.len()),
            2 => format!(
                "POST /files/n HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{content}\r\n0\r\n\r\n",
                content.len()
            ),
            // Content that no handler reads.
            _ => format!("GET /files/n HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{content}", content.len()),
        };
    }
    client.send(requests);
    for number in 0..200 {
        let response = client.receive();
        match number % 4 {
            0 => assert_eq!(response.text(), number.to_string()),
            1 | 2 => assert_eq!((response.status, response.text()), (201, "")),
            // The file that the request before has stored.
            _ => assert!(response.text().ends_with(&format!("\r\n\r\n{}", number - 1)), "{number}: {response:?}"),
        }
    }
    client.expect_open();
}

#[test]
fn close_is_answered_with_close_and_closes() {
    let server = Server::start(&[]);
    for value in ["close", "Close", "keep-alive, close", "close , x", ",,close"] {
        let mut client = server.connect();
        client.expect_open();
        // A request after the one that closes is none.
        client.send(format!(
            "GET /echo/last HTTP/1.1\r\nHost: a\r\nConnection: {value}\r\n\r\nPOST /files/late HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        ));
        let response = client.receive();
        assert_eq!((response.text(), response.field("Connection")), ("last", Some("close")), "{value}");
        client.expect_end();
    }
    let two_lines = "GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n";
    assert!(server.once(two_lines).closes());
    assert_eq!(server.names(), [""; 0]);
    for value in ["closed", "keep-alive", "not-close", ""] {
        let mut client = server.connect();
        client.send(format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: {value}\r\n\r\n"));
        assert_eq!(client.receive().field("Connection"), None, "{value}");
        client.expect_open();
    }
}

#[test]
fn http_1_0_closes_unless_asked_to_keep_alive() {
    let server = Server::start(&[]);
    let response = server.once("GET /echo/old HTTP/1.0\r\n\r\n");
    assert_eq!((response.text(), response.field("Connection")), ("old", Some("close")));
    let mut client = server.connect();
    for text in ["one", "two"] {
        client.send(format!("GET /echo/{text} HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
        let response = client.receive();
        assert_eq!((response.text(), response.field("Connection")), (text, Some("keep-alive")));
    }
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n");
    assert!(client.receive().closes());
    client.expect_end();
}

#[test]
fn a_client_that_has_sent_its_end_still_gets_every_response() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("GET /echo/one HTTP/1.1\r\nHost: a\r\n\r\nGET /echo/two HTTP/1.1\r\nHost: a\r\n\r\n");
    client.finish_sending();
    assert_eq!(client.receive().text(), "one");
    assert_eq!(client.receive().text(), "two");
    client.expect_end();
    // Within a request: that one is refused, in words.
    for beginning in ["GET / HTTP/1.1\r\nHost", "POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"] {
        let mut client = server.connect();
        client.send(beginning);
        client.finish_sending();
        let response = client.receive();
        assert!(response.status == 400 && response.closes(), "{beginning}");
        client.expect_end();
    }
    // Before any request: there is nothing to say.
    let mut client = server.connect();
    client.finish_sending();
    client.expect_end();
}

#[test]
fn a_client_that_expects_100_is_told_to_continue_before_it_sends() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut received = vec![0; interim.len()];
    client.stream.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Read::read_exact(&mut client.stream, &mut received).unwrap();
    assert_eq!(received, interim);
    client.send("hello");
    let response = client.receive();
    assert_eq!((response.status, &response.interim[..]), (201, &[][..]));
    assert_eq!(fs::read(server.path("a")).unwrap(), b"hello");
    // A client that does not wait needs no word, and gets none or one.
    client.send("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
    let response = client.receive();
    assert!(response.status == 201 && matches!(response.interim[..], [] | [100]), "{response:?}");
    client.expect_open();
}

#[test]
fn a_client_that_expects_100_in_vain_sends_nothing() {
    let server = Server::start(&[]);
    for (request, status) in [
        ("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue", 404),
        ("PUT /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue", 405),
        ("GET /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue", 200),
        ("POST /files/../a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue", 404),
        ("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: a-miracle", 417),
        ("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue, x", 417),
    ] {
        // Whether the client now sends the content is its choice, so the connection cannot go on.
        let response = server.once(format!("{request}\r\n\r\n"));
        assert_eq!((response.status, &response.interim[..]), (status, &[][..]), "{request}");
        assert!(response.closes(), "{request}");
    }
    // Without content there is nothing to wait for, and HTTP/1.0 has no interim responses.
    let mut client = server.connect();
    client.send("POST /files/empty HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    let response = client.receive();
    assert_eq!((response.status, &response.interim[..]), (201, &[][..]));
    client.expect_open();
    let response = server.once("POST /files/b HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nb");
    assert_eq!((response.status, &response.interim[..]), (201, &[][..]));
}

#[test]
fn content_that_nobody_wanted_is_never_taken_for_a_request() {
    let server = Server::start(&[]);
    let smuggled = "POST /files/smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let heads = [
        "GET /echo/a HTTP/1.1\r\nHost: a\r\n",
        "POST /nothing HTTP/1.1\r\nHost: a\r\n",
        "DELETE /files/a HTTP/1.1\r\nHost: a\r\n",
        "POST /files/../a HTTP/1.1\r\nHost: a\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\n",
    ];
    for head in heads {
        // The connection goes on after little content, and ends when there is much.
        for (count, goes_on) in [(1, true), (100, true), (40_000, false)] {
            let content = smuggled.repeat(count);
            let with_length = format!("{head}Content-Length: {}\r\n\r\n{content}", content.len());
            let chunk =
                format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{content}\r\n0\r\n\r\n", content.len());
            for request in [with_length, chunk] {
                let mut client = server.connect();
                client.send(request);
                client.try_receive(head.starts_with("HEAD")).unwrap();
                if goes_on {
                    client.expect_open();
                } else {
                    client.expect_gone();
                }
            }
        }
        assert_eq!(server.names(), [""; 0], "{head}");
    }
}

#[test]
fn nothing_is_read_after_a_request_that_was_refused() {
    let server = Server::start(&[]);
    let late = "POST /files/late HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    for refused in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n",
    ] {
        let mut client = server.connect();
        client.send(format!("{refused}{late}"));
        let response = client.receive();
        assert!((400..600).contains(&response.status) && response.closes(), "{refused}: {response:?}");
        client.expect_end();
    }
    assert_eq!(server.names(), [""; 0]);
}

#[test]
fn a_request_cut_anywhere_is_the_same_request() {
    let server = Server::start(&[]);
    let request = "\r\nPOST /files/cut HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n1\r\ne\r\n0\r\nT: t\r\n\r\nGET /files/cut HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut client = server.connect();
    for cut in 1..request.len() {
        let (first, second) = request.split_at(cut);
        client.send(first);
        if first.ends_with("\r\n\r\n") {
            // So that the server has most likely read the first part before the second is sent.
            assert_eq!(server.get("/").status, 200);
        }
        client.send(second);
        assert_eq!(client.receive().status, 201, "cut at {cut}");
        assert_eq!(client.receive().text(), "abcde", "cut at {cut}");
    }
}

#[test]
fn a_response_is_not_lost_to_what_the_client_still_sends() {
    let server = Server::start(&[]);
    for refused in ["BROKEN\r\n", "POST /files/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbroken\r\n"] {
        let mut client = server.connect();
        client.send(refused);
        // A server that closed now would answer these bytes with a reset, which destroys its response.
        for _ in 0..48 {
            client.send([b'x'; 64 * 1024]);
        }
        assert_eq!(client.receive().status, 400);
        client.expect_end();
    }
}
