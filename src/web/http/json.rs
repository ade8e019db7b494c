//! JSON bodies: what agents send.

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{Extracting, body};
use crate::error::{ApiError, AppError};

/// A body in JSON, of exactly the members of `T`.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(&request, &mut payload, "application/json").await?;
            Ok(Self(parse(&bytes)?))
        })
    }
}

/// A body in JSON that may be left out.
#[derive(Debug, Clone)]
pub struct MaybeJson<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for MaybeJson<T> {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let none = length.is_none_or(|length| length == "0")
            && !request.headers().contains_key(header::TRANSFER_ENCODING);
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            if none {
                return Ok(Self(None));
            }
            let bytes = body::read(&request, &mut payload, "application/json").await?;
            // Some clients announce a body in chunks and send none.
            Ok(Self(if bytes.is_empty() { None } else { Some(parse(&bytes)?) }))
        })
    }
}

/// Reads JSON; a member that is unknown, missing, twice there or of the wrong type is refused.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    let text = std::str::from_utf8(bytes).ok().ok_or_else(body::not_text)?;
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => AppError::malformed(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unexpected-members",
            format!("The body is JSON, but not what this address takes: {error}."),
        ),
        Category::Syntax | Category::Eof | Category::Io => AppError::malformed(
            StatusCode::BAD_REQUEST,
            "not-json",
            format!("The body is not JSON: {error}."),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
    }

    #[test]
    fn each_fault_has_its_word() {
        for (bytes, code, status) in [
            (&b"{"[..], "not-json", 400),
            (b"", "not-json", 400),
            (b"{\"name\":\"\xff\"}", "not-utf-8", 400),
            (b"{}", "unexpected-members", 422),
            (b"{\"name\":1}", "unexpected-members", 422),
            (b"{\"name\":\"a\",\"role\":\"admin\"}", "unexpected-members", 422),
            (b"{\"name\":\"a\",\"name\":\"b\"}", "unexpected-members", 422),
            (b"{\"name\":\"a\"} x", "not-json", 400),
        ] {
            let error = parse::<Input>(bytes).unwrap_err();
            assert_eq!((error.code(), error.status().as_u16()), (code, status), "{bytes:?}");
        }
        assert!(parse::<Input>(b"{\"name\":\"a\"}").is_ok());
        let deep = "[".repeat(200_000);
        assert_eq!(parse::<Input>(deep.as_bytes()).unwrap_err().status().as_u16() / 100, 4);
    }
}
