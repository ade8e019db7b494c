//! `Idempotency-Key`: an agent that heard no answer sends the same request again, and its work is
//! done once.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use db::idempotency::{self, IdempotencyRow};
use db::{DbError, WebTx, codec};
use domain::clock::Time;
use domain::ids::UserId;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Extracting, body, json};
use crate::error::{ApiError, AppError};
use crate::state::{App, hex};

const HEADER: &str = "idempotency-key";
/// The longest key, in characters.
const LONGEST: usize = 255;

/// A JSON body and the key, if any, that it came with.
#[derive(Debug, Clone)]
pub struct Idempotent<T> {
    /// The body.
    pub body: T,
    /// The key with what it is used for.
    pub ticket: Option<Ticket>,
}

/// A key and the request that it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    key: String,
    request_hash: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Idempotent<T> {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let key = key(&request)?;
            let bytes = body::read(&request, &mut payload, "application/json").await?;
            let ticket = key.map(|key| Ticket::new(key, &request, &bytes));
            Ok(Self { body: json::parse(&bytes)?, ticket })
        })
    }
}

impl Ticket {
    fn new(key: String, request: &HttpRequest, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [request.method().as_str().as_bytes(), request.path().as_bytes(), body] {
            hash.update(part);
            hash.update([0]);
        }
        Self { key, request_hash: hex(&hash.finalize()) }
    }

    /// The key of a form: its hidden name and all that was filled in, so that a double click is one
    /// request and a form that was changed is another.
    pub fn of_form(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hex(&hash.finalize());
        Self { key: format!("form-{digest}"), request_hash: digest }
    }

    /// What an earlier request under this key made, before any work is done.
    ///
    /// # Errors
    /// As [`Ticket::claim`].
    pub async fn earlier(&self, app: &App, user: UserId) -> Result<Option<String>, AppError> {
        let key = self.key.clone();
        match app.read(move |conn| idempotency::find(conn, user, &key)).await? {
            None => Ok(None),
            Some(known) => self.same(known).map(Some),
        }
    }

    fn same(&self, known: IdempotencyRow) -> Result<String, AppError> {
        if known.request_hash == self.request_hash {
            return Ok(known.target_id);
        }
        Err(AppError::malformed(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-mismatch",
            "This Idempotency-Key was used with another request before.",
        ))
    }

    /// Claims the key for work that makes `target`, within the transaction that does the work.
    /// `None` means that the work is to be done; `Some` names what an earlier request made.
    ///
    /// # Errors
    /// [`AppError::Malformed`] with 422 when the key came with another request before.
    pub fn claim(
        &self,
        tx: &mut WebTx<'_>,
        user: UserId,
        target: &str,
        at: Time,
    ) -> Result<Option<String>, AppError> {
        match idempotency::find(tx, user, &self.key)? {
            Some(known) => self.same(known).map(Some),
            None => {
                let row = IdempotencyRow {
                    user_id: user.to_string(),
                    idem_key: self.key.clone(),
                    request_hash: self.request_hash.clone(),
                    target_id: target.to_owned(),
                    created_at: codec::stamp(at),
                };
                match idempotency::insert(tx, &row) {
                    Err(DbError::Unique(_)) => Err(AppError::Conflict(
                        "in-progress",
                        "A request with this Idempotency-Key is being carried out.".into(),
                    )),
                    other => Ok(other.map(|()| None)?),
                }
            }
        }
    }
}

/// Marks an answer as that of an earlier request.
pub fn replayed(mut response: HttpResponse) -> HttpResponse {
    response
        .headers_mut()
        .insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    response
}

fn key(request: &HttpRequest) -> Result<Option<String>, AppError> {
    let mut values = request.headers().get_all(HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=LONGEST).contains(&text.len()));
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        _ => Err(AppError::malformed(
            StatusCode::BAD_REQUEST,
            "bad-idempotency-key",
            "Idempotency-Key is one text of 1 to 255 plain characters.",
        )),
    }
}
