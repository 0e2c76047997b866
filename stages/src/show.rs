//! Bytes made visible, and requests as `curl` commands.

use std::fmt::Write as _;

/// Longest excerpt of a line or body, in bytes.
const EXCERPT: usize = 76;

/// `bytes` with control bytes, backslashes and what is no UTF-8 visible: `\r`, `\n`, `\t`, `\0`, `\\`, `\xFF`.
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\0' => out.push_str("\\0"),
                '\\' => out.push_str("\\\\"),
                c if c.is_control() => {
                    // Also the C1 controls, which a terminal may obey.
                    let mut buffer = [0; 4];
                    for byte in c.encode_utf8(&mut buffer).bytes() {
                        let _ = write!(out, "\\x{byte:02X}");
                    }
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    out
}

/// The part of `bytes` around `at`, visible, and the column (in characters) of the byte `at` in it.
pub fn excerpt(bytes: &[u8], at: usize) -> (String, usize) {
    let at = at.min(bytes.len());
    let start = if bytes.len() <= EXCERPT { 0 } else { at.saturating_sub(EXCERPT / 2) };
    let end = bytes.len().min(start + EXCERPT);
    let left = if start > 0 { "…" } else { "" };
    let right = if end < bytes.len() { "…" } else { "" };
    let before = format!("{left}{}", visible(&bytes[start..at]));
    (format!("{before}{}{right}", visible(&bytes[at..end])), before.chars().count())
}

/// `bytes` in lines, each visible with its line end, at most `most` of them, long lines cut.
pub fn lines(bytes: &[u8], most: usize) -> Vec<String> {
    let all: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut shown: Vec<String> = all
        .iter()
        .take(most)
        .map(|line| match line.get(..2 * EXCERPT) {
            Some(start) if line.len() > 2 * EXCERPT + 16 => {
                format!("{}… ({} more bytes)", visible(start), line.len() - start.len())
            }
            _ => visible(line),
        })
        .collect();
    if all.len() > most {
        let rest: usize = all[most..].iter().map(|line| line.len()).sum();
        shown.push(format!("… ({rest} more bytes)"));
    }
    shown
}

/// A length in words.
pub fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// The command that sends the same request; `None` for what curl cannot send.
pub fn curl(request: &[u8], port: u16) -> Option<String> {
    let end = memchr::memmem::find(request, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&request[..end]).ok()?;
    let body = &request[end + 4..];
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target, version) = (first.next()?, first.next()?, first.next()?);
    let token = method.bytes().all(crate::response::is_token_byte) && !method.is_empty();
    if version != "HTTP/1.1" || first.next().is_some() || !target.starts_with('/') || !token || head.contains('\0') {
        return None;
    }
    let mut command = "curl -v".to_owned();
    match method {
        "GET" if body.is_empty() => {}
        "HEAD" => command.push_str(" --head"),
        "POST" if !body.is_empty() => {}
        _ => {
            let _ = write!(command, " -X {method}");
        }
    }
    if target.contains("..") || target.contains("/.") {
        command.push_str(" --path-as-is");
    }
    if !is_plain(head, body.len()) {
        return None;
    }
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        // The command itself says where it goes; a transcript always names the usual port.
        let own_host = name.eq_ignore_ascii_case("host") && value.starts_with("localhost:");
        if own_host || (name.eq_ignore_ascii_case("content-length") && !body.is_empty()) {
            continue;
        }
        let _ = write!(command, " -H {}", quote(&format!("{name}: {value}")));
    }
    let target = if target.bytes().any(|byte| b"[]{}".contains(&byte)) {
        command.push_str(" --globoff");
        target
    } else {
        target
    };
    let url = quote(&format!("http://localhost:{port}{target}"));
    let text =
        std::str::from_utf8(body).ok().filter(|text| !text.chars().any(char::is_control) && !text.starts_with('@'));
    match text {
        Some("") => {}
        Some(text) if text.len() <= 200 => {
            let _ = write!(command, " --data-binary {}", quote(text));
        }
        _ if body.len() <= 200 => {
            return Some(format!("printf {} | {command} --data-binary @- {url}", quote(&octal(body))));
        }
        _ => {
            return Some(format!("head -c {} /dev/urandom | {command} --data-binary @- {url}", body.len()));
        }
    }
    Some(format!("{command} {url}"))
}

/// Whether curl, told of the fields and the body, sends just this head: each field line is one, the fields that frame the
/// body fit it, and there is one Host.
fn is_plain(head: &str, body: usize) -> bool {
    let fields: Vec<_> = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':')).collect();
    let values = |wanted: &str| -> Vec<&str> {
        fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).collect()
    };
    let tokens = fields.iter().all(|(name, _)| !name.is_empty() && name.bytes().all(crate::response::is_token_byte));
    let controls = head.replace("\r\n", "").contains(|c: char| c.is_control() && c != '\t');
    let lengths = values("Content-Length");
    let framed = lengths.iter().all(|length| length.parse() == Ok(body)) && lengths.len() <= 1;
    tokens && !controls && framed && values("Transfer-Encoding").is_empty() && values("Host").len() == 1
}

/// The command that sends bytes which are no request: the first 400 of them, and says so if there are more.
pub fn netcat(bytes: &[u8], port: u16) -> String {
    const MOST: usize = 400;
    let command = format!("printf {} | nc localhost {port}", quote(&octal(&bytes[..bytes.len().min(MOST)])));
    match bytes.len() > MOST {
        true => format!("{command}  # the first {MOST} of {}", self::bytes(bytes.len())),
        false => command,
    }
}

/// The format that makes `printf` of a shell print `bytes`.
fn octal(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        match byte {
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            b'%' => out.push_str("%%"),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out
}

/// `text` as one word of a shell.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=%+@,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_byte_is_visible() {
        assert_eq!(visible(b"a\r\n\t\0\\\x1b\x7f\xff\xc3\xa9"), "a\\r\\n\\t\\0\\\\\\x1B\\x7F\\xFFé");
        assert_eq!(visible("\u{9b}".as_bytes()), "\\xC2\\x9B");
        for byte in 0..=255 {
            assert!(!visible(&[byte]).chars().any(char::is_control), "{byte}");
        }
    }

    #[test]
    fn an_excerpt_marks_its_byte() {
        assert_eq!(excerpt(b"ab\r\nc", 4), ("ab\\r\\nc".to_owned(), 6));
        assert_eq!(excerpt(b"abc", 9), ("abc".to_owned(), 3));
        let long: Vec<u8> = (0..1000).map(|i| b'a' + (i % 26) as u8).collect();
        let (text, column) = excerpt(&long, 500);
        assert_eq!(text.chars().nth(column), Some(char::from(long[500])));
        assert!(text.starts_with('…') && text.ends_with('…'));
    }

    #[test]
    fn requests_become_commands() {
        for (request, command) in [
            ("GET /echo/abc HTTP/1.1\r\nHost: localhost:4221\r\n\r\n", "curl -v http://localhost:4221/echo/abc"),
            (
                "GET / HTTP/1.1\r\nHost: localhost:4221\r\nuser-agent: a b'c\r\n\r\n",
                "curl -v -H 'user-agent: a b'\\''c' http://localhost:4221/",
            ),
            ("HEAD /x HTTP/1.1\r\nHost: localhost:4221\r\n\r\n", "curl -v --head http://localhost:4221/x"),
            (
                "POST /files/a HTTP/1.1\r\nHost: localhost:4221\r\nContent-Length: 2\r\n\r\nhi",
                "curl -v --data-binary hi http://localhost:4221/files/a",
            ),
            (
                "POST /files/a HTTP/1.1\r\nHost: localhost:4221\r\nContent-Length: 3\r\n\r\nh\0%",
                "printf 'h\\000%%' | curl -v --data-binary @- http://localhost:4221/files/a",
            ),
            (
                "GET /files/../x HTTP/1.1\r\nHost: localhost:4221\r\n\r\n",
                "curl -v --path-as-is http://localhost:4221/files/../x",
            ),
        ] {
            assert_eq!(curl(request.as_bytes(), 4221).as_deref(), Some(command));
        }
        for request in [
            "nonsense\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c: d\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nhi",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert_eq!(curl(request.as_bytes(), 4221), None, "{request}");
        }
        assert_eq!(netcat(b"a'b\r\n", 4221), "printf 'a'\\''b\\r\\n' | nc localhost 4221");
        assert_eq!(netcat(&[b'a'; 400], 4221), format!("printf {} | nc localhost 4221", "a".repeat(400)));
        let cut = format!("printf {} | nc localhost 4221  # the first 400 of 401 bytes", "a".repeat(400));
        assert_eq!(netcat(&[b'a'; 401], 4221), cut);
    }

    #[test]
    fn long_bodies_are_cut() {
        let shown = lines(&[b'x'; 1000], 3);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].ends_with("… (848 more bytes)"), "{}", shown[0]);
        assert_eq!(lines(b"a\r\nb\r\nc\r\n", 2), ["a\\r\\n", "b\\r\\n", "… (3 more bytes)"]);
    }
}
