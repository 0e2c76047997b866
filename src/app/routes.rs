//! The table of routes. 404, 405 and `Allow` come from it alone.

use super::{echo, files, home, mirror, pages, user_agent, website::Website};
use crate::{
    content::response::Response,
    fs::directory::Directory,
    http::{
        body::{Body, BodyError},
        request::{Method, Request},
        status::Status,
    },
};

/// Method, pattern, handler. A pattern is a path, which may end with a parameter in braces: it stands for
/// the rest of the path, slashes included. The first pattern that a path matches is the one that counts. HEAD
/// goes where GET goes; OPTIONS is answered for every pattern.
const ROUTES: &[Route] = &[
    Route::new(Method::Get, "/", home::get).when(Site::has_no_pages),
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
    Route::new(Method::Get, PAGES, pages::get).when(Site::has_pages).takes(pages::exist),
    Route::new(Method::Post, PAGES, pages::post).when(Site::has_pages).takes(pages::take_forms),
];

/// The pattern of all that no other has.
const PAGES: &str = "/{page}";

struct Route {
    method: Method,
    pattern: &'static str,
    /// What stands before the parameter, or the whole pattern.
    literal: &'static [u8],
    has_parameter: bool,
    handler: Handler,
    /// Whether this server has the route at all.
    when: fn(&Site) -> bool,
    /// Whether a path that matches the pattern has the method. GET's handler is not kept waiting for the answer:
    /// it finds out by itself, and answers 404.
    takes: fn(&Site, &[u8]) -> bool,
}

impl Route {
    const fn new(method: Method, pattern: &'static str, handler: Handler) -> Self {
        let mut length = 0;
        while length < pattern.len() && pattern.as_bytes()[length] != b'{' {
            length += 1;
        }
        let literal = pattern.as_bytes().split_at(length).0;
        let has_parameter = length < pattern.len();
        Route { method, pattern, literal, has_parameter, handler, when: |_| true, takes: |_, _| true }
    }

    const fn when(self, when: fn(&Site) -> bool) -> Self {
        Route { when, ..self }
    }

    const fn takes(self, takes: fn(&Site, &[u8]) -> bool) -> Self {
        Route { takes, ..self }
    }

    /// What the pattern's parameter stands for in this path: empty if it has none. None if the path does not
    /// match. An escaped byte equals the byte itself (RFC 9110 section 4.2.3), but for a slash, which would be
    /// data.
    fn parameter<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        let rest = path.strip_prefix(self.literal).or_else(|| after_escaped(self.literal, path))?;
        (self.has_parameter || rest.is_empty()).then_some(rest)
    }
}

/// What follows a literal at the beginning of a path, some of whose bytes are escaped.
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

type Handler = for<'a> fn(&Call<'a>, &mut dyn Body) -> Result<Response<'a>, BodyError>;

/// What the server serves, the same for all clients.
#[derive(Debug, Default)]
pub struct Site {
    /// Where `/files` reads and writes.
    pub directory: Option<Directory>,
    /// What is served where no other route is.
    pub website: Option<Website>,
}

impl Site {
    fn has_pages(&self) -> bool {
        self.website.is_some()
    }

    fn has_no_pages(&self) -> bool {
        self.website.is_none()
    }
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
    let matches = |route: &'static Route| Some((route, route.parameter(path).filter(|_| (route.when)(site))?));
    let matching = ROUTES.iter().find_map(matches);
    let of_method = |first: &'static Route| {
        let mut routes = std::iter::once(first).chain(ROUTES);
        routes.find(|route| route.method == method && route.pattern == first.pattern)
    };
    if let Some((first, parameter)) = matching
        && let Some(route) = of_method(first)
        && (method == Method::Get || (route.takes)(site, path))
    {
        return (route.handler)(&Call { site, request, parameter }, body);
    }
    let pattern = matching.map(|(route, _)| route.pattern);
    let allow = allow(site, path, pattern);
    let status = match method {
        _ if allow.is_empty() => Status::NOT_FOUND,
        Method::Options => return Ok(Response::new(Status::NO_CONTENT).with_owned("Allow", allow)),
        _ => Status::METHOD_NOT_ALLOWED,
    };
    let response = match &site.website {
        Some(website) if pattern == Some(PAGES) => pages::error(website, status),
        _ => Response::new(status),
    };
    Ok(if status == Status::METHOD_NOT_ALLOWED { response.with_owned("Allow", allow) } else { response })
}

/// The methods that a path has, as the value of `Allow` (RFC 9110 section 10.2.1), given the pattern that it
/// matches; empty if there is nothing at the path. `*` has all that any path has.
fn allow(site: &Site, path: &[u8], pattern: Option<&str>) -> String {
    let has = |method: Method| {
        let offers = |route: &&Route| route.method == method && (route.when)(site);
        let here = |route: &Route| pattern == Some(route.pattern) && (route.takes)(site, path);
        ROUTES.iter().filter(offers).any(|route| path == b"*" || here(route))
    };
    // Every path that there is can be read.
    if (pattern.is_none() && path != b"*") || !has(Method::Get) {
        return String::new();
    }
    let listed = |method: &&Method| match method {
        Method::Options | Method::Get | Method::Head => true,
        method => has(**method),
    };
    Method::ALL.iter().filter(listed).map(|method| method.token()).collect::<Vec<_>>().join(", ")
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
        let site = Site::default();
        let allow = |path: &str, pattern| allow(&site, path.as_bytes(), pattern);
        assert_eq!(allow("/files/a", Some("/files/{name}")), "GET, HEAD, POST, OPTIONS");
        assert_eq!(allow("/user-agent", Some("/user-agent")), "GET, HEAD, OPTIONS");
        let all = "GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH";
        assert_eq!(allow("/mirror", Some("/mirror")), all);
        assert_eq!(allow("*", None), all);
        assert_eq!(allow("/nothing", None), "");
    }
}
