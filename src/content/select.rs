//! The selection of what this client gets of a response: the content coding, the preconditions, the ranges, in the
//! order in which each depends on the one before.

use std::io;

use super::{
    gzip::{Compressed, gzip},
    multipart::Multipart,
    response::{Content, Response},
};
use crate::http::{
    conditions::{self, Validators, Verdict},
    method::Method,
    negotiation::{Coding, negotiate},
    ranges::{self, Ranges},
    request::Request,
    status::Status,
};

/// Content up to this size is compressed in memory, so that its length can be told.
const IN_MEMORY: u64 = 64 * 1024;

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
    let coding = if negotiable {
        match negotiate(&request.fields) {
            // The parts of a compressed file are of no use, so a client that wants a part gets it as it is.
            Some((_, identity_is_acceptable)) if range.is_some() && identity_is_acceptable => Coding::Identity,
            Some((coding, _)) => coding,
            None => return Ok(vary(Response::new(Status::NOT_ACCEPTABLE))),
        }
    } else {
        Coding::Identity
    };
    if let Some(mut validators) = validators {
        let mut range = range;
        if coding == Coding::Gzip {
            validators.set_coding("gzip");
            range = None;
        }
        response = conditional(request, response, range, *validators);
    }
    if coding == Coding::Gzip && response.head.status == Status::OK {
        response = compress(response)?;
    }
    Ok(if negotiable { vary(response) } else { response })
}

/// RFC 9110 section 12.5.5: a cache must not give this response to a client that accepts other codings.
fn vary(response: Response<'_>) -> Response<'_> {
    response.with("Vary", "Accept-Encoding")
}

/// Compresses the content of a response.
///
/// # Errors
/// Content from a file could not be read.
pub fn compress(response: Response<'_>) -> io::Result<Response<'_>> {
    let content = match response.content {
        Content::Bytes(bytes) => Content::Bytes(gzip(&bytes)?.into()),
        Content::File(mut file) if file.length() <= IN_MEMORY => {
            let mut bytes = Vec::new();
            file.read(IN_MEMORY as usize, &mut bytes)?;
            Content::Bytes(gzip(&bytes)?.into())
        }
        Content::File(file) => Content::Compressed(Box::new(Compressed::new(file))),
        // Parts of a file, and what is compressed already, stay as they are.
        content @ (Content::Multipart(_) | Content::Compressed(_)) => return Ok(Response { content, ..response }),
    };
    Ok(Response { content, ..response }.with("Content-Encoding", "gzip"))
}

/// Evaluates the preconditions, then the range.
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
            response.head.status = Status::PARTIAL_CONTENT;
            if let [part] = parts[..] {
                let content = Content::File(file.part(part.0, part.1));
                Response { content, ..response }.with_owned("Content-Range", ranges::content_range(part, whole))
            } else {
                let content_type = response.head.fields.iter().position(|(name, _)| *name == "Content-Type");
                let content_type = content_type.map(|at| response.head.fields.remove(at).1).unwrap_or_default();
                let multipart = Multipart::new(file, &parts, &content_type);
                let content_type = multipart.content_type();
                let content = Content::Multipart(Box::new(multipart));
                Response { content, ..response }.with_owned("Content-Type", content_type)
            }
        }
    }
}
