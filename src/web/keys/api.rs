//! Keys in JSON.

use domain::refusal::Faults;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Scope;
use super::actions::{self, Key, NewKey};
use crate::error::{ApiResult, AppError};
use crate::http::api;
use crate::http::json::Json;
use crate::http::path::Id;
use crate::http::viewer::ApiCaller;
use crate::state::State;
use crate::ui::rfc3339;

/// Routes of keys for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, create, revoke))]
pub(crate) struct Doc;

/// A key without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct KeyJson {
    /// The key's id, which is no secret.
    id: String,
    /// What its owner calls it.
    name: String,
    /// The first characters of its text.
    prefix: String,
    /// `read` or `write`.
    scope: &'static str,
    /// When it was made, RFC 3339 in UTC.
    created_at: String,
    /// When it ends; null for never.
    expires_at: Option<String>,
    /// When it was last used, to the minute; null for never.
    last_used_at: Option<String>,
}

/// All keys of the account.
#[derive(Debug, Serialize, ToSchema)]
struct KeysJson {
    /// Newest first.
    items: Vec<KeyJson>,
}

/// A key and its text, which is given out this once.
#[derive(Debug, Serialize, ToSchema)]
struct NewKeyJson {
    /// The key.
    key: KeyJson,
    /// What to send as `Authorization: Bearer …` or `X-API-Key`.
    secret: String,
}

/// What a new key shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateJson {
    /// 1 to 60 characters.
    name: String,
    /// `read` or `write`.
    scope: String,
    /// Days until it expires, 1 to 3650; left out for never. It never outlives the key that makes it.
    #[serde(default)]
    expires_in_days: Option<u32>,
}

impl From<Key> for KeyJson {
    fn from(key: Key) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            prefix: key.prefix,
            scope: key.scope.as_str(),
            created_at: rfc3339(key.created_at),
            expires_at: key.expires_at.map(rfc3339),
            last_used_at: key.last_used_at.map(rfc3339),
        }
    }
}

/// The account's keys that are not revoked.
#[utoipa::path(
    get, path = "/api/v1/keys", tag = "keys", security(("key" = [])),
    responses((status = 200, description = "The keys", body = KeysJson))
)]
pub(super) async fn list(app: State, caller: ApiCaller) -> ApiResult {
    let keys = actions::list(&app, &caller.account).await?;
    Ok(api::ok(&KeysJson { items: keys.into_iter().map(KeyJson::from).collect() }))
}

/// Makes another key.
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "keys", security(("key" = [])), request_body = CreateJson,
    responses((status = 201, description = "The key and its text", body = NewKeyJson))
)]
pub(super) async fn create(
    app: State,
    caller: ApiCaller,
    Json(input): Json<CreateJson>,
) -> ApiResult {
    let who = caller.write()?;
    let mut faults = Faults::default();
    let name = faults.take("name", actions::parse_name(&input.name));
    let scope = faults.take("scope", input.scope.parse::<Scope>());
    let days = input.expires_in_days.map(actions::parse_days).transpose();
    let days = faults.take("expires_in_days", days);
    let (Some(name), Some(scope), Some(days)) = (name, scope, days) else {
        return Err(AppError::invalid(faults).into());
    };
    let new = NewKey { name, scope, days, not_after: caller.expires_at };
    let (key, secret) = actions::create(&app, who, new).await?;
    let place = format!("/api/v1/keys/{}", key.id);
    Ok(api::created(&place, &NewKeyJson { key: key.into(), secret }))
}

/// Revokes a key, also the one that asks.
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "keys", security(("key" = [])),
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "Revoked"), (status = 404, description = "No such key"))
)]
pub(super) async fn revoke(
    app: State,
    caller: ApiCaller,
    Id(id): Id<domain::ids::KeyId>,
) -> ApiResult {
    actions::revoke(&app, caller.write()?, id).await?;
    Ok(api::no_content())
}
