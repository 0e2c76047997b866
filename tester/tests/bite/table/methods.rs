use super::{
    Cause::{Id, NoCause},
    Row, own, right,
};
use crate::server::bodies::Bodies;
use crate::server::methods::Methods;
use crate::server::{Parts, Reply, route};

/// The track `methods`.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        right("methods", |_| ()),
        own("me1", "head-with-its-content", &["me1"], &[Id("content-to-head")], |p| {
            p.methods.head = |p, q, d| route(p, &q.with_method("GET"), d);
        }),
        own("me1", "head-is-not-found", &["me1"], &[Id("methods/head-is-get")], |p| {
            p.methods.head = |_, _, _| Reply::empty("404 Not Found");
        }),
        own("me1", "head-is-not-allowed", &["me1"], &[Id("method-not-recognised")], |p| {
            p.methods.head = |_, _, _| Reply::empty("405 Method Not Allowed");
        }),
        own("me1", "head-finds-everything", &["me1"], &[Id("unknown-path-taken")], |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                reply.status_line = reply.status_line.replace("404 Not Found", "200 OK");
                reply
            }
        }),
        own("me1", "head-has-length-0", &["me1"], &[Id("methods/head-length")], |p| {
            p.methods.head = |p, q, d| {
                let mut reply = route(p, &q.with_method("GET"), d);
                reply.set_body(Vec::new());
                reply
            }
        }),
        own("me1", "head-of-an-error-with-content", &["me1"], &[Id("content-to-head")], |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                if reply.status_line.contains("404") {
                    reply.set_body(b"There is no such thing.\n".to_vec());
                    reply.head_only = false;
                }
                reply
            }
        }),
        own("me1", "head-is-never-compressed", &["me1"], &[Id("gzip-offer-not-found")], |p| {
            p.methods.head = |p, q, d| {
                let mut plain = q.with_method("GET");
                plain.head = plain.head.replace("Accept-Encoding", "X");
                let mut reply = route(p, &plain, d);
                reply.head_only = true;
                reply
            }
        }),
        own("me1", "head-has-the-length-before-compression", &["me1"], &[Id("methods/head-length")], |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                if reply.has("Content-Encoding") {
                    reply.set("Content-Length", q.target.len() - "/echo/".len());
                }
                reply
            }
        }),
        right("head-without-the-length-of-nothing", |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                if reply.body.is_empty() {
                    reply.drop("Content-Length");
                }
                reply
            }
        }),
        right("head-of-an-error-tells-its-length", |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                if reply.status_line.contains("404") {
                    reply.set_body(b"There is no such thing.\n".to_vec());
                    reply.set("Content-Type", "text/plain");
                }
                reply
            }
        }),
        // OPTIONS.
        own("me2", "options-is-not-allowed", &["me2"], &[Id("methods/options-everywhere")], |p| {
            p.methods.options = Methods::right().refuse;
        }),
        own("me2", "options-without-allow", &["me2"], &[Id("methods/allow-to-options")], |p| {
            p.methods.options = |_| Reply::empty("200 OK");
        }),
        own("me2", "options-are-the-same-everywhere", &["me2"], &[Id("methods/allow-lists-all")], |p| {
            p.methods.options = |_| (Methods::right().options)("GET, HEAD, POST, OPTIONS");
        }),
        own("me2", "options-forgets-head", &["me2"], &[Id("methods/allow-lists-all")], |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace("HEAD, ", ""));
        }),
        own("me2", "options-parted-by-spaces", &["me2"], &[Id("methods/allow-lists-all")], |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace(',', ""));
        }),
        own("me2", "options-204-with-a-length", &["me2"], &[NoCause("length-without-content")], |p| {
            p.methods.options = |all| {
                let mut reply = (Methods::right().options)(all);
                reply.set("Content-Length", 0);
                reply
            }
        }),
        own("me2", "options-200-without-a-length", &["me2"], &[Id("no-length")], |p| {
            p.methods.options = |all| {
                let mut reply = (Methods::right().options)(all);
                reply.status_line = "HTTP/1.1 200 OK".into();
                reply
            }
        }),
        own("me2", "options-of-paths-only", &["me2"], &[Id("methods/options-everywhere")], |p| {
            p.methods.of = |path| (Methods::right().of)(path).filter(|_| path != "*");
        }),
        own("me2", "options-leaves-its-content", &["me2"], &[Id("content-taken-for-request"), Id("body-empty")], |p| {
            p.bodies.sized = |p, s, b, q, d, n| match q.method.as_str() {
                "OPTIONS" => Some(Vec::new()),
                _ => (Bodies::right().sized)(p, s, b, q, d, n),
            }
        }),
        right("options-in-words", |p| {
            p.methods.options = |all| {
                let mut reply = Reply::with("text/plain", format!("There are {all}.\n").into());
                reply.set("Allow", all);
                reply
            }
        }),
        right("allow-in-another-order", |p| {
            p.methods.options = |all| {
                (Methods::right().options)(if all.contains("POST") {
                    "OPTIONS,,POST , HEAD,GET"
                } else {
                    "HEAD,GET ,OPTIONS"
                })
            }
        }),
        right("allow-without-options", |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace(", OPTIONS", ""));
            p.methods.refuse = |all| (Methods::right().refuse)(&all.replace(", OPTIONS", ""));
        }),
        // 405.
        own("me3", "not-allowed-is-not-found", &["me3"], &[Id("methods/known-path")], |p| {
            p.methods.refuse = |_| Reply::empty("404 Not Found");
        }),
        own("me3", "not-allowed-is-not-implemented", &["me3"], &[Id("methods/known-method")], |p| {
            p.methods.refuse = |_| Reply::empty("501 Not Implemented");
        }),
        own("me3", "not-allowed-and-no-more", &["me3"], &[Id("methods/allow-in-405")], |p| {
            p.methods.refuse = |_| Reply::empty("405 Method Not Allowed");
        }),
        own("me3", "what-the-server-allows", &["me3"], &[Id("methods/allow-lists-all")], |p| {
            p.methods.refuse = |_| (Methods::right().refuse)("GET, HEAD, POST, OPTIONS");
        }),
        own("me3", "what-is-not-allowed", &["me3"], &[Id("methods/allow-lists-all")], |p| {
            p.methods.refuse = |_| (Methods::right().refuse)("POST");
        }),
        own(
            "me3",
            "methods-are-not-looked-at",
            &["me2", "me3"],
            &[Id("methods/allow-to-options"), Id("methods/method-not-compared")],
            |p| {
                p.methods.of = |_| None;
                p.route = |p, q, d| match q.method.as_str() {
                    "POST" if q.target.starts_with("/files/") => route(p, q, d),
                    _ => route(p, &q.with_method("GET"), d),
                };
            },
        ),
        own("me3", "put-is-post", &["me3"], &[Id("methods/method-not-compared")], |p| {
            p.methods.of = |path| match (Methods::right().of)(path) {
                Some("GET, HEAD, POST, OPTIONS") => Some("GET, HEAD, POST, OPTIONS, PUT"),
                other => other,
            };
            p.methods.options = |all| (Methods::right().options)(&all.replace(", PUT", ""));
        }),
        own(
            "me3",
            "refuses-and-leaves-the-content",
            &["me3"],
            &[Id("content-taken-for-request"), Id("methods/method-not-compared")],
            |p| {
                p.bodies.sized = |p, s, b, q, d, n| match q.target.as_str() {
                    "/user-agent" => Some(Vec::new()),
                    _ => (Bodies::right().sized)(p, s, b, q, d, n),
                }
            },
        ),
        right("explains-405", |p| {
            p.methods.refuse = |all| {
                let mut reply = Reply::with("text/html; charset=utf-8", b"<h1>Not like this</h1>\n".to_vec());
                reply.status_line = "HTTP/1.1 405 No".into();
                reply.set("Allow", all);
                reply
            }
        }),
        right("four-methods-are-all", |p| {
            p.methods.knows = |method| ["GET", "HEAD", "POST", "OPTIONS"].contains(&method);
        }),
        // 501.
        own("me4", "unknown-method-is-not-allowed", &["me4"], &[Id("methods/unknown-is-501")], |p| {
            p.methods.unknown = || (Methods::right().refuse)("GET, HEAD, OPTIONS");
        }),
        own("me4", "unknown-method-is-bad", &["me4"], &[Id("methods/well-formed")], |p| {
            p.methods.unknown = || Reply::empty("400 Bad Request");
        }),
        own("me4", "unknown-method-is-not-found", &["me4"], &[Id("methods/method-before-path")], |p| {
            p.methods.unknown = || Reply::empty("404 Not Found");
        }),
        own("me4", "unknown-method-is-get", &["me4"], &[Id("methods/method-not-compared")], |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((if (Methods::right().knows)(&method) { method } else { "GET".into() }, target))
            }
        }),
        own("me4", "methods-without-case", &["me4"], &[Id("methods/method-not-compared")], |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((method.to_ascii_uppercase(), target))
            }
        }),
        own("me4", "methods-by-how-they-begin", &["me4"], &[Id("methods/method-not-compared")], |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                let known = ["GET", "POS"].into_iter().find(|known| method.starts_with(known));
                Some((known.map_or(method, |known| known.replace("POS", "POST")), target))
            }
        }),
        own("me4", "methods-have-letters-only", &["me4"], &[Id("methods/well-formed")], |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                method.bytes().all(|byte| byte.is_ascii_alphabetic()).then_some((method, target))
            }
        }),
        own("me4", "hangs-up-at-unknown-methods", &["me4"], &[Id("gave-up")], |p| {
            p.write = |stream, bytes| {
                if bytes.starts_with(b"HTTP/1.1 501") {
                    stream.shutdown(std::net::Shutdown::Both)
                } else {
                    std::io::Write::write_all(stream, bytes)
                }
            }
        }),
        right("closes-after-501", |p| {
            p.polish = |_, r| {
                if r.status_line.contains("501") {
                    r.set("Connection", "close");
                    r.set_body(b"Such a thing is not known here.\n".to_vec());
                }
            };
            p.write = |stream, bytes| {
                std::io::Write::write_all(stream, bytes)?;
                if bytes.starts_with(b"HTTP/1.1 501") { stream.shutdown(std::net::Shutdown::Write) } else { Ok(()) }
            };
        }),
        right("long-methods-are-bad", |p| {
            p.request_line = |line| (Parts::right().request_line)(line).filter(|(method, _)| method.len() < 100);
        }),
        right("no-path-comes-before-no-method", |p| {
            p.polish = |q, r| {
                if (Methods::right().of)(&q.target).is_none() && r.status_line.contains("501") {
                    *r = Reply::empty("404 Not Found");
                }
            }
        }),
    ]
}
