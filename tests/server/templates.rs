//! Pages that are filled in from queries and forms.

use crate::{
    gzip::decoded,
    harness::{Response, Server},
    pages::{is_html, site, write},
};

const KITTENS: &str = "<!-- template -->\n<p>{{ size }}|{{ name }}</p>\n";
const FORM: &str = "application/x-www-form-urlencoded";

#[track_caller]
fn post(server: &Server, target: &str, content_type: &str, content: &[u8]) -> Response {
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        content.len()
    );
    server.once([head.as_bytes(), content].concat())
}

#[test]
fn a_query_fills_a_template() {
    let plain = "<p>{{ size }}</p>\n<!-- template -->\n";
    let (server, _root) = site(&[("kittens.html", KITTENS), ("plain.html", plain), ("a.txt", KITTENS)], &[]);
    for (query, filled) in [
        ("", "|"),
        ("?", "|"),
        ("?size=300", "300|"),
        ("?size=300&name=Tom", "300|Tom"),
        ("?size=1&size=2", "1|"),
        ("?size", "|"),
        ("?name=a+b%20c%2Bd", "|a b c+d"),
        ("?n%61me=caf%C3%A9", "|caf\u{e9}"),
        ("?name=%ff", "|\u{fffd}"),
        ("?name=%3Cscript%3E%22%27%26", "|&lt;script&gt;&quot;&#x27;&amp;"),
        ("?name={{size}}&size=1", "1|{{size}}"),
        ("?name=%7B%7B+size+%7D%7D", "|{{ size }}"),
        ("?name=a%0D%0Ab", "|"),
    ] {
        let response = server.get(&format!("/kittens.html{query}"));
        if query.contains("%0D%0A") {
            // Refused before it comes here, like any line end in a target.
            assert_eq!(response.status, 400);
            continue;
        }
        assert_eq!((response.status, response.text()), (200, &*format!("<p>{filled}</p>\n")), "{query}");
        assert_eq!(response.field("Content-Type"), Some("text/html; charset=utf-8"));
        assert_eq!(response.field("Cache-Control"), Some("no-store"));
        assert_eq!((response.field("ETag"), response.field("Accept-Ranges")), (None, None), "{query}");
    }
    assert_eq!(server.get("/plain.html?size=1").text(), plain);
    assert_eq!(server.get("/a.txt?size=1").text(), KITTENS);
    let get = server.get("/kittens.html?size=300");
    let head = server.once("HEAD /kittens.html?size=300 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(head.head, get.head);
    let gzip = server.once("GET /kittens.html?size=3 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_eq!(decoded(&gzip), b"<p>3|</p>\n");
    let range = server.once("GET /kittens.html?size=3 HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n");
    assert_eq!(range.status, 200);
}

#[test]
fn a_form_fills_a_template() {
    let (server, _root) = site(&[("kittens.html", KITTENS), ("d/index.html", KITTENS)], &[]);
    for (target, content_type, content, filled) in [
        ("/kittens.html", FORM, "size=3&name=a+b", "3|a b"),
        ("/kittens.html?size=1&name=query", "Application/X-www-form-URLENCODED; charset=utf-8", "size=2", "2|query"),
        ("/kittens.html", FORM, "", "|"),
        ("/kittens.html", FORM, "name=a%0D%0Ab%00", "|a\r\nb\0"),
        ("/d/", FORM, "name=%3C%2F", "|&lt;&#x2f;"),
    ] {
        let response = post(&server, target, content_type, content.as_bytes());
        assert_eq!((response.status, response.text()), (200, &*format!("<p>{filled}</p>\n")), "{target} {content}");
        assert_eq!(response.field("Cache-Control"), Some("no-store"));
    }
    let chunked = format!(
        "POST /kittens.html HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nsiz\r\n4;x\r\ne=50\r\n0\r\n\r\n"
    );
    assert_eq!(server.once(chunked).text(), "<p>50|</p>\n");
    // Without content there is nothing whose type could be wrong.
    assert_eq!(server.post("/kittens.html", "").text(), "<p>|</p>\n");
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/json", ""] {
        let response = post(&server, "/kittens.html", content_type, b"size=3");
        assert_eq!(response.status, 415, "{content_type}");
        is_html(&response, "415 Unsupported Media Type");
    }
    assert_eq!(server.post("/kittens.html", "size=3").status, 415);
    let compressed = format!(
        "POST /kittens.html HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nContent-Encoding: gzip\r\n\
         Content-Length: 2\r\n\r\nxx"
    );
    let response = server.once(compressed);
    assert_eq!((response.status, response.field("Accept-Encoding")), (415, Some("identity")));
    let options = server.once("OPTIONS /kittens.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(options.field("Allow"), Some("GET, HEAD, POST, OPTIONS"));
    let put = server.once("PUT /d/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((put.status, put.field("Allow")), (405, Some("GET, HEAD, POST, OPTIONS")));
}

#[test]
fn a_form_may_be_64_kib() {
    let (server, _root) = site(&[("kittens.html", KITTENS)], &[]);
    let form = |length: usize| format!("name={}", "x".repeat(length - 5));
    assert_eq!(post(&server, "/kittens.html", FORM, form(65_536).as_bytes()).status, 200);
    let response = post(&server, "/kittens.html", FORM, form(65_537).as_bytes());
    assert_eq!(response.status, 413);
    is_html(&response, "413 Content Too Large");
    let chunk = form(65_537);
    let chunked = format!(
        "POST /kittens.html HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{chunk}\r\n0\r\n\r\n",
        chunk.len()
    );
    assert_eq!(server.once(chunked).status, 413);
    let waits = format!(
        "POST /kittens.html HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nExpect: 100-continue\r\n\
         Content-Length: 65537\r\n\r\n"
    );
    let response = server.once(waits);
    assert_eq!((response.status, &response.interim[..]), (413, &[][..]));
}

#[test]
fn a_broken_template_is_an_error_of_its_own_page_alone() {
    let files = [
        ("ok.html", KITTENS),
        ("docs/broken.html", "<!-- template -->\n<h1>\nsecret\n{{ size"),
        ("empty.html", "<!-- template -->\n{{ }}"),
        ("two.html", "<!-- template -->\n{{ a b }}"),
        ("filter.html", "<!-- template -->\n{{ size }}\n{{ size | upper }}"),
        ("statement.html", "<!-- template -->\n{% if size %}secret{% endif %}"),
        ("comment.html", "<!-- template -->\n{{ size }}\n{# secret #}"),
    ];
    let (server, root) = site(&files, &[]);
    write(root.path(), "large.html", &format!("<!-- template -->\n{}", "x".repeat(300_000)));
    for (target, log) in [
        ("/docs/broken.html", "error: docs/broken.html:4: `{{` without `}}`"),
        ("/empty.html", "error: empty.html:2: no name between"),
        ("/two.html", "error: two.html:2: no name between"),
        ("/filter.html", "error: filter.html:3: no name between"),
        ("/statement.html", "error: statement.html:2: `{% … %}` and `{# … #}` do not exist"),
        ("/comment.html", "error: comment.html:3: `{% … %}` and `{# … #}` do not exist"),
        ("/large.html", "error: large.html:1: larger than"),
    ] {
        let mut client = server.connect();
        client.send(format!("GET {target}?size=1 HTTP/1.1\r\nHost: a\r\n\r\n"));
        let response = client.receive();
        assert_eq!(response.status, 500, "{target}");
        is_html(&response, "500 Internal Server Error");
        assert!(!response.text().contains("secret") && !response.text().contains(root.path().to_str().unwrap()));
        server.wait_for_log(log);
        client.send("GET /ok.html?size=1 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.receive().text(), "<p>1|</p>\n", "after {target}");
    }
    // Mended, it is a page again, without a restart.
    write(root.path(), "docs/broken.html", KITTENS);
    assert_eq!(server.get("/docs/broken.html?size=2").text(), "<p>2|</p>\n");
}
