//! `/mirror`

use super::site::Call;
use crate::{
    content::response::{Content, Response},
    http::{
        body::{Body, BodyError},
        status::Status,
    },
};

/// Bytes of content, chunk framing included: what one client may make the server hold.
const LIMIT: usize = 1024 * 1024;

/// The request as it was received, to the byte: its head, and its content in the framing in which it came.
pub(super) fn any<'a>(call: &Call<'a>, body: &mut dyn Body) -> Result<Response<'a>, BodyError> {
    let head = call.request.head;
    if body.exceeds(LIMIT as u64) {
        return Ok(too_large());
    }
    let mut request = Vec::new();
    request.extend_from_slice(head);
    while let Some(piece) = body.next_raw()? {
        if request.len() - head.len() + piece.len() > LIMIT {
            return Ok(too_large());
        }
        request.extend_from_slice(piece);
    }
    Ok(Response::ok("text/plain", Content::Bytes(request.into())))
}

fn too_large() -> Response<'static> {
    Response::error(Status::CONTENT_TOO_LARGE, "/mirror shows requests with up to 1 MiB of content")
}
