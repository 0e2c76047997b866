//! `/echo/{text}`

use super::routes::Call;
use crate::{
    content::response::{Content, Response},
    http::{
        body::{Body, BodyError},
        request::percent_decoded,
    },
};

/// The rest of the path, percent-decoded.
pub(crate) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    Ok(Response::ok("text/plain", Content::Bytes(percent_decoded(call.parameter))).negotiable())
}
