//! A web site and `/mirror`: what the semantics of HTTP ask of redirects, forms and TRACE.

use crate::row::{Row, row};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const MIRROR: &str = "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH";

pub(crate) fn rows() -> Vec<Row> {
    let website = [pages(), redirects(), forms()].concat().into_iter().map(Row::of_website).collect();
    [website, mirror()].concat()
}

fn request(method: &str, target: &str, fields: &str, content: &str) -> Vec<u8> {
    let fields = if fields.is_empty() { String::new() } else { format!("{fields}\r\n") };
    let length = if content.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", content.len()) };
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}{length}\r\n{content}").into_bytes()
}

fn get(section: &'static str, name: &'static str, target: &str) -> Row {
    row(section, name, request("GET", target, "", ""))
}

fn pages() -> Vec<Row> {
    const HTML: &str = "text/html; charset=utf-8";
    vec![
        get("9110-8.3", "a page", "/page.html").echoes(b"<p>page").has("Content-Type", HTML).has_some("ETag"),
        get("9110-8.3", "a style sheet", "/style.css").echoes(b"p {}").has("Content-Type", "text/css; charset=utf-8"),
        get("9110-8.3", "a picture has no charset", "/picture.png").answered(200).has("Content-Type", "image/png"),
        get("9110-9.3.1", "the index of the site", "/").echoes(b"<p>home").has("Content-Type", HTML),
        get("9110-9.3.1", "the index of a folder", "/folder/").echoes(b"<p>folder"),
        get("9110-4.2.3", "an escaped letter", "/%70age.html").echoes(b"<p>page"),
        row("9110-9.3.2", "HEAD of a page", request("HEAD", "/page.html", "", ""))
            .answered(200)
            .for_head()
            .has("Content-Length", "7"),
        row("9110-14.2", "a part of a page", request("GET", "/page.html", "Range: bytes=3-4", ""))
            .answered(206)
            .content(b"pa")
            .has("Content-Range", "bytes 3-4/7"),
        row("9110-12.5.3", "a page in gzip", request("GET", "/page.html", "Accept-Encoding: gzip", ""))
            .answered(200)
            .gzip(b"<p>page")
            .has("Vary", "Accept-Encoding"),
        get("9110-15.5.5", "no page", "/nothing").answered(404).has("Content-Type", HTML),
        get("9110-15.5.5", "a page as a folder", "/page.html/").answered(404),
        get("9110-15.6.1", "a broken template", "/broken.html").answered(500).has("Content-Type", HTML),
        row("9110-10.2.1", "a method that a page lacks", request("PUT", "/page.html", "", "x"))
            .answered(405)
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("9110-10.2.1", "a method that a template lacks", request("PUT", "/template.html", "", "x"))
            .answered(405)
            .has("Allow", "GET, HEAD, POST, OPTIONS"),
        row("9110-9.3.7", "OPTIONS of a page", request("OPTIONS", "/page.html", "", ""))
            .answered(204)
            .has("Allow", "GET, HEAD, OPTIONS"),
        row("9110-9.3.7", "OPTIONS of a template", request("OPTIONS", "/template.html", "", ""))
            .answered(204)
            .has("Allow", "GET, HEAD, POST, OPTIONS"),
        row("9110-15.5.5", "DELETE of no page", request("DELETE", "/nothing", "", "")).answered(404),
    ]
}

fn redirects() -> Vec<Row> {
    vec![
        get("9110-15.4.2", "a folder without its slash", "/folder").answered(301).has("Location", "/folder/"),
        get("9110-10.2.2", "the query goes along", "/folder?a=b").answered(301).has("Location", "/folder/?a=b"),
        get("9110-17.4", "two slashes are no host", "//folder").answered(404).lacks("Location"),
        get("9110-15.4.2", "moved", "/old").answered(301).has("Location", "/page.html"),
        get("9110-15.4.3", "found", "/found?q").answered(302).has("Location", "/page.html?q"),
        row("9110-15.4.8", "a form is to be sent elsewhere", request("POST", "/keep", FORM, "a=b"))
            .answered(307)
            .has("Location", "/page.html"),
        row("9110-9.3.2", "HEAD of what has moved", request("HEAD", "/old", "", ""))
            .answered(301)
            .for_head()
            .has("Location", "/page.html"),
        get("2324-2.3.2", "a teapot", "/coffee").answered(418).content(b"<p>page").lacks("ETag"),
        get("9110-15.5.11", "gone", "/gone").answered(410),
        row(
            "9112-9.3",
            "a redirect in a pipeline",
            [request("GET", "/old", "", ""), request("GET", "/page.html", "", "")].concat(),
        )
        .answered(301)
        .echoes(b"<p>page"),
    ]
}

fn forms() -> Vec<Row> {
    let chunked = format!("POST /template.html HTTP/1.1\r\nHost: a\r\n{FORM}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let waiting = |length: u32| {
        format!(
            "POST /template.html HTTP/1.1\r\nHost: a\r\n{FORM}\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    vec![
        get("9111-5.2.2.5", "a template is not stored", "/template.html?a=1")
            .echoes(b"<p>1")
            .has("Cache-Control", "no-store")
            .lacks("ETag"),
        row("9110-9.3.3", "a form", request("POST", "/template.html", FORM, "a=%26+b"))
            .echoes(b"<p>&amp; b")
            .has("Cache-Control", "no-store"),
        row(
            "9110-9.3.3",
            "a form in chunks",
            [chunked.as_bytes(), b"2\r\na=\r\n1;x\r\n1\r\n0\r\nT: u\r\n\r\n"].concat(),
        )
        .echoes(b"<p>1"),
        row("9110-10.1.1", "a form on request", waiting(3)).continued_with(b"a=1").echoes(b"<p>1"),
        row("9110-15.5.14", "a form that is too large", waiting(65_537)).answered(413).instead(),
        row(
            "9110-15.5.16",
            "content of another type",
            request("POST", "/template.html", "Content-Type: text/plain", "a=1"),
        )
        .answered(415),
        row("9110-15.5.16", "content of no type", request("POST", "/template.html", "", "a=1")).answered(415),
        row(
            "9110-15.5.16",
            "a form in gzip",
            request("POST", "/template.html", &format!("{FORM}\r\nContent-Encoding: gzip"), "a=1"),
        )
        .answered(415)
        .has("Accept-Encoding", "identity"),
        row("9110-15.5.6", "a form to a page", request("POST", "/page.html", FORM, "a=1"))
            .answered(405)
            .has("Allow", "GET, HEAD, OPTIONS"),
    ]
}

fn mirror() -> Vec<Row> {
    let comes_back = |name, request: Vec<u8>| {
        row("9110-9.3.8", name, request.clone()).echoes(request).has("Content-Type", "text/plain")
    };
    let chunks = b"3 ; a=b\r\nabc\r\n0\r\nTrailer: t\r\n\r\n";
    let chunked = b"PUT /mirror HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let expecting = b"POST /mirror HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    vec![
        comes_back("TRACE of the mirror", request("TRACE", "/mirror", "", "")),
        comes_back("a head as it was written", request("GET", "/mirror?%41", "x-FIELD:\t a\t", "")),
        comes_back("content", request("PATCH", "/mirror", "", "a\r\n\r\nb")),
        comes_back("chunks with all that is in them", [&chunked[..], chunks].concat()),
        row("9110-10.1.1", "content on request, from the mirror", expecting)
            .continued_with(b"hi")
            .echoes([&expecting[..], b"hi"].concat()),
        row(
            "9110-15.5.14",
            "more than the mirror holds",
            b"POST /mirror HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n",
        )
        .answered(413)
        .instead(),
        row("9110-9.3.2", "HEAD of the mirror", request("HEAD", "/mirror", "", ""))
            .answered(200)
            .for_head()
            .has("Content-Length", "34"),
        row("9110-9.3.7", "OPTIONS of the mirror", request("OPTIONS", "/mirror", "", ""))
            .answered(204)
            .has("Allow", MIRROR),
    ]
}
