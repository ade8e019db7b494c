//! Bodies of requests: bounded, of the right type, in UTF-8.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};

use super::viewer::no_app;
use crate::error::AppError;
use crate::state::State;

/// The longest body of any request, in bytes.
pub(crate) const MAX_BYTES: usize = 64 << 10;

/// Reads the body of a request whose content type must be `wanted`.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    wanted: &str,
) -> Result<Bytes, AppError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(wanted) {
        return Err(AppError::malformed(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            format!("This address takes {wanted} only."),
        ));
    }
    // Of the whole body: whoever sends a byte now and then would hold a connection for ever.
    let deadline = request.app_data::<State>().ok_or_else(no_app)?.body_deadline;
    let whole = timeout(deadline, Bytes::from_request(request, payload)).await;
    let whole = whole.map_err(|_elapsed| slow())?;
    whole.map_err(|error| match error.as_error() {
        Some(PayloadError::Overflow) => too_long(),
        _ => broken(),
    })
}

/// For a body that takes too long.
pub(crate) fn slow() -> AppError {
    AppError::malformed(
        StatusCode::REQUEST_TIMEOUT,
        "slow-body",
        "The request took too long to arrive. Please send it again.",
    )
}

/// For a body, or all fields of a form but its files, beyond [`MAX_BYTES`].
pub(crate) fn too_long() -> AppError {
    AppError::malformed(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        format!("This is too long: at most {} KiB at once, please.", MAX_BYTES >> 10),
    )
}

/// For a body that is cut off.
pub(crate) fn broken() -> AppError {
    AppError::malformed(
        StatusCode::BAD_REQUEST,
        "broken-body",
        "The request did not arrive whole. Please send it again.",
    )
}

/// For bytes that are not UTF-8.
pub(crate) fn not_text() -> AppError {
    AppError::malformed(
        StatusCode::BAD_REQUEST,
        "not-utf-8",
        "The request is not UTF-8 text, so it cannot be read.",
    )
}
