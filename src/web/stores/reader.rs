//! Who reads the catalogue over JSON: anybody, and with a key somebody who sees more.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use crate::error::ApiError;
use crate::http::Extracting;
use crate::http::viewer::{Account, ApiCaller};

/// An agent with a valid key, or one without any. A key that is not valid is refused all the same.
#[derive(Debug, Clone)]
pub struct Reader(Option<ApiCaller>);

impl Reader {
    /// The key's account.
    pub fn account(&self) -> Option<&Account> {
        self.0.as_ref().map(|caller| &caller.account)
    }
}

impl FromRequest for Reader {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        if !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key("x-api-key") {
            return Box::pin(std::future::ready(Ok(Self(None))));
        }
        let caller = ApiCaller::from_request(request, payload);
        Box::pin(async move { Ok(Self(Some(caller.await?))) })
    }
}
