//! Requests as commands that a person can type: curl for what curl can send, netcat for the rest.

use std::fmt::Write as _;

use crate::{
    http::response::is_token_byte,
    text::{self, quote},
};

/// The command that sends the same request; `None` for what curl cannot send.
pub fn curl(request: &[u8], port: u16) -> Option<String> {
    let end = memchr::memmem::find(request, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&request[..end]).ok()?;
    let body = &request[end + 4..];
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target, version) = (first.next()?, first.next()?, first.next()?);
    let token = method.bytes().all(is_token_byte) && !method.is_empty();
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
    let tokens = fields.iter().all(|(name, _)| !name.is_empty() && name.bytes().all(is_token_byte));
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
        true => format!("{command}  # the first {MOST} of {}", text::bytes(bytes.len())),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
