//! The table of routes. 404, 405 and `Allow` come from it alone.

use crate::{
    body::{Body, BodyError},
    directory::Directory,
    handlers::{echo, files, home, user_agent},
    request::{Method, Request},
    response::Response,
    status::Status,
};

/// Method, pattern, handler. A pattern is a path, which may end with a parameter in braces: it stands for
/// the rest of the path, slashes included. HEAD goes where GET goes; OPTIONS is answered for every pattern.
const ROUTES: &[Route] = &[
    Route { method: Method::Get, pattern: "/", handler: home::get },
    Route { method: Method::Get, pattern: "/echo/{text}", handler: echo::get },
    Route { method: Method::Get, pattern: "/user-agent", handler: user_agent::get },
    Route { method: Method::Get, pattern: "/files/{name}", handler: files::get },
    Route { method: Method::Post, pattern: "/files/{name}", handler: files::post },
    #[cfg(test)]
    Route { method: Method::Get, pattern: "/panic", handler: |_, _| panic!("a bug") },
];

struct Route {
    method: Method,
    pattern: &'static str,
    handler: Handler,
}

type Handler = for<'a> fn(&Call<'a>, &mut dyn Body) -> Result<Response<'a>, BodyError>;

/// What the server serves, the same for all clients.
#[derive(Debug, Default)]
pub struct Site {
    /// Where `/files` reads and writes.
    pub directory: Option<Directory>,
}

/// What a handler gets to know.
pub(crate) struct Call<'a> {
    pub(crate) site: &'a Site,
    pub(crate) request: &'a Request<'a>,
    /// The part of the path that the pattern's parameter stands for, as it was sent.
    pub(crate) parameter: &'a [u8],
}

/// Answers a request by the table.
///
/// # Errors
/// The request's content did not arrive: see [`BodyError`].
pub fn respond<'a>(site: &'a Site, request: &'a Request<'a>, body: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let path = request.path();
    let method = if request.method == Method::Head { Method::Get } else { request.method };
    let mut matching = ROUTES.iter().filter_map(|route| Some((route, parameter(route.pattern, path)?)));
    if let Some((route, parameter)) = matching.clone().find(|(route, _)| route.method == method) {
        return (route.handler)(&Call { site, request, parameter }, body);
    }
    let known = path == b"*" || matching.next().is_some();
    Ok(match method {
        _ if !known => Response::new(Status::NOT_FOUND),
        Method::Options => Response::new(Status::NO_CONTENT).with_owned("Allow", allow(path)),
        _ => Response::new(Status::METHOD_NOT_ALLOWED).with_owned("Allow", allow(path)),
    })
}

/// The methods that a path has, as the value of `Allow` (RFC 9110 section 10.2.1). `*` has all that any
/// path has.
fn allow(path: &[u8]) -> String {
    let has = |method: Method| {
        let matches = |route: &Route| path == b"*" || parameter(route.pattern, path).is_some();
        ROUTES.iter().any(|route| route.method == method && matches(route))
    };
    let listed = |method: &&Method| match method {
        Method::Options => true,
        Method::Head => has(Method::Get),
        method => has(**method),
    };
    Method::ALL.iter().filter(listed).map(|method| method.token()).collect::<Vec<_>>().join(", ")
}

/// What a pattern's parameter stands for in this path: empty if it has none. None if the path does not
/// match. An escaped byte equals the byte itself (RFC 9110 section 4.2.3), but for a slash, which would be
/// data.
fn parameter<'a>(pattern: &str, path: &'a [u8]) -> Option<&'a [u8]> {
    let (literal, has_parameter) = match pattern.find('{') {
        Some(brace) => (&pattern[..brace], true),
        None => (pattern, false),
    };
    let mut rest = path;
    for &expected in literal.as_bytes() {
        rest = match rest {
            [b'%', high, low, after @ ..] if expected != b'/' => {
                let escaped = std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                (escaped == Some(expected)).then_some(after)
            }
            [byte, after @ ..] => (*byte == expected).then_some(after),
            [] => None,
        }?;
    }
    (has_parameter || rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_path() {
        for (pattern, path, expected) in [
            ("/", "/", Some("")),
            ("/", "/a", None),
            ("/echo/{text}", "/echo/a/b", Some("a/b")),
            ("/echo/{text}", "/echo/", Some("")),
            ("/echo/{text}", "/echo", None),
            ("/echo/{text}", "/%65cho/%61", Some("%61")),
            ("/echo/{text}", "/echo%2fa", None),
            ("/user-agent", "/user-agent/", None),
            ("/user-agent", "/user-agen", None),
            ("/user-agent", "/User-Agent", None),
        ] {
            assert_eq!(parameter(pattern, path.as_bytes()), expected.map(str::as_bytes), "{pattern} {path}");
        }
    }

    #[test]
    fn allow_lists_what_the_table_has() {
        assert_eq!(allow(b"/files/a"), "GET, HEAD, POST, OPTIONS");
        assert_eq!(allow(b"/user-agent"), "GET, HEAD, OPTIONS");
        assert_eq!(allow(b"*"), "GET, HEAD, POST, OPTIONS");
    }
}
