//! Answers of the API.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use serde::Serialize;

use crate::error::AppError;
pub use crate::ui::rfc3339;

/// 200 with a JSON body.
pub fn ok(value: &impl Serialize) -> HttpResponse {
    json(StatusCode::OK, "application/json", value)
}

/// 201 with a JSON body and the address of what was made.
pub fn created(location: &str, value: &impl Serialize) -> HttpResponse {
    let mut response = json(StatusCode::CREATED, "application/json", value);
    if let Ok(place) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// 204.
pub fn no_content() -> HttpResponse {
    HttpResponse::new(StatusCode::NO_CONTENT)
}

/// A JSON body with a status and a content type.
pub(crate) fn json(status: StatusCode, kind: &'static str, value: &impl Serialize) -> HttpResponse {
    // Our types have string keys and no failing part, so there is always a text.
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut response = HttpResponse::with_body(status, actix_web::body::BoxBody::new(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FaultJson<'a>>,
}

#[derive(Serialize)]
struct FaultJson<'a> {
    field: &'a str,
    message: &'a str,
}

/// An error in the form of RFC 9457.
pub(crate) fn problem(error: &AppError, request_id: &str) -> HttpResponse {
    let faults = match error {
        AppError::Invalid(faults) => faults
            .iter()
            .map(|fault| FaultJson { field: fault.field, message: &fault.message })
            .collect(),
        _ => Vec::new(),
    };
    let body = Problem {
        r#type: "about:blank",
        title: error.title(),
        status: error.status().as_u16(),
        detail: &error.sentence(),
        code: error.code(),
        request_id,
        faults,
    };
    let mut response = json(error.status(), "application/problem+json", &body);
    if *error == AppError::SignIn {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}
