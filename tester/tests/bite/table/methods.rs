use super::{Row, own, right};
use crate::server::bodies::Bodies;
use crate::server::methods::Methods;
use crate::server::{Parts, Reply, route};

/// Stages 24 to 27.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        right("methods", |_| ()),
        own(24, "head-with-its-content", "24", "content follows the head", |p| {
            p.methods.head = |p, q, d| route(p, &q.with_method("GET"), d);
        }),
        own(24, "head-is-not-found", "24", "HEAD is answered like GET", |p| {
            p.methods.head = |_, _, _| Reply::empty("404 Not Found");
        }),
        own(24, "head-is-not-allowed", "24", "the method is not recognised", |p| {
            p.methods.head = |_, _, _| Reply::empty("405 Method Not Allowed");
        }),
        own(24, "head-finds-everything", "24", "an unknown path is treated like a known one", |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                reply.status_line = reply.status_line.replace("404 Not Found", "200 OK");
                reply
            }
        }),
        own(24, "head-has-length-0", "24", "the length that GET would send", |p| {
            p.methods.head = |p, q, d| {
                let mut reply = route(p, &q.with_method("GET"), d);
                reply.set_body(Vec::new());
                reply
            }
        }),
        own(24, "head-of-an-error-with-content", "24", "content follows the head", |p| {
            p.methods.head = |p, q, d| {
                let mut reply = (Methods::right().head)(p, q, d);
                if reply.status_line.contains("404") {
                    reply.set_body(b"There is no such thing.\n".to_vec());
                    reply.head_only = false;
                }
                reply
            }
        }),
        own(24, "head-is-never-compressed", "24", "The field Content-Encoding is missing", |p| {
            p.methods.head = |p, q, d| {
                let mut plain = q.with_method("GET");
                plain.head = plain.head.replace("Accept-Encoding", "X");
                let mut reply = route(p, &plain, d);
                reply.head_only = true;
                reply
            }
        }),
        own(24, "head-has-the-length-before-compression", "24", "the length that GET would send", |p| {
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
        own(25, "options-is-not-allowed", "25", "OPTIONS is a method of every path", |p| {
            p.methods.options = Methods::right().refuse;
        }),
        own(25, "options-without-allow", "25", "the answer to OPTIONS says in `Allow`", |p| {
            p.methods.options = |_| Reply::empty("200 OK");
        }),
        own(25, "options-are-the-same-everywhere", "25", "the methods of this very path", |p| {
            p.methods.options = |_| (Methods::right().options)("GET, HEAD, POST, OPTIONS");
        }),
        own(25, "options-forgets-head", "25", "where there is GET there is HEAD", |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace("HEAD, ", ""));
        }),
        own(25, "options-parted-by-spaces", "25", "parted by commas", |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace(',', ""));
        }),
        own(25, "options-204-with-a-length", "25", "a response with this status has no Content-Length", |p| {
            p.methods.options = |all| {
                let mut reply = (Methods::right().options)(all);
                reply.set("Content-Length", 0);
                reply
            }
        }),
        own(25, "options-200-without-a-length", "25", "also with an empty body", |p| {
            p.methods.options = |all| {
                let mut reply = (Methods::right().options)(all);
                reply.status_line = "HTTP/1.1 200 OK".into();
                reply
            }
        }),
        own(25, "options-of-paths-only", "25", "the server as a whole", |p| {
            p.methods.of = |path| (Methods::right().of)(path).filter(|_| path != "*");
        }),
        own(25, "options-leaves-its-content", "25", "was taken for a request of its own", |p| {
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
                (Methods::right().options)(match all.contains("POST") {
                    true => "OPTIONS,,POST , HEAD,GET",
                    false => "HEAD,GET ,OPTIONS",
                })
            }
        }),
        right("allow-without-options", |p| {
            p.methods.options = |all| (Methods::right().options)(&all.replace(", OPTIONS", ""));
            p.methods.refuse = |all| (Methods::right().refuse)(&all.replace(", OPTIONS", ""));
        }),
        // 405.
        own(26, "not-allowed-is-not-found", "26", "the path is known, only not with this method", |p| {
            p.methods.refuse = |_| Reply::empty("404 Not Found");
        }),
        own(26, "not-allowed-is-not-implemented", "26", "501 is for a method that the server has nowhere", |p| {
            p.methods.refuse = |_| Reply::empty("501 Not Implemented");
        }),
        own(26, "not-allowed-and-no-more", "26", "405 must say in `Allow`", |p| {
            p.methods.refuse = |_| Reply::empty("405 Method Not Allowed");
        }),
        own(26, "what-the-server-allows", "26", "the methods of this very path", |p| {
            p.methods.refuse = |_| (Methods::right().refuse)("GET, HEAD, POST, OPTIONS");
        }),
        own(26, "what-is-not-allowed", "26", "the methods of this very path", |p| {
            p.methods.refuse = |_| (Methods::right().refuse)("POST");
        }),
        own(26, "methods-are-not-looked-at", "25-26", "the method is not looked at|the answer to OPTIONS says", |p| {
            p.methods.of = |_| None;
            p.route = |p, q, d| match q.method.as_str() {
                "POST" if q.target.starts_with("/files/") => route(p, q, d),
                _ => route(p, &q.with_method("GET"), d),
            };
        }),
        own(26, "put-is-post", "26", "the method is not looked at, or taken for another", |p| {
            p.methods.of = |path| match (Methods::right().of)(path) {
                Some("GET, HEAD, POST, OPTIONS") => Some("GET, HEAD, POST, OPTIONS, PUT"),
                other => other,
            };
            p.methods.options = |all| (Methods::right().options)(&all.replace(", PUT", ""));
        }),
        own(26, "refuses-and-leaves-the-content", "26", "was taken for a request of its own", |p| {
            p.bodies.sized = |p, s, b, q, d, n| match q.target.as_str() {
                "/user-agent" => Some(Vec::new()),
                _ => (Bodies::right().sized)(p, s, b, q, d, n),
            }
        }),
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
        own(27, "unknown-method-is-not-allowed", "27", "405 is for a method that the server has elsewhere", |p| {
            p.methods.unknown = || (Methods::right().refuse)("GET, HEAD, OPTIONS");
        }),
        own(27, "unknown-method-is-bad", "27", "the request is well formed", |p| {
            p.methods.unknown = || Reply::empty("400 Bad Request");
        }),
        own(27, "unknown-method-is-not-found", "27", "the method is judged before the path", |p| {
            p.methods.unknown = || Reply::empty("404 Not Found");
        }),
        own(27, "unknown-method-is-get", "27", "the method is not looked at", |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((if (Methods::right().knows)(&method) { method } else { "GET".into() }, target))
            }
        }),
        own(27, "methods-without-case", "27", "with its case", |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                Some((method.to_ascii_uppercase(), target))
            }
        }),
        own(27, "methods-by-how-they-begin", "27", "compare it whole", |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                let known = ["GET", "POS"].into_iter().find(|known| method.starts_with(known));
                Some((known.map_or(method, |known| known.replace("POS", "POST")), target))
            }
        }),
        own(27, "methods-have-letters-only", "27", "the request is well formed", |p| {
            p.request_line = |line| {
                let (method, target) = (Parts::right().request_line)(line)?;
                method.bytes().all(|byte| byte.is_ascii_alphabetic()).then_some((method, target))
            }
        }),
        own(27, "hangs-up-at-unknown-methods", "27", "gave up on this request", |p| {
            p.write = |stream, bytes| match bytes.starts_with(b"HTTP/1.1 501") {
                true => stream.shutdown(std::net::Shutdown::Both),
                false => std::io::Write::write_all(stream, bytes),
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
                match bytes.starts_with(b"HTTP/1.1 501") {
                    true => stream.shutdown(std::net::Shutdown::Write),
                    false => Ok(()),
                }
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
