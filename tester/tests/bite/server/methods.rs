//! Methods other than GET and POST: which there are, and what is answered to them.

use super::{Parts, Reply, Request, Site};

#[derive(Clone, Copy)]
pub(crate) struct Methods {
    /// Whether the server knows the method.
    pub(crate) knows: fn(&str) -> bool,
    /// The methods of a path; none if there is no such path.
    pub(crate) of: fn(&str) -> Option<&'static str>,
    /// The answer to a method that the server does not know.
    pub(crate) unknown: fn() -> Reply,
    /// The answer to a known method that the path does not have, given those that it has.
    pub(crate) refuse: fn(&str) -> Reply,
    /// The answer to OPTIONS, given the methods that there are.
    pub(crate) options: fn(&str) -> Reply,
    /// The answer to HEAD.
    pub(crate) head: fn(&Parts, &Request, &Site) -> Reply,
}

impl Methods {
    pub(crate) fn right() -> Self {
        Methods {
            knows: |method| ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"].contains(&method),
            of,
            unknown: || Reply::empty("501 Not Implemented"),
            refuse: |methods| {
                let mut reply = Reply::empty("405 Method Not Allowed");
                reply.set("Allow", methods);
                reply
            },
            options: |methods| {
                let mut reply = Reply::empty("204 No Content");
                reply.drop("Content-Length");
                reply.set("Allow", methods);
                reply
            },
            head: |parts, request, site| {
                let mut reply = (parts.route)(parts, &request.with_method("GET"), site);
                reply.head_only = true;
                reply
            },
        }
    }
}

fn of(path: &str) -> Option<&'static str> {
    match path {
        "/" | "/user-agent" => Some("GET, HEAD, OPTIONS"),
        path if path.starts_with("/echo/") => Some("GET, HEAD, OPTIONS"),
        path if path.starts_with("/files/") || path == "*" => Some("GET, HEAD, POST, OPTIONS"),
        _ => None,
    }
}

/// The answer to a request, whatever its method.
pub(crate) fn answer(parts: &Parts, request: &Request, site: &Site) -> Reply {
    let methods = parts.methods;
    let method = request.method.as_str();
    if !(methods.knows)(method) {
        return (methods.unknown)();
    }
    match ((methods.of)(&request.target), method) {
        (_, "HEAD") => (methods.head)(parts, request, site),
        (Some(all), "OPTIONS") => (methods.options)(all),
        (Some(all), _) if !all.split(", ").any(|known| known == method) => (methods.refuse)(all),
        _ => (parts.route)(parts, request, site),
    }
}
