//! The table of routes. Of what it lists, 404, 405 and `Allow` come from it alone; the web site is behind it, for every
//! path that it does not list.

use super::{
    echo, files, home, mirror, pages,
    site::{Call, Handler, Site},
    user_agent,
};
use crate::{
    content::response::Response,
    http::{
        body::{Body, BodyError},
        method::{self, Method},
        request::Request,
        status::Status,
    },
};

/// Method, pattern, handler. A pattern is a path, which may end with a parameter in braces: it stands for
/// the rest of the path, slashes included. The first pattern that a path matches is the one that counts. HEAD
/// goes where GET goes; every pattern has OPTIONS.
const ROUTES: &[Route] = &[
    Route::new(Method::Get, "/", home::get).unless_website(),
    Route::new(Method::Get, "/echo/{text}", echo::get),
    Route::new(Method::Get, "/user-agent", user_agent::get),
    Route::new(Method::Get, "/files/{name}", files::get),
    Route::new(Method::Post, "/files/{name}", files::post),
    Route::new(Method::Get, "/mirror", mirror::any),
    Route::new(Method::Post, "/mirror", mirror::any),
    Route::new(Method::Put, "/mirror", mirror::any),
    Route::new(Method::Delete, "/mirror", mirror::any),
    Route::new(Method::Trace, "/mirror", mirror::any),
    Route::new(Method::Patch, "/mirror", mirror::any),
    #[cfg(test)]
    Route::new(Method::Get, "/panic", |_, _| panic!("a bug")),
];

struct Route {
    method: Method,
    pattern: &'static str,
    /// The text before the parameter, or the whole pattern.
    literal: &'static [u8],
    has_parameter: bool,
    handler: Handler,
    /// True if a web site takes the place of the route.
    unless_website: bool,
}

impl Route {
    const fn new(method: Method, pattern: &'static str, handler: Handler) -> Self {
        let mut length = 0;
        while length < pattern.len() && pattern.as_bytes()[length] != b'{' {
            length += 1;
        }
        let literal = pattern.as_bytes().split_at(length).0;
        Route { method, pattern, literal, has_parameter: length < pattern.len(), handler, unless_website: false }
    }

    const fn unless_website(self) -> Self {
        Route { unless_website: true, ..self }
    }

    /// The part of the path that the pattern's parameter stands for: empty if it has none. None if the path does not
    /// match. An escaped byte equals the byte itself (RFC 9110 section 4.2.3), but for a slash, which would be
    /// data.
    fn parameter<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        let rest = path.strip_prefix(self.literal).or_else(|| after_escaped(self.literal, path))?;
        (self.has_parameter || rest.is_empty()).then_some(rest)
    }
}

/// The rest of a path after a literal, some of whose bytes are escaped.
fn after_escaped<'a>(literal: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = path;
    for &expected in literal {
        rest = match rest {
            [b'%', high, low, after @ ..] if expected != b'/' => {
                let escaped = std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                (escaped == Some(expected)).then_some(after)
            }
            [byte, after @ ..] => (*byte == expected).then_some(after),
            [] => None,
        }?;
    }
    Some(rest)
}

/// Makes the response to a request: by the table, by the web site if there is one, or 404.
///
/// # Errors
/// The request's content did not arrive: see [`BodyError`].
pub fn respond<'a>(site: &'a Site, request: &'a Request<'a>, body: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let path = request.path();
    let listed = |route: &'static Route| {
        let parameter = route.parameter(path).filter(|_| !route.unless_website || site.website.is_none())?;
        Some((route.pattern, parameter))
    };
    if let Some((pattern, parameter)) = ROUTES.iter().find_map(listed) {
        let method = if request.method == Method::Head { Method::Get } else { request.method };
        let route = ROUTES.iter().find(|route| route.method == method && route.pattern == pattern);
        return match route {
            Some(route) => (route.handler)(&Call { site, request, parameter }, body),
            None => Ok(other_method(method, allow(|route| route.pattern == pattern))),
        };
    }
    match &site.website {
        // `*` stands for the server, and has all that any path has.
        _ if path == b"*" => Ok(other_method(request.method, allow(|_| true))),
        Some(website) => pages::respond(website, request, body),
        None => Ok(Response::new(Status::NOT_FOUND)),
    }
}

/// The response to a method that has no route of its own.
fn other_method(method: Method, allow: String) -> Response<'static> {
    let status = if method == Method::Options { Status::NO_CONTENT } else { Status::METHOD_NOT_ALLOWED };
    Response::new(status).with_owned("Allow", allow)
}

/// The value of `Allow`, of these routes.
fn allow(routes: impl Fn(&Route) -> bool) -> String {
    method::allow(|method| ROUTES.iter().any(|route| route.method == method && routes(route)))
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
            let route = Route::new(Method::Get, pattern, home::get);
            assert_eq!(route.parameter(path.as_bytes()), expected.map(str::as_bytes), "{pattern} {path}");
        }
    }

    #[test]
    fn allow_lists_what_the_table_has() {
        let allow = |path: &str| allow(|route| route.pattern == path);
        assert_eq!(allow("/files/{name}"), "GET, HEAD, POST, OPTIONS");
        assert_eq!(allow("/user-agent"), "GET, HEAD, OPTIONS");
        assert_eq!(allow("/mirror"), "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH");
    }
}
