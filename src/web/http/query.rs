//! Queries of addresses: what follows the question mark.

use std::collections::HashSet;
use std::future::Ready;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::form::decoded;
use super::viewer::at_once;
use crate::error::{AppError, PageError};

/// A query, of exactly the parameters of `T` where that denies unknown ones.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        at_once(parse(request.query_string()).map(Self).map_err(PageError))
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    let mut names = HashSet::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        decoded(value.as_bytes())?;
        if !names.insert(decoded(name.as_bytes())?) {
            return Err(bad("it has a parameter twice"));
        }
    }
    serde_urlencoded::from_str(text).map_err(|error| bad(&error.to_string()))
}

fn bad(why: &str) -> AppError {
    AppError::malformed(
        StatusCode::BAD_REQUEST,
        "bad-query",
        format!("What follows the question mark of this address cannot be used: {why}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::paging::PageQuery;

    #[test]
    fn a_query_is_strict() {
        assert!(parse::<PageQuery>("limit=5").is_ok());
        for text in ["limit=x", "limit=1&limit=2", "limit=%ff", "sort=name", "limit=-1"] {
            let error = parse::<PageQuery>(text).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{text}");
        }
    }
}
