//! One table for each rule: what it takes, what it refuses and as what.

use super::*;

fn head(input: &[u8]) -> Result<(RequestLine<'_>, Fields<'_>), Rejection> {
    let (line, fields, length) = request_head(input, 3)?;
    assert_eq!(length, input.len());
    Ok((line, fields))
}

#[test]
fn a_head_is_split_into_its_parts() {
    let (line, fields) = head(b"POST /a?b=%20 HTTP/1.0\r\nHost:x\r\nA-b: \t c d\t \r\nempty:\r\n\r\n").unwrap();
    assert_eq!(line, RequestLine { method: b"POST", target: b"/a?b=%20", version: Version { major: 1, minor: 0 } });
    let fields: Vec<_> = fields.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(fields, [(&b"Host"[..], &b"x"[..]), (b"A-b", b"c d"), (b"empty", b"")]);
}

#[test]
fn a_head_ends_with_its_empty_line() {
    for head in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"GET / HTTP/1.1\r\nA: b\r\n\r\n"] {
        for behind in [&b""[..], b"X", b"\r\n", b"A: b\r\n\r\n", head] {
            let input = [head, behind].concat();
            let (line, fields, length) = request_head(&input, 3).unwrap();
            assert_eq!(length, head.len());
            assert_eq!((line, fields), request_head(head, 3).map(|(line, fields, _)| (line, fields)).unwrap());
        }
        assert!((0..head.len()).all(|end| request_head(&head[..end], 3).is_err()));
    }
}

#[test]
fn request_lines_that_are_none() {
    for (line, rejection) in [
        (&b""[..], Rejection::RequestLine),
        (b"GET", Rejection::RequestLine),
        (b" GET / HTTP/1.1", Rejection::RequestLine),
        (b"GET\t/ HTTP/1.1", Rejection::RequestLine),
        (b"G@T / HTTP/1.1", Rejection::RequestLine),
        (b"\x16\x03\x01", Rejection::RequestLine),
        (b"GET  / HTTP/1.1", Rejection::Target),
        (b"GET /", Rejection::Target),
        (b"GET /a b HTTP/1.1", Rejection::Version),
        (b"GET /\xff HTTP/1.1", Rejection::Target),
        (b"GET /#a HTTP/1.1", Rejection::Target),
        (b"GET /\\a HTTP/1.1", Rejection::Target),
        (b"GET /\0 HTTP/1.1", Rejection::Target),
        (b"GET /  HTTP/1.1", Rejection::Version),
        (b"GET / ", Rejection::Version),
        (b"GET / HTTP/1", Rejection::Version),
        (b"GET / HTTP/1.", Rejection::Version),
        (b"GET / http/1.1", Rejection::Version),
        (b"GET / HTTP/01.1", Rejection::Version),
        (b"GET / HTTP/1.01", Rejection::Version),
        (b"GET / HTTP/ 1.1", Rejection::Version),
        (b"GET / HTTP/1.1 ", Rejection::Version),
        (b"GET / HTTP/1.1\r", Rejection::LineEnd),
    ] {
        let input = [line, b"\r\nHost: x\r\n\r\n"].concat();
        assert_eq!(head(&input), Err(rejection), "{}", line.escape_ascii());
        assert_eq!(request_line_only(&input[..line.len() + 2]), Err(rejection), "{}", line.escape_ascii());
    }
    assert_eq!(head(b"GET / HTTP/1.1\nHost: x\r\n\r\n"), Err(Rejection::LineEnd));
    assert_eq!(head(b"GET / HTTP/1.1\rHost: x\r\n\r\n"), Err(Rejection::LineEnd));
}

#[test]
fn request_lines_without_end() {
    for (start, rejection) in [
        (&b"GETGET"[..], Rejection::Method),
        (b"GET ", Rejection::TargetTooLong),
        (b"GET /aaaa", Rejection::TargetTooLong),
        (b"GET /aaaa HTTP/1.1", Rejection::RequestLine),
        (b"GE\x80", Rejection::RequestLine),
        (b"GET /a\x80", Rejection::RequestLine),
        (b" ", Rejection::RequestLine),
    ] {
        assert_eq!(overlong_request_line(start), rejection, "{}", start.escape_ascii());
    }
}

#[test]
fn field_lines_that_are_none() {
    for (line, rejection) in [
        (&b" A: b"[..], Rejection::Folding),
        (b"A: b\r\n c", Rejection::Folding),
        (b"A: b\r\n\tc", Rejection::Folding),
        (b"A : b", Rejection::FieldName),
        (b"A", Rejection::FieldName),
        (b": b", Rejection::FieldName),
        (b"A\xe9: b", Rejection::FieldName),
        (b"(A): b", Rejection::FieldName),
        (b"A: b\0c", Rejection::FieldValue),
        (b"A: b\x7f", Rejection::FieldValue),
        (b"A: b\x0bc", Rejection::FieldValue),
        (b"A: b\rc", Rejection::LineEnd),
        (b"A: b\nc: d", Rejection::LineEnd),
        (b"A: b\r\nB: c\r\nC: d\r\nD: e", Rejection::FieldsTooLarge),
    ] {
        let input = [b"GET / HTTP/1.1\r\n", line, b"\r\n\r\n"].concat();
        assert_eq!(head(&input), Err(rejection), "{}", line.escape_ascii());
    }
    assert!(head(b"GET / HTTP/1.1\r\nA: \xe9\"(,;\\\r\n\r\n").is_ok());
}

#[test]
fn targets_in_their_four_forms() {
    let origin = |path, query| Ok(Target::Origin { path, query });
    let absolute = |authority, path, query| Ok(Target::Absolute { authority, path, query });
    for (target, expected) in [
        (&b"/"[..], origin(b"/", None)),
        (b"/a/b?c=d?e", origin(b"/a/b", Some(b"c=d?e"))),
        (b"/?", origin(b"/", Some(b""))),
        (b"//a", origin(b"//a", None)),
        (b"/a:b@c", origin(b"/a:b@c", None)),
        (b"/%20%7E?%0d%0A%0d", Err(Rejection::Target)),
        (b"/%20%7E?%0d-%0a%0a%0d", origin(b"/%20%7E", Some(b"%0d-%0a%0a%0d"))),
        (b"/%0a", origin(b"/%0a", None)),
        (b"http://a.b:80/c?d", absolute(b"a.b:80", b"/c", Some(b"d"))),
        (b"HTTPS://[::1]", absolute(b"[::1]", b"", None)),
        (b"http://a?b", absolute(b"a", b"", Some(b"b"))),
        (b"*", Ok(Target::Asterisk)),
        (b"a.b:443", Ok(Target::Authority(b"a.b:443"))),
        (b"http:///a", Err(Rejection::Target)),
        (b"http://u@a/", Err(Rejection::Target)),
        (b"http://a:b/", Err(Rejection::Target)),
        (b"ftp://a/", Err(Rejection::Target)),
        (b"?a", Err(Rejection::Target)),
        (b"a/b", Err(Rejection::Target)),
        (b"*a", Err(Rejection::Target)),
        (b"/%", Err(Rejection::Target)),
        (b"/%2", Err(Rejection::Target)),
        (b"/%zz", Err(Rejection::Target)),
        (b"/%00", Err(Rejection::Target)),
        (b"/%0D%0A", Err(Rejection::Target)),
        (b"/?%", Err(Rejection::Target)),
        (b"/?%00", Err(Rejection::Target)),
    ] {
        assert_eq!(request_target(target), expected, "{}", target.escape_ascii());
    }
}

#[test]
fn hosts() {
    for value in [
        "a",
        "a.b",
        "A-B_c.",
        "a:80",
        "a:",
        "127.0.0.1:4221",
        "[::1]",
        "[::1]:80",
        "%41",
        "a:65535",
        "a:0000080",
        "[v1F.a:!]",
    ] {
        assert_eq!(host(value.as_bytes()), Ok(()), "{value}");
    }
    for value in [
        "", ":80", "a b", "u@a", "a/b", "a,b", "a:b", "a:65536", "a:-1", "a:123456", "[::1", "[]", "[g]", "%4", "a?b",
        "a#b", "[v1]", "[vg.a]", "[v1.%41]",
    ] {
        assert_eq!(host(value.as_bytes()), Err(Rejection::Host), "{value}");
    }
}

#[test]
fn content_lengths() {
    assert_eq!(content_length(b"0"), Ok(0));
    assert_eq!(content_length(b"007"), Ok(7));
    assert_eq!(content_length(b"18446744073709551615"), Ok(u64::MAX));
    for value in ["", "-1", "+1", "1 2", "1_0", "0x1", "0o1", "1.0", "1,1", "1, 2", "18446744073709551616", "\u{0661}"]
    {
        assert_eq!(content_length(value.as_bytes()), Err(Rejection::ContentLength), "{value}");
    }
}

#[test]
fn chunk_lines() {
    for (line, expected) in [
        (&b"0\r\n"[..], Ok((0, 0))),
        (b"000\r\n", Ok((0, 0))),
        (b"1aF\r\n", Ok((0x1af, 0))),
        (b"ffffffffffffffff\r\n", Ok((u64::MAX, 0))),
        (b"0000000000000000000a\r\n", Ok((10, 0))),
        (b"5;a\r\n", Ok((5, 2))),
        (b"5 ; a = \"b;\\\"\r\n", Err(Rejection::Chunk)),
        (b"5 ;\ta = \"b;\\\"\" ;c=d\r\n", Ok((5, 18))),
        (b"5;a=\"\\\x8f\"\r\n", Ok((5, 7))),
        (b"5;a=\"\\\x8f\r\n", Err(Rejection::Chunk)),
        (b"5 \r\n", Err(Rejection::Chunk)),
        (b" 5\r\n", Err(Rejection::Chunk)),
        (b"5;\r\n", Err(Rejection::Chunk)),
        (b"5;a=\r\n", Err(Rejection::Chunk)),
        (b"5;a b\r\n", Err(Rejection::Chunk)),
        (b"5;a\0\r\n", Err(Rejection::Chunk)),
        (b"5;a=\"\x01\"\r\n", Err(Rejection::Chunk)),
        (b"0x5\r\n", Err(Rejection::Chunk)),
        (b"-5\r\n", Err(Rejection::Chunk)),
        (b"5_0\r\n", Err(Rejection::Chunk)),
        (b"\r\n", Err(Rejection::Chunk)),
        (b"10000000000000000\r\n", Err(Rejection::Chunk)),
        (b"5\n", Err(Rejection::LineEnd)),
        (b"5;a\n", Err(Rejection::LineEnd)),
        (b"5\rx\r\n", Err(Rejection::LineEnd)),
    ] {
        assert_eq!(chunk_line(line), expected, "{}", line.escape_ascii());
    }
}
