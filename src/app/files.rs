//! `/files/{name}`: read and store files of the directory.

use std::time::SystemTime;

use super::{failure::explain, site::Call};
use crate::{
    content::response::{Content, Response},
    fs::{
        directory::Directory,
        error::FileError,
        name::FileName,
        store::{Permits, StoreError},
    },
    http::{
        body::{Body, BodyError},
        conditions::{self, Stamp, Validators, Verdict},
        status::Status,
    },
};

/// The contents of a file.
pub(super) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let Some((directory, name)) = place(call) else { return Ok(Response::new(Status::NOT_FOUND)) };
    Ok(match directory.file(&name) {
        Ok((file, stamp)) => {
            let mut response = Response::ok("application/octet-stream", Content::File(file));
            response.validators = Some(Box::new(Validators::of_file(&stamp, SystemTime::now())));
            if name.is_text() { response.negotiable() } else { response }
        }
        Err(error) => failure(error),
    })
}

/// Stores the content of the request under the name, whole or not at all.
pub(super) fn post<'a>(call: &Call<'a>, body: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let Some((directory, name)) = place(call) else { return Ok(Response::new(Status::NOT_FOUND)) };
    let permits = |stamp: Option<&Stamp>| {
        let current = stamp.map(|stamp| Validators::of_file(stamp, SystemTime::now()));
        match conditions::evaluate(call.request, current.as_ref()) {
            Verdict::Proceed => Ok(()),
            Verdict::NotModified | Verdict::Failed => Err(Refusal::Precondition),
        }
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

/// The reason for which an upload stops that the file system would have taken.
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

/// The response to a refusal of the file system.
fn failure(error: FileError) -> Response<'static> {
    match explain(error) {
        (Status::NOT_FOUND, _) => Response::new(Status::NOT_FOUND),
        (status, reason) => Response::error(status, reason),
    }
}
