//! Tables of what is fine, what deviates and what is wrong.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::{
    http::{
        fault::{HttpFault, Malformed},
        response,
    },
    judge::difference::Class,
};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn one(value: &str) -> FieldRule<Pattern> {
    FieldRule::OneOf(vec![Pattern { before: value.into(), ..Pattern::default() }])
}

fn expected(fields: &[(&str, FieldRule<Pattern>)], body: BodyRule<Vec<u8>>) -> Expected {
    Expected {
        statuses: vec![200],
        reason: Some(b"OK".to_vec()),
        fields: fields.iter().map(|(name, rule)| ((*name).to_owned(), rule.clone())).collect(),
        body,
    }
}

fn received(head: &str, content: &[u8]) -> Received {
    let head = response::head(format!("{head}\r\n\r\n").as_bytes()).unwrap().unwrap();
    Received { head, content: content.to_vec(), end: End::Framed }
}

/// The class, the kind and the field of each difference.
fn found(expected: &Expected, received: &Received, situation: Situation) -> Vec<(Class, String)> {
    let all = judge(expected, received, situation).differences.into_iter();
    all.map(|d| {
        (d.what.class(), [Some(d.what.kind()), d.what.field()].into_iter().flatten().collect::<Vec<_>>().join(" "))
    })
    .collect()
}

fn differences(expected: &Expected, received: &Received) -> Vec<(Class, String)> {
    found(expected, received, Situation::default())
}

fn echo() -> Expected {
    expected(&[("Content-Type", one("text/plain")), ("Content-Length", one("3"))], BodyRule::Is(b"abc".to_vec()))
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
    let nothing = expected(&[], BodyRule::None);
    for head in ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: text/html"] {
        assert_eq!(differences(&nothing, &received(head, b"")), [], "{head}");
    }
    let any = expected(&[], BodyRule::Any);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked";
    assert_eq!(differences(&any, &received(head, b"<p>")), []);
}

#[test]
fn errors_and_deviations_are_told_apart() {
    use Class::{Deviation, Error};
    let right = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3";
    let rows: [(&str, &str, &str, Class, &str); 15] = [
        ("200 OK", "404 Not Found", "abc", Error, "status"),
        ("200 OK", "200 Ok", "abc", Error, "status-line"),
        ("200 OK", "200 OK ", "abc", Error, "status-line"),
        ("200 OK", "200 ", "abc", Error, "status-line"),
        ("HTTP/1.1", "HTTP/1.0", "abc", Error, "status-line"),
        ("Content-Type: text/plain\r\n", "", "abc", Error, "field-missing Content-Type"),
        ("text/plain", "text/html", "abc", Error, "field-value Content-Type"),
        ("text/plain", "text/plain; charset=utf-8", "abc", Error, "field-value Content-Type"),
        ("text/plain", "text/plain\r\nContent-Type: text/plain", "abc", Error, "field-repeated Content-Type"),
        ("text/plain", "Text/Plain", "abc", Deviation, "field-case Content-Type"),
        ("Length: 3", "Length: 3\r\nX-A: b", "abc", Deviation, "field-unlisted X-A"),
        ("Length: 3", "Length: 4", "abc", Error, "field-value Content-Length"),
        ("", "", "abd", Error, "body"),
        ("", "", "ab", Error, "body"),
        ("", "", "abc\n", Error, "body"),
    ];
    for (from, to, body, class, what) in rows {
        let head = right.replacen(from, to, 1);
        assert_eq!(
            differences(&echo(), &received(&head, body.as_bytes())),
            [(class, what.to_owned())],
            "{to:?} {body:?}"
        );
    }
    let nothing = expected(&[], BodyRule::None);
    let body = received("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2", b"hi");
    assert!(differences(&nothing, &body).iter().all(|(class, _)| *class == Deviation));
    assert!(differences(&nothing, &body).iter().any(|(_, what)| what == "body-unlisted"));
}

#[test]
fn fields_may_be_absent_any_one_of_several_or_remembered() {
    let capture = Pattern { before: b"a=".to_vec(), capture: Some("x".to_owned()), after: b";".to_vec() };
    let asked = [
        ("Content-Encoding", FieldRule::Absent),
        ("Date", FieldRule::Any),
        ("Age", FieldRule::Maybe(vec![Pattern { before: b"1".to_vec(), ..Pattern::default() }])),
        ("Via", FieldRule::Maybe(Vec::new())),
        ("Location", FieldRule::OneOf(vec![Pattern { before: b"/a".to_vec(), ..Pattern::default() }, capture])),
    ];
    let expected = expected(&asked, BodyRule::None);
    let response = |head: &str| received(&format!("HTTP/1.1 200 OK\r\n{head}"), b"");
    let verdict = |head: &str| judge(&expected, &response(head), Situation::default());
    assert!(verdict("Date: x\r\nLocation: /a").differences.is_empty());
    assert!(verdict("Date: x\r\nLocation: /a\r\nAge: 1\r\nVia: any").differences.is_empty());
    assert_eq!(verdict("Date: x\r\nLocation: a=b;").captured, [("x".to_owned(), b"b".to_vec())]);
    for (head, what) in [
        ("Date: x\r\nLocation: a=;", "field-value Location"),
        ("Date: x\r\nLocation: /b", "field-value Location"),
        ("Location: /a", "field-missing Date"),
        ("Date: x\r\nLocation: /a\r\nAge: 2", "field-value Age"),
        ("Date: x\r\nLocation: /a\r\nVia: a\r\nVia: b", "field-repeated Via"),
        ("Date: x\r\nLocation: /a\r\nContent-Encoding: gzip", "field-forbidden Content-Encoding"),
    ] {
        let all = differences(&expected, &response(head));
        assert!(all.contains(&(Class::Error, what.to_owned())), "{head}: {all:?}");
    }
}

#[test]
fn texts_are_looked_for_in_a_body() {
    let text = |absent, texts: &[&str]| Contains { absent, texts: texts.iter().map(|text| (*text).into()).collect() };
    let expected = expected(&[], BodyRule::Contains(vec![text(false, &["one", "1"]), text(true, &["<b>", "<i>"])]));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html";
    for fine in ["one", "a 1 &lt;b>"] {
        assert_eq!(differences(&expected, &received(head, fine.as_bytes())), [], "{fine}");
    }
    for (body, what, at) in [
        ("on e", Mismatch::Lacks(vec![b"one".to_vec(), b"1".to_vec()]), 0),
        ("", Mismatch::Lacks(vec![b"one".to_vec(), b"1".to_vec()]), 0),
        ("one <i>", Mismatch::Holds(b"<i>".to_vec()), 4),
    ] {
        let all = judge(&expected, &received(head, body.as_bytes()), Situation::default()).differences;
        assert_eq!(all.into_iter().map(|d| (d.what, d.at)).collect::<Vec<_>>(), [(what, at)]);
    }
}

#[test]
fn the_order_of_a_list_means_nothing() {
    let expected = expected(&[("Allow", one("GET, HEAD, POST")), ("Content-Type", one("a, b"))], BodyRule::None);
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
    let nothing = expected(&[], BodyRule::None);
    let mut undelimited = received("HTTP/1.1 200 OK", b"");
    undelimited.end = End::Undelimited;
    assert_eq!(differences(&nothing, &undelimited), []);
    assert_eq!(found(&nothing, &undelimited, situation), [(Class::Error, "body-undelimited".to_owned())]);
    let closing = received("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close", b"");
    assert_eq!(found(&nothing, &closing, situation), [(Class::Deviation, "close-on-persistent Connection".to_owned())]);
}

#[test]
fn a_length_is_not_blamed_for_another_body() {
    let all = |length: usize, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}");
        differences(&echo(), &received(&head, body))
    };
    assert_eq!(all(4, b"/abc"), [(Class::Error, "body".to_owned())]);
    assert_eq!(all(0, b""), [(Class::Error, "body".to_owned())]);
    // Here the length may be what cut the body.
    assert_eq!(all(2, b"ab")[0].1, "field-value Content-Length");
}

#[test]
fn a_body_that_is_not_whole_is_an_error() {
    let malformed = Malformed { at: 2, fault: HttpFault::ChunkSize };
    for (end, what) in [
        (End::Short { length: Some(9), ended: true }, Mismatch::BodyShort { promised: Some(9), came: 3, ended: true }),
        (End::Short { length: None, ended: false }, Mismatch::BodyShort { promised: None, came: 3, ended: false }),
        (End::Malformed(malformed), Mismatch::Malformed(HttpFault::ChunkSize)),
    ] {
        let mut received = received("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3", b"abc");
        received.end = end;
        let all = judge(&echo(), &received, Situation::default()).differences;
        assert_eq!(all.into_iter().map(|d| d.what).collect::<Vec<_>>(), [what]);
    }
}

#[test]
fn gzip_is_compared_decoded() {
    let text = b"a text, a text, a text".repeat(20);
    let expected = expected(
        &[("Content-Encoding", one("gzip")), ("Content-Length", FieldRule::Any)],
        BodyRule::Gzip(text.clone()),
    );
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
        (text.clone(), "gzip-invalid"),
        (Vec::new(), "gzip-invalid"),
        (whole[..whole.len() - 1].to_vec(), "gzip-invalid"),
        ([&whole[..], b"\n"].concat(), "gzip-trailing"),
        (gz(b"other"), "gzip-content"),
        (gz(&[&text[..], b"x"].concat()), "gzip-content"),
    ] {
        assert_eq!(judge(&content).as_deref(), Some(what));
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
        assert_eq!(interim(&head(status), &Sent::new(sent.as_bytes())).is_none(), fine, "{status} {sent}");
    }
}
