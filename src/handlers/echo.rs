//! `/echo/{text}`

use crate::{
    body::{Body, BodyError},
    request::percent_decoded,
    response::{Content, Response},
    routes::Call,
};

/// The rest of the path, percent-decoded.
pub(crate) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    Ok(Response::ok("text/plain", Content::Bytes(percent_decoded(call.parameter))).negotiable())
}
