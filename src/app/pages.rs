//! The web site of `--root`: pages, folders, redirects and templates.

use std::time::SystemTime;

use super::{
    failure::explain,
    website::{Resource, Website, error_page, form, redirect_page},
};
use crate::{
    content::response::{Content, Response},
    fs::{error::FileError, file::FileSlice, name::FileName},
    http::{
        body::{Body, BodyError},
        conditions::{Stamp, Validators},
        method::{Method, allow},
        request::Request,
        status::Status,
    },
};

const HTML: &str = "text/html; charset=utf-8";
/// Bytes of a form.
const FORM_LIMIT: usize = 64 * 1024;

/// Makes the response to a request for anything that no route lists.
///
/// # Errors
/// The request's content did not arrive: see [`BodyError`].
pub(super) fn respond(
    website: &Website,
    request: &Request<'_>,
    body: &mut dyn Body,
) -> Result<Response<'static>, BodyError> {
    if matches!(request.method, Method::Get | Method::Head) {
        return Ok(show(website, request, b""));
    }
    // The resource is let go of before a form arrives, which takes as long as its client likes.
    let takes_forms = match website.resource(request.path()) {
        // 307 and 308 ask for the form to be sent again, elsewhere.
        Ok(Resource::Elsewhere(..)) if request.method == Method::Post => return Ok(show(website, request, b"")),
        Ok(resource) => matches!(resource, Resource::Elsewhere(..) | Resource::Template(..)),
        Err(FileError::NotFound) => return Ok(not_found(website, b"")),
        // It may be there, and may be a template: `show` says why it cannot be had.
        Err(_) => true,
    };
    let allow = || allow(|method| method == Method::Get || (method == Method::Post && takes_forms));
    match request.method {
        Method::Post if takes_forms => post(website, request, body),
        Method::Options => Ok(Response::new(Status::NO_CONTENT).with_owned("Allow", allow())),
        _ => {
            Ok(plain(Status::METHOD_NOT_ALLOWED, "this address does not accept that method")
                .with_owned("Allow", allow()))
        }
    }
}

/// A template, filled in with what a form says.
fn post(website: &Website, request: &Request<'_>, body: &mut dyn Body) -> Result<Response<'static>, BodyError> {
    let fields = &request.fields;
    if fields.get("Content-Encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        // RFC 9110 section 15.5.16: the field tells which codings there are.
        return Ok(
            plain(Status::UNSUPPORTED_MEDIA_TYPE, "send the form uncompressed").with("Accept-Encoding", "identity")
        );
    }
    let unsupported = || {
        let reason = format!("this page accepts forms as {}", form::MEDIA_TYPE);
        plain(Status::UNSUPPORTED_MEDIA_TYPE, &reason)
    };
    let has_type = fields.get("Content-Type").is_some();
    if has_type && !fields.single("Content-Type").is_some_and(form::is_form) {
        return Ok(unsupported());
    }
    let too_large = || plain(Status::CONTENT_TOO_LARGE, "this server accepts forms of up to 64 KiB");
    if body.exceeds(FORM_LIMIT as u64) {
        return Ok(too_large());
    }
    let mut form = Vec::new();
    while let Some(piece) = body.next()? {
        if form.len() + piece.len() > FORM_LIMIT {
            return Ok(too_large());
        }
        form.extend_from_slice(piece);
    }
    // A form without anything in it need not say what it is.
    if !has_type && !form.is_empty() {
        return Ok(unsupported());
    }
    Ok(show(website, request, &form))
}

/// The response for what the path of a request stands for, with a form filled in if it is a template.
fn show(website: &Website, request: &Request<'_>, form: &[u8]) -> Response<'static> {
    let path = request.path();
    let query = request.query();
    match website.resource(path) {
        Ok(Resource::Elsewhere(status, to)) => redirect(status, to, query),
        Ok(Resource::Unslashed) => {
            let to = format!("{}/", String::from_utf8_lossy(path));
            redirect(Status::MOVED_PERMANENTLY, to, query)
        }
        Ok(Resource::File(status, name, contents, stamp)) => file(status, &name, contents, &stamp),
        Ok(Resource::Template(status, name, source)) => {
            template(website, status, &name, &source, query.unwrap_or_default(), form)
        }
        Ok(Resource::Listing(folder)) => match website.listing(&folder) {
            Ok(page) => Response::ok(HTML, Content::Bytes(page.into())).negotiable(),
            Err(error) => failure(website, error, query),
        },
        Ok(Resource::Bare(status)) => plain(status, "this is all there is to see here"),
        Err(error) => failure(website, error, query),
    }
}

/// A file as it is. Only a whole response can be had in parts and by condition.
fn file(status: Status, name: &FileName, contents: FileSlice, stamp: &Stamp) -> Response<'static> {
    let mut response = Response { content: Content::File(contents), ..Response::new(status) };
    response = match name.media_type() {
        Some(text) if text.starts_with("text/") => {
            response.with_owned("Content-Type", format!("{text}; charset=utf-8"))
        }
        other => response.with("Content-Type", other.unwrap_or("application/octet-stream")),
    };
    if status != Status::OK {
        return response;
    }
    response.validators = Some(Box::new(Validators::of_file(stamp, SystemTime::now())));
    if name.is_text() { response.negotiable() } else { response }
}

fn template(
    website: &Website,
    status: Status,
    name: &FileName,
    source: &[u8],
    query: &[u8],
    form: &[u8],
) -> Response<'static> {
    match website.fill_in(name, source, query, form) {
        Ok(page) => {
            let response = Response { content: Content::Bytes(page.into()), ..Response::new(status) };
            let response = response.with("Content-Type", HTML).with("Cache-Control", "no-store");
            if status == Status::OK { response.negotiable() } else { response }
        }
        // Nothing of the template, which is not for this client.
        Err(_) => plain(Status::INTERNAL_SERVER_ERROR, "this page is broken; the server's log says where"),
    }
}

/// RFC 9110 section 15.4. The query goes along, unless the target has one of its own.
fn redirect(status: Status, to: String, query: Option<&[u8]>) -> Response<'static> {
    let location = match query {
        Some(query) if !to.split('#').next().unwrap_or_default().contains('?') => {
            let (page, fragment) = to.find('#').map_or((&*to, ""), |at| to.split_at(at));
            format!("{page}?{}{fragment}", String::from_utf8_lossy(query))
        }
        _ => to,
    };
    let page = redirect_page(status, &location);
    Response { content: Content::Bytes(page.into()), ..Response::new(status) }
        .with_owned("Location", location)
        .with("Content-Type", HTML)
}

fn failure(website: &Website, error: FileError, query: Option<&[u8]>) -> Response<'static> {
    match explain(error) {
        (Status::NOT_FOUND, _) => not_found(website, query.unwrap_or_default()),
        (status, reason) => plain(status, reason),
    }
}

/// The site's own page for it if there is one, be it a template, or a plain one.
fn not_found(website: &Website, query: &[u8]) -> Response<'static> {
    let page = match website.not_found_page() {
        Some(Resource::File(status, name, contents, stamp)) => Some(file(status, &name, contents, &stamp)),
        Some(Resource::Template(status, name, source)) => Some(template(website, status, &name, &source, query, b"")),
        _ => None,
    };
    page.filter(|page| page.head.status == Status::NOT_FOUND)
        .unwrap_or_else(|| plain(Status::NOT_FOUND, "there is nothing at this address"))
}

/// The server's own page for an error.
fn plain(status: Status, reason: &str) -> Response<'static> {
    let page = error_page(status, reason);
    Response { content: Content::Bytes(page.into()), ..Response::new(status) }.with("Content-Type", HTML)
}
