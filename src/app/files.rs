//! `/files/{name}`: read and store files of the directory.

use super::routes::Call;
use crate::{
    content::response::{Content, Response},
    fs::directory::{Directory, FileError, FileName, Permits, Stamp, StoreError},
    http::{
        body::{Body, BodyError},
        conditions::{self, Validators, Verdict},
        status::Status,
    },
};

/// The contents of a file.
pub(crate) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let Some((directory, name)) = place(call) else { return Ok(Response::new(Status::NOT_FOUND)) };
    Ok(match directory.file(&name) {
        Ok((file, stamp)) => {
            let mut response = Response::ok("application/octet-stream", Content::File(file));
            response.validators = Some(Box::new(Validators::of_file(&stamp)));
            if name.is_text() { response.negotiable() } else { response }
        }
        Err(error) => failure(error),
    })
}

/// Stores the content of the request under the name, whole or not at all.
pub(crate) fn post<'a>(call: &Call<'a>, body: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let Some((directory, name)) = place(call) else { return Ok(Response::new(Status::NOT_FOUND)) };
    let permits =
        |stamp: Option<&Stamp>| match conditions::evaluate(call.request, stamp.map(Validators::of_file).as_ref()) {
            Verdict::Proceed => Ok(()),
            Verdict::NotModified | Verdict::Failed => Err(Refusal::Precondition),
        };
    let permits: Option<Permits<'_, Refusal>> = conditions::is_conditional(&call.request.fields).then_some(&permits);
    let stored = directory.store(&name, permits, |file| {
        while let Some(piece) = body.next().map_err(|error| StoreError::Caller(Refusal::Body(error)))? {
            file.write(piece)?;
        }
        Ok(())
    });
    match stored {
        Ok(()) => Ok(Response::new(Status::CREATED)),
        Err(StoreError::File(error)) => Ok(failure(error)),
        Err(StoreError::Caller(Refusal::Precondition)) => Ok(Response::new(Status::PRECONDITION_FAILED)),
        Err(StoreError::Caller(Refusal::Body(error))) => Err(error),
    }
}

/// Why an upload stops that the file system would have taken.
enum Refusal {
    Precondition,
    Body(BodyError),
}

/// The directory, and the name that the path stands for.
fn place<'a>(call: &Call<'a>) -> Option<(&'a Directory, FileName)> {
    if call.site.directory.is_none() {
        log::warn!("there are no files to serve: start the server with --directory DIR");
    }
    call.site.directory.as_ref().zip(FileName::from_path(call.parameter))
}

/// What a client is told when the file system refuses.
fn failure(error: FileError) -> Response<'static> {
    match explain(error) {
        (Status::NOT_FOUND, _) => Response::new(Status::NOT_FOUND),
        (status, reason) => Response::error(status, reason),
    }
}

/// The status that a refusal of the file system comes to, and a line that explains it.
pub(crate) fn explain(error: FileError) -> (Status, &'static str) {
    match error {
        FileError::NotFound => (Status::NOT_FOUND, "there is nothing at this address"),
        FileError::Forbidden => (Status::FORBIDDEN, "the server may not do this with this file"),
        FileError::Full => (Status::INSUFFICIENT_STORAGE, "there is no space left for the file"),
        FileError::Busy => (Status::SERVICE_UNAVAILABLE, "too many files are open; try again"),
        FileError::Fault(error) => {
            log::error!("file system: {error}");
            (Status::INTERNAL_SERVER_ERROR, "the file system failed")
        }
    }
}
