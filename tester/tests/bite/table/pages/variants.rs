use super::super::{Row, right};
use crate::server::pages::{Pages, answer, with_status};

/// Servers that do it in another way.
pub(super) fn rows() -> Vec<Row> {
    vec![
        right("pages", |_| ()),
        right("pages-with-other-reasons-and-types", |p| {
            p.polish = |_, r| {
                if !r.status_line.ends_with("200 OK") {
                    r.status_line = r.status_line[..13].to_string() + "So It Is";
                }
                for (name, value) in &mut r.fields {
                    if name == "Content-Type" {
                        *value = value.replace("utf-8", "UTF-8").replace("json", "json; charset=utf-8");
                    }
                }
            };
        }),
        right("pages-with-absolute-locations", |p| {
            p.polish = |_, r| {
                for (name, value) in &mut r.fields {
                    if name == "Location" && value.starts_with('/') {
                        *value = format!("http://localhost:4221{value}");
                    }
                }
            };
        }),
        right("pages-with-308-and-a-body", |p| {
            p.pages.to_slash = |path, query| {
                let mut reply = (Pages::right().to_slash)(path, query);
                reply.status_line = "HTTP/1.1 308 Permanent Redirect".into();
                reply.set_body(b"<a href>There</a>".to_vec());
                reply.set("Content-Type", "text/html");
                reply
            };
        }),
        right("pages-with-merged-slashes", |p| {
            p.pages.place = |site, path| (Pages::right().place)(site, &format!("/{}", path.trim_start_matches('/')));
        }),
        right("pages-forbid-hidden-files", |p| {
            p.pages.answer = |pages, site, request, path, query| {
                if path.contains("/.") || path.contains("_redirects") {
                    with_status("403 Forbidden", b"No.".to_vec())
                } else {
                    answer(pages, site, request, path, query)
                }
            };
        }),
        right("listing-with-absolute-links", |p| {
            p.pages.href = |name| (Pages::right().href)(name).to_lowercase().replace("%3b", ";").replace("./", "/a/");
        }),
        right("templates-escape-everything", |p| {
            p.pages.escape = |text| {
                let text = (Pages::right().escape)(text).replace("&quot;", "&#34;").replace('/', "&#x2f;");
                text.replace('+', "&#43;")
            };
        }),
        right("templates-in-chunks", |p| {
            p.polish = |q, r| {
                if q.target.contains('?')
                    && r.status_line.contains("200")
                    && !r.body.is_empty()
                    && r.has("Cache-Control")
                {
                    let size = format!("{:x}\r\n", r.body.len());
                    r.set_body([size.as_bytes(), &r.body, b"\r\n0\r\n\r\n"].concat());
                    r.drop("Content-Length");
                    r.set("Transfer-Encoding", "chunked");
                }
            };
        }),
    ]
}
