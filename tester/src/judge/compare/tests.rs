//! Tables of what is fine, what deviates and what is wrong.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::http::response;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn one(value: &str) -> Asked {
    Asked::OneOf(vec![Pattern { before: value.into(), ..Pattern::default() }])
}

fn expected(fields: &[(&str, Asked)], body: Body) -> Expected {
    Expected {
        statuses: vec![200],
        reason: Some(b"OK".to_vec()),
        fields: fields.iter().map(|(name, asked)| ((*name).to_owned(), asked.clone())).collect(),
        body,
    }
}

fn received(head: &str, content: &[u8]) -> Received {
    let head = response::head(format!("{head}\r\n\r\n").as_bytes()).unwrap().unwrap();
    Received { head, content: content.to_vec(), end: End::Framed }
}

/// The class and the sentence of each difference.
fn found(expected: &Expected, received: &Received, situation: Situation) -> Vec<(Class, String)> {
    judge(expected, received, situation).differences.into_iter().map(|d| (d.class, d.what)).collect()
}

fn differences(expected: &Expected, received: &Received) -> Vec<(Class, String)> {
    found(expected, received, Situation::default())
}

fn echo() -> Expected {
    expected(&[("Content-Type", one("text/plain")), ("Content-Length", one("3"))], Body::Bytes(b"abc".to_vec()))
}

#[test]
fn what_is_fine_is_not_mentioned() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain",
        "HTTP/1.1 200 OK\r\ncontent-length:3\r\nCONTENT-TYPE: \t text/plain \t",
        "HTTP/1.1 200 OK\r\nDate: x\r\nServer: y\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nVary: z\r\nETag: \"1\"\r\nLast-Modified: q\r\nAccept-Ranges: bytes\r\nCache-Control: no-store",
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close",
    ] {
        assert_eq!(differences(&echo(), &received(head, b"abc")), [], "{head}");
    }
    let nothing = expected(&[], Body::None);
    for head in ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/html"] {
        assert_eq!(differences(&nothing, &received(head, b"")), [], "{head}");
    }
    let any = expected(&[], Body::Any);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked";
    assert_eq!(differences(&any, &received(head, b"<p>")), []);
}

#[test]
fn errors_and_deviations_are_told_apart() {
    use Class::{Deviation, Error};
    let right = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3";
    let rows: [(&str, &str, &str, Class, &str); 15] = [
        ("200 OK", "404 Not Found", "abc", Error, "The status is 404, not 200"),
        ("200 OK", "200 Ok", "abc", Error, "The status line differs"),
        ("200 OK", "200 OK ", "abc", Error, "The status line differs"),
        ("200 OK", "200 ", "abc", Error, "The status line differs"),
        ("HTTP/1.1", "HTTP/1.0", "abc", Error, "The status line differs"),
        ("Content-Type: text/plain\r\n", "", "abc", Error, "The field Content-Type is missing"),
        ("text/plain", "text/html", "abc", Error, "The field Content-Type has another value"),
        ("text/plain", "text/plain; charset=utf-8", "abc", Error, "The field Content-Type has another value"),
        (
            "text/plain",
            "text/plain\r\nContent-Type: text/plain",
            "abc",
            Error,
            "The field Content-Type is sent 2 times",
        ),
        ("text/plain", "Text/Plain", "abc", Deviation, "The value of Content-Type differs in upper and lower case"),
        ("Length: 3", "Length: 3\r\nX-A: b", "abc", Deviation, "The field X-A is not on the page"),
        ("Length: 3", "Length: 4", "abc", Error, "The field Content-Length has another value"),
        ("", "", "abd", Error, "The body differs"),
        ("", "", "ab", Error, "The body differs"),
        ("", "", "abc\n", Error, "The body differs"),
    ];
    for (from, to, body, class, what) in rows {
        let head = right.replacen(from, to, 1);
        assert_eq!(
            differences(&echo(), &received(&head, body.as_bytes())),
            [(class, what.to_owned())],
            "{to:?} {body:?}"
        );
    }
    let nothing = expected(&[], Body::None);
    let body = received("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2", b"hi");
    assert!(differences(&nothing, &body).iter().all(|(class, _)| *class == Deviation));
    assert!(differences(&nothing, &body).iter().any(|(_, what)| what == "There is a body where the page shows none"));
}

#[test]
fn fields_may_be_absent_any_one_of_several_or_remembered() {
    let capture = Pattern { before: b"a=".to_vec(), capture: Some("x".to_owned()), after: b";".to_vec() };
    let asked = [
        ("Content-Encoding", Asked::Absent),
        ("Date", Asked::Any),
        ("Age", Asked::Maybe(vec![Pattern { before: b"1".to_vec(), ..Pattern::default() }])),
        ("Via", Asked::Maybe(Vec::new())),
        ("Location", Asked::OneOf(vec![Pattern { before: b"/a".to_vec(), ..Pattern::default() }, capture])),
    ];
    let expected = expected(&asked, Body::None);
    let verdict =
        |head: &str| judge(&expected, &received(&format!("HTTP/1.1 200 OK\r\n{head}"), b""), Situation::default());
    assert!(verdict("Date: x\r\nLocation: /a").differences.is_empty());
    assert!(verdict("Date: x\r\nLocation: /a\r\nAge: 1\r\nVia: any").differences.is_empty());
    assert_eq!(verdict("Date: x\r\nLocation: a=b;").captured, [("x".to_owned(), b"b".to_vec())]);
    for (head, what) in [
        ("Date: x\r\nLocation: a=;", "The field Location has another value"),
        ("Date: x\r\nLocation: /b", "The field Location has another value"),
        ("Location: /a", "The field Date is missing"),
        ("Date: x\r\nLocation: /a\r\nAge: 2", "The field Age has another value"),
        ("Date: x\r\nLocation: /a\r\nVia: a\r\nVia: b", "The field Via is sent 2 times"),
        ("Date: x\r\nLocation: /a\r\nContent-Encoding: gzip", "The field Content-Encoding must not be there"),
    ] {
        let all = verdict(head).differences;
        assert!(all.iter().any(|d| d.class == Class::Error && d.what == what), "{head}: {all:?}");
    }
}

#[test]
fn texts_are_looked_for_in_a_body() {
    let held = |absent, texts: &[&str]| Held { absent, texts: texts.iter().map(|text| (*text).into()).collect() };
    let holds = expected(&[], Body::Holds(vec![held(false, &["one", "1"]), held(true, &["<b>", "<i>"])]));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
    for fine in ["one", "a 1 &lt;b>"] {
        assert_eq!(differences(&holds, &received(head, fine.as_bytes())), [], "{fine}");
    }
    for (body, what, at) in [
        ("on e", "The body lacks the text `one` or `1`", 0),
        ("", "The body lacks the text `one` or `1`", 0),
        ("one <i>", "The body must not hold the text `<i>`", 4),
    ] {
        let all = judge(&holds, &received(head, body.as_bytes()), Situation::default()).differences;
        assert_eq!(
            all.iter().map(|d| (d.class, d.what.as_str(), d.at)).collect::<Vec<_>>(),
            [(Class::Error, what, at)]
        );
    }
}

#[test]
fn the_order_of_a_list_means_nothing() {
    let expected = expected(&[("Allow", one("GET, HEAD, POST")), ("Content-Type", one("a, b"))], Body::None);
    let head = |allow: &str, other: &str| {
        received(&format!("HTTP/1.1 200 OK\r\nAllow: {allow}\r\nContent-Type: {other}"), b"")
    };
    assert_eq!(differences(&expected, &head("POST,GET , HEAD", "a, b")), []);
    assert_eq!(differences(&expected, &head("POST, GET", "a, b")).len(), 1);
    assert_eq!(differences(&expected, &head("GET, HEAD, POST", "b, a")).len(), 1);
}

#[test]
fn persistence_asks_for_more() {
    let situation = Situation { persistent: true, to_head: false };
    let nothing = expected(&[], Body::None);
    let mut undelimited = received("HTTP/1.1 200 OK", b"");
    undelimited.end = End::Undelimited;
    assert_eq!(differences(&nothing, &undelimited), []);
    assert!(found(&nothing, &undelimited, situation)[0].1.contains("neither Content-Length nor chunked"));
    let closing = received("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close", b"");
    assert_eq!(
        found(&nothing, &closing, situation),
        [(Class::Deviation, "The answer says `Connection: close`, but the connection is to stay open".to_owned())]
    );
}

#[test]
fn a_length_is_not_blamed_for_another_body() {
    let all = |length: usize, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}");
        differences(&echo(), &received(&head, body))
    };
    assert_eq!(all(4, b"/abc"), [(Class::Error, "The body differs".to_owned())]);
    assert_eq!(all(0, b""), [(Class::Error, "The body differs".to_owned())]);
    // Here the length may be what cut the body.
    assert_eq!(all(2, b"ab")[0].1, "The field Content-Length has another value");
}

#[test]
fn a_body_that_is_not_whole_is_an_error() {
    for (end, what) in [
        (End::Short { length: Some(9), ended: true }, "Content-Length says 9 bytes, the connection ended after 3"),
        (End::Short { length: None, ended: false }, "the last chunk is missing, no more came after 3"),
        (End::Malformed(Malformed { at: 2, what: "x".to_owned(), section: "y" }), "This is not HTTP: x (y)"),
    ] {
        let mut received = received("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3", b"abc");
        received.end = end;
        let all = differences(&echo(), &received);
        assert!(all.len() == 1 && all[0].0 == Class::Error && all[0].1.contains(what), "{all:?}");
    }
}

#[test]
fn gzip_is_compared_decoded() {
    let text = b"a text, a text, a text".repeat(20);
    let expected =
        expected(&[("Content-Encoding", one("gzip")), ("Content-Length", Asked::Any)], Body::Gzip(text.clone()));
    let judge = |content: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}", content.len());
        differences(&expected, &received(&head, content)).pop().map(|(_, what)| what)
    };
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&text).unwrap();
    assert_eq!(judge(&gz(&text)), None);
    assert_eq!(judge(&stored.finish().unwrap()), None);
    let whole = gz(&text);
    for (content, what) in [
        (text.clone(), "The body is not gzip"),
        (Vec::new(), "The body is not gzip"),
        (whole[..whole.len() - 1].to_vec(), "The body is not gzip"),
        ([&whole[..], b"\n"].concat(), "bytes after the end of the gzip data"),
        (gz(b"other"), "The body, decompressed, differs"),
        (gz(&[&text[..], b"x"].concat()), "The body, decompressed, differs"),
    ] {
        assert!(judge(&content).is_some_and(|found| found.contains(what)), "{what}: {:?}", judge(&content));
    }
    let mut checksum = whole.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    assert!(judge(&checksum).is_some());
}

#[test]
fn the_first_byte_that_differs_is_marked() {
    let wrong = judge(
        &echo(),
        &received("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3", b"abc"),
        Situation::default(),
    );
    let difference = &wrong.differences[0];
    assert_eq!((difference.at, difference.received[difference.at]), (19, b'h'));
}

#[test]
fn an_interim_response_is_fine_if_it_was_offered_to_wait_for_it() {
    let head = |status: &str| response::head(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap().unwrap();
    for (status, sent, fine) in [
        ("100 Continue", "POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", true),
        ("100 Continue", "POST / HTTP/1.1\r\neXPECT: 100-CONTINUE\r\n\r\n", true),
        ("100 Continue", "POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false),
        ("100 Continue", "POST / HTTP/1.1\r\nX-Expect: 100-continue\r\n\r\n", false),
        ("103 Early Hints", "POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n", false),
    ] {
        assert_eq!(interim(&head(status), sent.as_bytes()).is_none(), fine, "{status} {sent}");
    }
}
