//! Who asks: a browser with a session, or an agent with a key. Never both in one request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use db::sessions::ViewerRow;
use db::{DbError, codec};
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::{KeyId, UserId};
use domain::user::Role;

use super::Extracting;
use super::page::Ctx;
use crate::error::{ApiError, AppError, PageError};
use crate::keys::{Scope, secret};
use crate::state::State;

/// An account as of this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its name as it was typed.
    pub username: String,
    /// What it may do on the site as a whole.
    pub role: Role,
    /// Where refunds go unless an order says otherwise.
    pub refund_address: Option<EvmAddress>,
    /// It was banned: nothing but its orders is left to it, and no role.
    pub closed: bool,
}

impl TryFrom<ViewerRow> for Account {
    type Error = DbError;

    fn try_from(row: ViewerRow) -> Result<Self, DbError> {
        let closed = row.banned_at.is_some();
        let role = codec::parsed("users.role", &row.role)?;
        Ok(Self {
            id: codec::parsed("users.id", &row.id)?,
            username: row.username,
            role: if closed { Role::Customer } else { role },
            refund_address: codec::parsed_opt(
                "users.refund_address",
                row.refund_address.as_deref(),
            )?,
            closed,
        })
    }
}

/// Whoever looks at a page, signed in or not.
#[derive(Debug, Clone)]
pub struct Viewer(pub Option<Account>);

/// Whoever is signed in; others are led to the login page. A closed account is refused.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Account);

/// Whoever is signed in, a closed account too: for what an order asks of its parties, so that its
/// money finds its way out.
#[derive(Debug, Clone)]
pub struct Party(pub Account);

impl FromRequest for Viewer {
    type Error = PageError;
    type Future = Extracting<Self, PageError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ctx = Ctx::of(request.clone());
        Box::pin(async move { Ok(Self(ctx.await?.viewer().cloned())) })
    }
}

impl FromRequest for SignedIn {
    type Error = PageError;
    type Future = Extracting<Self, PageError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ctx = Ctx::of(request.clone());
        Box::pin(async move {
            let account = ctx.await?.viewer().cloned().ok_or(AppError::SignIn)?;
            if account.closed {
                return Err(PageError(AppError::Denied(
                    "account-closed",
                    "This account is closed. Only its orders are still open to it.".into(),
                )));
            }
            Ok(Self(account))
        })
    }
}

impl FromRequest for Party {
    type Error = PageError;
    type Future = Extracting<Self, PageError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ctx = Ctx::of(request.clone());
        Box::pin(async move {
            let account = ctx.await?.viewer().cloned().ok_or(AppError::SignIn)?;
            Ok(Self(account))
        })
    }
}

/// An agent with a valid key. Cookies count for nothing here.
#[derive(Debug, Clone)]
pub struct ApiCaller {
    /// Whose key it is.
    pub account: Account,
    /// What it may do.
    pub scope: Scope,
    /// Which key it is.
    pub key_id: KeyId,
    /// When it ends; `None` for never.
    pub expires_at: Option<Time>,
}

impl ApiCaller {
    /// The account, if the key may change things.
    ///
    /// # Errors
    /// [`AppError::Denied`] for a key that may only read.
    pub fn write(&self) -> Result<&Account, AppError> {
        match self.scope {
            Scope::Write => Ok(&self.account),
            Scope::Read => Err(AppError::Denied(
                "read-only-key",
                "This key may read only; this needs a key of the scope write.".into(),
            )),
        }
    }
}

impl FromRequest for ApiCaller {
    type Error = ApiError;
    type Future = Extracting<Self, ApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = request.app_data::<State>().ok_or_else(no_app)?;
            let key = sent(&request)?;
            let (caller, stale) = crate::keys::actions::caller(app, secret::hash(&key))
                .await?
                .ok_or(AppError::SignIn)?;
            app.pace.step(caller.key_id, app.now())?;
            if stale {
                crate::keys::actions::touch(app, caller.key_id).await?;
            }
            Ok(caller)
        })
    }
}

/// The key of a request's headers.
fn sent(request: &HttpRequest) -> Result<String, AppError> {
    let text = |name: header::HeaderName| {
        request.headers().get(name).and_then(|value| value.to_str().ok())
    };
    let bearer = text(header::AUTHORIZATION).map(|value| match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => "",
    });
    let own = text(header::HeaderName::from_static("x-api-key"));
    match (bearer, own) {
        (Some(key), None) | (None, Some(key)) if !key.is_empty() => Ok(key.to_owned()),
        (Some(a), Some(b)) if a == b && !a.is_empty() => Ok(a.to_owned()),
        _ => Err(AppError::SignIn),
    }
}

/// The application is put into the server with its first line of code.
pub(crate) fn no_app() -> AppError {
    AppError::Internal("the server has no application".to_owned())
}

/// A part of the request that needs no waiting for.
pub(crate) fn at_once<T, E>(result: Result<T, E>) -> Ready<Result<T, E>> {
    ready(result)
}
