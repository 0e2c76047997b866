//! `/user-agent`

use super::site::Call;
use crate::{
    content::response::{Content, Response},
    http::body::{Body, BodyError},
};

/// The value of the client's `User-Agent` field; nothing if it sent none.
pub(super) fn get<'a>(call: &Call<'a>, _: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let value = call.request.fields.get("User-Agent").unwrap_or_default();
    Ok(Response::ok("text/plain", Content::Bytes(value.into())).negotiable())
}
