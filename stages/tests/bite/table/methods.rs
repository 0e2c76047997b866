use super::{Row, own, right};
use crate::server::methods::Methods;
use crate::server::{Reply, route};

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
    ]
}
