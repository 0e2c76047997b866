//! `/echo/{text}`

use super::site::Call;
use crate::{
    content::response::{Content, Response},
    http::{
        body::{Body, BodyError},
        percent::percent_decoded,
    },
};

/// The rest of the path, percent-decoded.
pub(super) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    Ok(Response::ok("text/plain", Content::Bytes(percent_decoded(call.parameter))).negotiable())
}
