//! `/mirror`: the request comes back to the byte.

use std::fmt::Write as _;

use crate::harness::Server;

/// Sends the bytes in one write, then byte by byte: both times they must come back.
#[track_caller]
fn comes_back(server: &Server, request: &[u8]) {
    let response = server.once(request);
    let shown = request.escape_ascii().to_string();
    assert_eq!((response.status, response.field("Content-Type")), (200, Some("text/plain")), "{shown}");
    assert_eq!(response.content.escape_ascii().to_string(), shown);
    let mut client = server.connect();
    for byte in request {
        client.send([*byte]);
    }
    assert_eq!(client.receive().content.escape_ascii().to_string(), shown, "byte by byte");
    if !response.closes() {
        client.expect_open();
    }
}

#[test]
fn every_byte_of_a_request_comes_back() {
    let server = Server::start_without_directory(&[]);
    for method in ["GET", "POST", "PUT", "DELETE", "TRACE", "PATCH"] {
        comes_back(&server, format!("{method} /mirror HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let head =
            format!("{method} /mirror?a=%20b HTTP/1.1\r\nhOST:a\r\nX-White:  \t b \t\r\nContent-Length: 8\r\n\r\n");
        comes_back(&server, &[head.as_bytes(), b"\0\r\n\r\n\xff\xfe."].concat());
    }
    for request in [
        &b"GET http://example.org/mirror HTTP/1.1\r\nHost: other\r\nUser-Agent: \xe9\r\n\r\n"[..],
        b"GET /%6dirror HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /mirror HTTP/1.0\r\n\r\n",
        b"GET /mirror HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        b"GET /mirror HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;ext=\"a;b\"\r\nhel\r\n\r\n00A ; x\r\n0123456789\r\n000;last\r\nTrailer: b\r\nOther: \xff\r\n\r\n",
    ] {
        comes_back(&server, request);
    }
}

#[test]
fn requests_in_a_pipeline_come_back_one_by_one() {
    let server = Server::start_without_directory(&[]);
    let first = b"POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n";
    let second = b"PUT /mirror HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi";
    let third = b"GET /mirror HTTP/1.1\r\nHost: c\r\n\r\n";
    let mut client = server.connect();
    // The empty line before a request is none of its bytes.
    client.send([&first[..], b"\r\n", second, third].concat());
    for request in [&first[..], second, third] {
        assert_eq!(client.receive().content.escape_ascii().to_string(), request.escape_ascii().to_string());
    }
    client.expect_open();
}

#[test]
fn a_client_that_waits_is_asked_for_its_content() {
    let server = Server::start_without_directory(&[]);
    let head = b"POST /mirror HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    let content = b"2\r\nhi\r\n0\r\n\r\n";
    let mut client = server.connect();
    client.send(head);
    client.peek();
    client.send(content);
    let response = client.receive();
    assert_eq!(response.interim, [100]);
    assert_eq!(response.content, [&head[..], content].concat());
}

#[test]
fn more_than_a_mebibyte_is_refused() {
    let server = Server::start_without_directory(&[]);
    let largest = vec![b'x'; 1024 * 1024];
    let request = |content: &[u8]| {
        let head = format!("POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", content.len());
        [head.as_bytes(), content].concat()
    };
    assert!(server.once(request(&largest)).content == request(&largest));
    // Refused by its length, before the client has been asked for it.
    let announced = "POST /mirror HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n";
    let response = server.once(announced);
    assert_eq!((response.status, &response.interim[..], response.closes()), (413, &[][..], true));
    // The framing counts too: this is less than a mebibyte of content, but more of chunks.
    let mut chunks = String::new();
    for _ in 0..200_000 {
        write!(chunks, "1\r\nx\r\n").unwrap();
    }
    let mut client = server.connect();
    let _ = client
        .try_send(format!("POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"));
    assert_eq!(client.receive().status, 413);
}

#[test]
fn what_breaks_a_rule_does_not_come_back() {
    let server = Server::start_without_directory(&[]);
    for (request, status) in [
        ("POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400),
        ("POST /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3 x\r\nabc\r\n0\r\n\r\n", 400),
        ("BREW /mirror HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("CONNECT /mirror HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET /mirror/ HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    ] {
        assert_eq!(server.once(request).status, status, "{request}");
    }
    let mut client = server.connect();
    client.send("POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    client.finish_sending();
    assert_eq!(client.receive().status, 400);
    let head = server.once("HEAD /mirror HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("34")));
    let options = server.once("OPTIONS /mirror HTTP/1.1\r\nHost: a\r\n\r\n");
    let allow = "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH";
    assert_eq!((options.status, options.field("Allow")), (204, Some(allow)));
}
