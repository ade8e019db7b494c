//! Ids in addresses.

use std::future::Ready;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::viewer::at_once;
use crate::error::{AppError, PageError};

/// The segment `{id}` of an address. What is no id leads nowhere, like an id of nothing.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr> FromRequest for Id<T> {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        at_once(id.map(Self).ok_or(PageError(AppError::NotFound)))
    }
}
