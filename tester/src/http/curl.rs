//! Requests as commands that a person can type: curl for what curl can send, netcat for the rest.

use std::fmt::Write as _;

use crate::{
    http::{
        sent::{Request, Sent},
        token::is_token,
    },
    text::{self, quote},
};

/// The command that sends the same request; `None` for what curl cannot send.
pub(crate) fn curl(bytes: &[u8], port: u16) -> Option<String> {
    let sent = Sent::new(bytes);
    let [request] = sent.requests() else { return None };
    if !is_plain(request) {
        return None;
    }
    let utf8 = |bytes| std::str::from_utf8(bytes).ok();
    let (method, target, body) = (utf8(request.method())?, utf8(request.target()?)?, request.content());
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
    for (name, value) in request.fields() {
        let (name, value) = (utf8(name)?, utf8(value)?);
        // The command itself says where it goes; a transcript always names the usual port.
        let own_host = name.eq_ignore_ascii_case("host") && value.starts_with("localhost:");
        if own_host || (name.eq_ignore_ascii_case("content-length") && !body.is_empty()) {
            continue;
        }
        let _ = write!(command, " -H {}", quote(&format!("{name}: {value}")));
    }
    if target.bytes().any(|byte| b"[]{}".contains(&byte)) {
        command.push_str(" --globoff");
    }
    let url = quote(&format!("http://localhost:{port}{target}"));
    let text = utf8(body).filter(|text| !text.chars().any(char::is_control) && !text.starts_with('@'));
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

/// Checks whether curl, told of the fields and the body, sends just this request: its lines are well formed, there is
/// one Host, and one length that fits, or none.
fn is_plain(request: &Request) -> bool {
    let method = request.method();
    let line = request.words().count() == 3
        && request.version() == Some(b"HTTP/1.1")
        && is_token(method)
        && request.target().is_some_and(|target| target.starts_with(b"/") && !target.iter().any(u8::is_ascii_control));
    line && !request.is_after_empty_line()
        && request.fields_are_plain()
        && request.is_complete()
        && request.values("Content-Length").count() <= 1
        && request.field("Transfer-Encoding").is_none()
        && request.values("Host").count() == 1
}

/// The command that sends bytes that are not a request: the first 400 of them, and says so if there are more.
pub(crate) fn netcat(bytes: &[u8], port: u16) -> String {
    const MOST: usize = 400;
    let command = format!("printf {} | nc localhost {port}", quote(&octal(&bytes[..bytes.len().min(MOST)])));
    if bytes.len() <= MOST {
        return command;
    }
    format!("{command}  # the first {MOST} of {}", text::bytes(bytes.len()))
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
