//! Content coding: what is chosen, and that it decodes to the same.

use std::{fs, io::Read, iter::repeat_with};

use flate2::bufread::GzDecoder;

use crate::harness::{Response, Server};

/// The content of a gzip response, which must be one gzip member and nothing else.
#[track_caller]
pub(crate) fn decoded(response: &Response) -> Vec<u8> {
    assert_eq!(response.field("Content-Encoding"), Some("gzip"), "{:?}", response.head.escape_ascii());
    let mut rest = &response.content[..];
    let mut content = Vec::new();
    GzDecoder::new(&mut rest).read_to_end(&mut content).expect("the content is gzip");
    assert_eq!(rest.len(), 0, "bytes behind the gzip member");
    content
}

fn get(server: &Server, target: &str, fields: &str) -> Response {
    server.once(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"))
}

/// Text of about this many bytes that compresses as text does.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut number = 1_u32;
    let line = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("line {number} of a file that is made of words\n")
    };
    let mut text: Vec<u8> = repeat_with(line).take(length / 40 + 1).collect::<String>().into();
    text.truncate(length);
    text
}

#[test]
fn the_coding_is_the_one_that_the_client_likes_best() {
    let server = Server::start(&[]);
    for (value, gzip) in [
        ("gzip", true),
        ("GZIP", true),
        ("x-gzip", true),
        ("encoding-1, gzip, encoding-2", true),
        ("br;q=1.0,gzip;q=0.8,*;q=0.1", true),
        ("deflate,gzip", true),
        ("gzip\t;\tq=0.5", true),
        ("gzip;q=0.5, identity;q=0.4", true),
        ("*", true),
        ("identity;q=0, *", true),
        ("encoding-1, encoding-2", false),
        ("invalid-encoding", false),
        ("gzipped", false),
        ("notgzip, gzip-not", false),
        ("gzip;q=0", false),
        ("gzip;q=0.0", false),
        ("gzip;q=0, *", false),
        ("gzip;q=0.4, identity;q=0.5", false),
        ("identity", false),
        ("", false),
    ] {
        let response = get(&server, "/echo/abc", &format!("Accept-Encoding: {value}\r\n"));
        assert_eq!((response.status, response.field("Vary")), (200, Some("Accept-Encoding")), "{value}");
        assert_eq!(response.field("Content-Length"), Some(&*response.content.len().to_string()), "{value}");
        if gzip {
            assert_eq!(decoded(&response), b"abc", "{value}");
        } else {
            assert_eq!((response.field("Content-Encoding"), response.text()), (None, "abc"), "{value}");
        }
    }
    // Two field lines are one list; none at all is no wish.
    let two_lines = get(&server, "/echo/abc", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n");
    assert_eq!(decoded(&two_lines), b"abc");
    assert_eq!(server.get("/echo/abc").field("Content-Encoding"), None);
    for value in ["identity;q=0", "*;q=0", "gzip;q=0, identity;q=0"] {
        let response = get(&server, "/echo/abc", &format!("Accept-Encoding: {value}\r\n"));
        assert_eq!((response.status, response.field("Vary")), (406, Some("Accept-Encoding")), "{value}");
    }
}

#[test]
fn gzip_has_the_fields_of_the_plain_response_and_its_own_length() {
    let server = Server::start(&[]);
    let response = get(&server, "/echo/abc", "Accept-Encoding: gzip\r\n");
    let expected = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\n\
         Content-Length: {}\r\n\r\n",
        response.content.len()
    );
    assert_eq!(String::from_utf8_lossy(&response.head), expected);
    let response = get(&server, "/user-agent", "User-Agent: pear/1\r\nAccept-Encoding: gzip\r\n");
    assert_eq!(decoded(&response), b"pear/1");
    assert_eq!(decoded(&get(&server, "/echo/", "Accept-Encoding: gzip\r\n")), b"");
    // Responses without a choice to make do not vary.
    for target in ["/", "/nothing", "/files/none.txt"] {
        let response = get(&server, target, "Accept-Encoding: gzip\r\n");
        assert_eq!((response.field("Vary"), response.field("Content-Encoding")), (None, None), "{target}");
    }
}

#[test]
fn one_connection_gets_each_response_in_its_own_coding() {
    let server = Server::start(&[]);
    fs::write(server.path("a.txt"), text(200_000)).unwrap();
    let mut client = server.connect();
    for round in 0..20 {
        client.send(format!("GET /echo/{round} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"));
        client.send("GET /files/a.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
        client.send(format!("GET /echo/plain-{round} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(decoded(&client.receive()), round.to_string().as_bytes());
        assert!(decoded(&client.receive()) == text(200_000));
        assert_eq!(client.receive().text(), format!("plain-{round}"));
    }
}

#[test]
fn a_text_file_is_compressed_by_the_extension_of_its_name() {
    let server = Server::start(&[]);
    for (name, is_text) in [
        ("a.txt", true),
        ("a.HTML", true),
        ("a.json", true),
        ("a.svg", true),
        ("a.css", true),
        ("a.js", true),
        ("a.b.txt", true),
        ("a.bin", false),
        ("a.png", false),
        ("a.gz", false),
        ("a.txt.gz", false),
        ("txt", false),
        ("noextension", false),
    ] {
        for length in [0, 1, 1000, 65_536, 65_537, 300_000] {
            let content = text(length);
            fs::write(server.path(name), &content).unwrap();
            let response = get(&server, &format!("/files/{name}"), "Accept-Encoding: gzip\r\n");
            assert_eq!(response.field("Content-Type"), Some("application/octet-stream"), "{name}");
            if is_text {
                assert!(decoded(&response) == content, "{name} of {length} bytes");
                assert_eq!(response.field("Vary"), Some("Accept-Encoding"), "{name}");
                assert!(length < 1000 || response.content.len() < length / 2, "{name} of {length} bytes");
            } else {
                assert!(response.content == content, "{name} of {length} bytes");
                assert_eq!((response.field("Vary"), response.field("Content-Encoding")), (None, None), "{name}");
            }
        }
    }
}

#[test]
fn a_large_text_file_is_compressed_while_it_is_sent() {
    let server = Server::start(&[]);
    let content = text(5_000_000);
    fs::write(server.path("large.txt"), &content).unwrap();
    let (_, before) = server.memory();
    let mut client = server.connect();
    client.send("GET /files/large.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let response = client.receive();
    assert_eq!(response.field("Transfer-Encoding"), Some("chunked"));
    assert!(decoded(&response) == content);
    client.expect_open();
    let (_, after) = server.memory();
    assert!(after - before < 4 * 1024, "the server grew from {before} to {after} KiB");
    // HEAD makes none of it.
    client.send("HEAD /files/large.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(client.receive_to_head().head, response.head);
    client.expect_open();
}

#[test]
fn to_http_1_0_compressed_content_ends_with_the_connection() {
    let server = Server::start(&[]);
    let content = text(500_000);
    fs::write(server.path("a.txt"), &content).unwrap();
    let fields = "Accept-Encoding: gzip\r\nConnection: keep-alive\r\n";
    let response = server.once(format!("GET /files/a.txt HTTP/1.0\r\n{fields}\r\n"));
    assert!(response.is_until_close() && response.closes(), "{:?}", response.head.escape_ascii());
    assert!(decoded(&response) == content);
    // Content of known length does not need that.
    let mut client = server.connect();
    client.send(format!("GET /echo/a HTTP/1.0\r\n{fields}\r\n"));
    assert_eq!(decoded(&client.receive()), b"a");
    client.expect_open();
}
