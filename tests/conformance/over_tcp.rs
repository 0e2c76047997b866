//! Rows over TCP, each on connections of its own.

use std::{
    fs,
    io::{ErrorKind, Read},
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;

use crate::{
    fixtures::{Fixture, Servers},
    harness::{Client, Response},
    row::{Content, End, Expected, Kind, Row, Value},
};

/// How soon a connection that the server closes must have ended.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);
/// Rows up to this size are also sent byte by byte, longer ones in pieces.
const BYTE_BY_BYTE: usize = 2 * 1024;
/// Stands behind every request that is the last one: a server that answers it has been deceived.
const SMUGGLED: &[u8] = b"GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

pub(crate) fn run(servers: &Servers, row: &Row) {
    let fixture = servers.of(row);
    let sends = fixture.fill_in(&row.sends);
    let length = sends.len();
    drive(fixture, row, &sends, length.max(1));
    drive(fixture, row, &sends, length / 3 + 1);
    if length <= BYTE_BY_BYTE {
        drive(fixture, row, &sends, 1);
    }
}

/// Sends the row's bytes in pieces of a size, and looks at what comes back.
fn drive(fixture: &Fixture, row: &Row, sends: &[u8], size: usize) {
    for (name, _) in &row.files {
        let _ = fs::remove_file(fixture.server.path(name));
    }
    let mut client = fixture.server.connect();
    if send(&mut client, sends, size).is_err() {
        assert!(row.end == End::Rejected || row.end == End::Closed, "the server does not take the request");
    }
    if let Some(rest) = &row.sends_then {
        expect_continue(&mut client);
        client.send(rest);
    }
    match row.end {
        // The server may have closed the connection already.
        End::Closed | End::Rejected => _ = send(&mut client, SMUGGLED, size),
        End::CutShort | End::Ended => client.finish_sending(),
        End::Open => {}
    }

    for (index, expected) in row.responses.iter().enumerate() {
        let response = client.try_receive(expected.to_head).unwrap_or_else(|failure| {
            panic!("response {} (bytes sent {size} at a time): {failure}", index + 1);
        });
        let is_last = index + 1 == row.responses.len();
        check(row, expected, &response);
        check_connection(row, is_last, &response);
    }
    match row.end {
        End::Open => client.expect_open(),
        _ => expect_closed(&mut client),
    }
    for (name, content) in &row.files {
        assert_eq!(fs::read(fixture.server.path(name)).ok(), *content, "the file {name:?}");
    }
}

fn send(client: &mut Client, bytes: &[u8], size: usize) -> std::io::Result<()> {
    bytes.chunks(size).try_for_each(|piece| client.try_send(piece))
}

fn expect_continue(client: &mut Client) {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut received = [0; CONTINUE.len()];
    client.stream.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
    client.stream.read_exact(&mut received).expect("the server asks for the content");
    assert_eq!(received, CONTINUE, "{}", received.escape_ascii());
}

fn expect_closed(client: &mut Client) {
    let begun = Instant::now();
    match client.rest() {
        Ok(rest) => assert!(rest.is_empty(), "more than the responses: {}", rest.escape_ascii()),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => panic!("the connection is reset, not closed"),
        Err(error) => panic!("the connection is not closed: {error}"),
    }
    assert!(begun.elapsed() < CLOSED_WITHIN, "the connection is closed only after {:?}", begun.elapsed());
}

fn check(row: &Row, expected: &Expected, response: &Response) {
    assert_eq!(response.status, expected.status, "{response:?}");
    for (name, value) in &expected.has {
        match (response.field(name), value) {
            (Some(found), Value::Is(value)) => assert_eq!(found, *value, "{name}"),
            (Some(_), Value::Any) => {}
            (None, _) => panic!("there is no {name} in {response:?}"),
        }
    }
    for name in &expected.lacks {
        assert_eq!(response.field(name), None, "{name}");
    }
    match &expected.content {
        None => {}
        Some(Content::Is(content)) => {
            assert_eq!(response.content.escape_ascii().to_string(), content.escape_ascii().to_string());
        }
        Some(Content::Gzip(content)) => {
            let mut decompressed = Vec::new();
            GzDecoder::new(&response.content[..]).read_to_end(&mut decompressed).expect("the content is gzip");
            assert_eq!(decompressed, *content);
        }
        Some(Content::Parts(expected)) => assert_eq!(parts(response), *expected),
    }
    check_what_always_holds(row, expected, response);
}

/// Rules for every response, whatever was asked.
fn check_what_always_holds(row: &Row, expected: &Expected, response: &Response) {
    let field = |name| response.field(name);
    assert_eq!(field("Server"), None);
    match (row.server, field("Date")) {
        (Kind::Default | Kind::Website, date) => assert_eq!(date, None, "no Date unless it is asked for"),
        // RFC 9110 section 5.6.7: IMF-fixdate.
        (Kind::Limited, date) => assert!(date.is_some_and(|date| date.len() == 29 && date.ends_with(" GMT"))),
    }
    // Only a client that asked for it gets an interim response (RFC 9110 section 10.1.1).
    let asks = row.sends.to_ascii_lowercase().windows(12).any(|window| window == b"100-continue");
    assert!(response.interim.is_empty() || asks, "interim responses that nobody asked for: {:?}", response.interim);
    // RFC 9110 sections 8.6, 15.3.5 and 15.4.5.
    if matches!(response.status, 204 | 304) {
        assert_eq!((field("Transfer-Encoding"), field("Content-Length")), (None, None));
    } else if field("Transfer-Encoding").is_none() && field("Content-Length").is_none() {
        assert!(response.closes(), "content whose end nobody can tell (RFC 9112 section 6.3)");
    }
    if !response.content.is_empty() {
        assert!(field("Content-Type").is_some(), "content without Content-Type (RFC 9110 section 8.3)");
    }
    assert!(!expected.to_head || response.content.is_empty());
    if response.status == 405 {
        assert!(field("Allow").is_some(), "405 without Allow (RFC 9110 section 15.5.6)");
    }
}

/// What a response says of the connection must be what happens to it (RFC 9112 section 9.6).
fn check_connection(row: &Row, is_last: bool, response: &Response) {
    let closes = is_last && matches!(row.end, End::Closed | End::Rejected | End::CutShort);
    assert_eq!(response.closes(), closes, "Connection: {:?}", response.field("Connection"));
}

/// The parts of `multipart/byteranges` content: the `Content-Range` and the bytes of each.
fn parts(response: &Response) -> Vec<(&str, Vec<u8>)> {
    let media_type = response.field("Content-Type").expect("there is a Content-Type");
    let boundary = media_type.strip_prefix("multipart/byteranges; boundary=").expect("it is multipart/byteranges");
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut rest = &response.content[..];
    let mut found = Vec::new();
    let mut next = |what: &[u8]| {
        let at = rest.windows(what.len()).position(|window| window == what)?;
        let before = &rest[..at];
        rest = &rest[at + what.len()..];
        Some(before)
    };
    assert_eq!(next(&delimiter), Some(&b""[..]), "a preamble");
    while let Some(head) = next(b"\r\n\r\n") {
        let head = std::str::from_utf8(head).expect("the head of a part is text");
        let range = head.split("\r\n").find_map(|line| line.strip_prefix("Content-Range: "));
        assert!(head.contains("\r\nContent-Type: "), "a part without its media type: {head:?}");
        found.push((range.expect("a part has a Content-Range"), next(&delimiter).expect("a part ends").to_vec()));
    }
    assert_eq!(rest, b"--\r\n", "the end of the last part");
    found
}
