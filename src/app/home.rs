//! `/`

use super::site::Call;
use crate::{
    content::response::Response,
    http::{
        body::{Body, BodyError},
        status::Status,
    },
};

/// `200 OK` without content: the server is there.
pub(super) fn get<'a>(_: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    Ok(Response::new(Status::OK))
}
