//! What each endpoint answers, to the byte.

use crate::harness::Server;

/// The whole response to a request, as it is on the wire.
#[track_caller]
fn response(server: &Server, request: &str) -> String {
    let mut client = server.connect();
    client.send(request);
    client.finish_sending();
    String::from_utf8(client.rest().unwrap()).unwrap()
}

#[test]
fn the_root_is_empty() {
    let server = Server::start_without_directory(&[]);
    let response = response(&server, "GET / HTTP/1.1\r\nHost: localhost:4221\r\n\r\n");
    assert_eq!(response, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn an_unknown_path_is_not_found() {
    let server = Server::start_without_directory(&[]);
    for target in
        ["/nothing", "/echo", "/Echo/abc", "/user-agent/", "/user-agent/x", "/files", "//", "//echo/a", "/?/../"]
    {
        let expected = match target {
            "/?/../" => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        };
        assert_eq!(response(&server, &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")), expected, "{target}");
    }
}

#[test]
fn echo_gives_the_rest_of_the_path() {
    let server = Server::start_without_directory(&[]);
    let whole = response(&server, "GET /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n");
    let expected =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nVary: Accept-Encoding\r\nContent-Length: 3\r\n\r\nabc";
    assert_eq!(whole, expected);
    for (target, content) in [
        ("/echo/", &b""[..]),
        ("/echo/a/b//c/", b"a/b//c/"),
        ("/echo/../up/./here", b"../up/./here"),
        ("/echo/a%20b%2Fc%2fd%25", b"a b/c/d%"),
        ("/echo/%0a%0D", b"\n\r"),
        ("/echo/%ff%FE", b"\xff\xfe"),
        ("/echo/a+b", b"a+b"),
        ("/echo/word?query=not%20echoed", b"word"),
        ("/echo/a?b?c", b"a"),
        ("/ech%6F/escaped-path", b"escaped-path"),
        ("/echo/a;b=c,d:e@f!$&'()*", b"a;b=c,d:e@f!$&'()*"),
        ("/echo/[]{}|^`", b"[]{}|^`"),
    ] {
        let response = server.get(target);
        assert_eq!((response.status, &response.content[..]), (200, content), "{target}");
        assert_eq!(response.field("Content-Length"), Some(&*content.len().to_string()), "{target}");
    }
}

#[test]
fn a_long_target_works_up_to_its_limit() {
    let server = Server::start_without_directory(&["--max-target", "8100"]);
    let word = "w".repeat(8100 - "/echo/".len());
    assert_eq!(server.get(&format!("/echo/{word}")).text(), word);
    assert_eq!(server.get(&format!("/echo/{word}x")).status, 414);
}

#[test]
fn user_agent_gives_the_value_of_the_field() {
    let server = Server::start_without_directory(&[]);
    let whole = response(&server, "GET /user-agent HTTP/1.1\r\nHost: a\r\nUser-Agent: foobar/1.2.3\r\n\r\n");
    let expected = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nVary: Accept-Encoding\r\nContent-Length: 12\r\n\r\nfoobar/1.2.3";
    assert_eq!(whole, expected);
    for (line, content) in [
        ("User-Agent: \t white  space\tkept inside \t", &b"white  space\tkept inside"[..]),
        ("User-Agent:none-before", b"none-before"),
        ("User-Agent: a: b, c; d \"e\"", b"a: b, c; d \"e\""),
        ("User-Agent: latin-1 \u{e9}", "latin-1 \u{e9}".as_bytes()),
        ("User-Agent:", b""),
        ("X-User-Agent: other", b""),
    ] {
        let response = server.once(format!("GET /user-agent HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n"));
        assert_eq!((response.status, &response.content[..]), (200, content), "{line}");
    }
}

#[test]
fn head_gives_the_fields_of_get_without_content() {
    let server = Server::start(&[]);
    std::fs::write(server.path("a.txt"), "x".repeat(200_000)).unwrap();
    for target in ["/", "/echo/abc", "/user-agent", "/files/a.txt", "/files/none", "/nothing", "/echo/%zz"] {
        for fields in ["", "Accept-Encoding: gzip\r\n"] {
            let request = format!("{target} HTTP/1.1\r\nHost: a\r\nUser-Agent: u\r\n{fields}Connection: close\r\n\r\n");
            let get = server.once(format!("GET {request}"));
            let head = response(&server, &format!("HEAD {request}"));
            if target == "/echo/%zz" {
                // Refused before the method was understood: content may follow, and then the end.
                assert_eq!(get.status, 400);
                assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
            } else {
                assert_eq!(head.as_bytes(), get.head, "{target}");
            }
        }
    }
    // Nothing follows on a connection that goes on, either.
    let mut client = server.connect();
    client.send("HEAD /echo/abc HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.receive_to_head().field("Content-Length"), Some("3"));
    client.expect_open();
}

#[test]
fn a_method_that_a_path_lacks_is_answered_with_those_it_has() {
    let server = Server::start(&[]);
    for (method, target, allow) in [
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("DELETE", "/echo/abc", "GET, HEAD, OPTIONS"),
        ("PATCH", "/user-agent", "GET, HEAD, OPTIONS"),
        ("PUT", "/files/a", "GET, HEAD, POST, OPTIONS"),
        ("TRACE", "/files/a", "GET, HEAD, POST, OPTIONS"),
    ] {
        let expected = format!("HTTP/1.1 405 Method Not Allowed\r\nAllow: {allow}\r\nContent-Length: 0\r\n\r\n");
        let request = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(response(&server, &request), expected, "{method} {target}");
    }
    assert_eq!(server.once("DELETE /nothing HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
    for method in ["BREW", "get", "GETT", "CONNECT", "M-SEARCH"] {
        assert_eq!(server.once(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n")).status, 501, "{method}");
    }
}

#[test]
fn options_lists_the_methods() {
    let server = Server::start(&[]);
    for (target, allow) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/files/not-there", "GET, HEAD, POST, OPTIONS"),
        ("*", "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH"),
        ("http://a", "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH"),
    ] {
        let expected = format!("HTTP/1.1 204 No Content\r\nAllow: {allow}\r\n\r\n");
        assert_eq!(response(&server, &format!("OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n")), expected, "{target}");
    }
    assert_eq!(server.once("OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
}

#[test]
fn the_absolute_form_is_served() {
    let server = Server::start(&[]);
    for (target, status, content) in [
        ("http://example.org/echo/abc", 200, "abc"),
        ("HTTP://example.org:80/echo/a%20b?c", 200, "a b"),
        ("https://[::1]:443/echo/v6", 200, "v6"),
        ("http://example.org", 200, ""),
        ("http://example.org?query", 200, ""),
        ("http://example.org/nothing", 404, ""),
    ] {
        let response = server.once(format!("GET {target} HTTP/1.1\r\nHost: other.example\r\n\r\n"));
        assert_eq!((response.status, response.text()), (status, content), "{target}");
    }
}

#[test]
fn a_response_has_no_field_that_was_not_asked_for() {
    let server = Server::start(&[]);
    let dated = Server::start(&["--date"]);
    for target in ["/", "/echo/a", "/nothing", "/files/none", "/%zz"] {
        let response = server.get(target);
        assert_eq!((response.field("Date"), response.field("Server")), (None, None), "{target}");
        let response = dated.get(target);
        assert_eq!(response.field("Server"), None, "{target}");
        let date = response.field("Date").unwrap();
        // RFC 9110 section 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT
        let pattern = date.replace(|c: char| c.is_ascii_digit(), "9");
        assert!(pattern.len() == 29 && pattern.ends_with(" 9999 99:99:99 GMT"), "{target}: {date}");
    }
}
