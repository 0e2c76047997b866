//! From what a handler found to what this client gets: the content coding, the preconditions, the ranges,
//! in the order in which each depends on the one before.

use std::io;

use super::{
    gzip::{self, Coding},
    response::{Content, Response},
};
use crate::http::{
    conditions::{self, Validators, Verdict},
    ranges::{self, Multipart, Ranges},
    request::{Method, Request},
    status::Status,
};

/// Selects the representation of a handler's response that the request asks for.
///
/// # Errors
/// Content could not be read.
pub fn select<'a>(request: &Request<'_>, mut response: Response<'a>) -> io::Result<Response<'a>> {
    let negotiable = response.negotiable;
    let validators = response.validators.take();
    let range = match validators {
        Some(_) if request.method == Method::Get => request.fields.single("Range"),
        _ => None,
    };
    let coding = match negotiable {
        false => Coding::Identity,
        true => match gzip::negotiate(&request.fields) {
            // The parts of a compressed file are of no use, so a client that wants a part gets it as it is.
            Some((_, identity_is_acceptable)) if range.is_some() && identity_is_acceptable => Coding::Identity,
            Some((coding, _)) => coding,
            None => return Ok(vary(Response::new(Status::NOT_ACCEPTABLE))),
        },
    };
    if let Some(mut validators) = validators {
        let mut range = range;
        if coding == Coding::Gzip {
            validators.set_coding("gzip");
            range = None;
        }
        response = conditional(request, response, range, *validators);
    }
    if coding == Coding::Gzip && response.status == Status::OK {
        response = gzip::compress(response)?;
    }
    Ok(if negotiable { vary(response) } else { response })
}

/// RFC 9110 section 12.5.5: a cache must not give this answer to a client that accepts other codings.
fn vary(response: Response<'_>) -> Response<'_> {
    response.with("Vary", "Accept-Encoding")
}

fn conditional<'a>(
    request: &Request<'_>,
    mut response: Response<'a>,
    range: Option<&[u8]>,
    validators: Validators,
) -> Response<'a> {
    match conditions::evaluate(request, Some(&validators)) {
        // RFC 9110 section 15.4.5: of the fields of 200, those that a cache may have to update.
        Verdict::NotModified => {
            return Response::new(Status::NOT_MODIFIED).with_owned("ETag", validators.into_fields().0);
        }
        Verdict::Failed => return Response::new(Status::PRECONDITION_FAILED),
        Verdict::Proceed => {}
    }
    if let Some(range) = range.filter(|_| conditions::range_applies(&request.fields, &validators)) {
        response = partial(range, response);
    }
    let (etag, last_modified) = validators.into_fields();
    response.with_owned("ETag", etag).with_owned("Last-Modified", last_modified).with("Accept-Ranges", "bytes")
}

/// The part of the content that the `Range` field asks for, if it does so rightly.
fn partial<'a>(range: &[u8], mut response: Response<'a>) -> Response<'a> {
    let Content::File(file) = response.content else { return response };
    let whole = file.length();
    match ranges::select(range, whole) {
        Ranges::Whole => Response { content: Content::File(file), ..response },
        Ranges::Unsatisfiable => {
            Response::new(Status::RANGE_NOT_SATISFIABLE).with_owned("Content-Range", format!("bytes */{whole}"))
        }
        Ranges::Parts(parts) => {
            response.status = Status::PARTIAL_CONTENT;
            if let [part] = parts[..] {
                let content = Content::File(file.part(part.0, part.1));
                Response { content, ..response }.with_owned("Content-Range", ranges::content_range(part, whole))
            } else {
                let content_type = response.fields.iter().position(|(name, _)| *name == "Content-Type");
                let content_type = content_type.map(|at| response.fields.remove(at).1).unwrap_or_default();
                let multipart = Multipart::new(file, &parts, &content_type);
                let content_type = multipart.content_type();
                let content = Content::Multipart(Box::new(multipart));
                Response { content, ..response }.with_owned("Content-Type", content_type)
            }
        }
    }
}
