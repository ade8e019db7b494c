//! Tiers of stores over JSON, for staff.

use actix_web::web::ReqData;
use db::tiers::TierChange;
use domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{self, NewTier, Standing};
use crate::error::ApiResult;
use crate::http::RequestId;
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::path::Id;
use crate::http::viewer::ApiCaller;
use crate::state::State;

/// Routes of tiers for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(show, set))]
pub(crate) struct Doc;

/// A change of a store's tier.
#[derive(Debug, Serialize, ToSchema)]
struct TierChangeJson {
    was: &'static str,
    tier: &'static str,
    /// The staff member who changed it.
    by: String,
    reason: String,
    at: String,
}

impl From<&TierChange> for TierChangeJson {
    fn from(change: &TierChange) -> Self {
        Self {
            was: change.was.as_str(),
            tier: change.tier.as_str(),
            by: change.staff_name.clone(),
            reason: change.reason.clone(),
            at: rfc3339(change.at),
        }
    }
}

/// A store's tier and how it came to it.
#[derive(Debug, Serialize, ToSchema)]
struct TierJson {
    /// `gold`, `silver`, `bronze` or `free`.
    tier: &'static str,
    /// The site's share of whatever goes to the vendor, in basis points.
    commission_bps: u16,
    /// The newest changes, newest first.
    changes: Vec<TierChangeJson>,
}

impl From<&Standing> for TierJson {
    fn from(found: &Standing) -> Self {
        let tier = found.store.tier;
        Self {
            tier: tier.as_str(),
            commission_bps: tier.commission().get(),
            changes: found.changes.iter().map(TierChangeJson::from).collect(),
        }
    }
}

/// A store's tier and its changes. For staff.
#[utoipa::path(get, path = "/api/v1/stores/{id}/tier", tag = "stores", security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = TierJson), (status = 404)))]
pub(super) async fn show(app: State, caller: ApiCaller, id: Id<StoreId>) -> ApiResult {
    Ok(api::ok(&TierJson::from(&actions::standing(&app, &caller.account, id.0).await?)))
}

/// What a store's tier shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TierWish {
    /// `gold`, `silver`, `bronze` or `free`.
    tier: String,
    /// Why, at most 200 characters.
    reason: String,
}

/// Sets a store's tier for orders that are placed from now on. For staff who are not of the store.
#[utoipa::path(put, path = "/api/v1/stores/{id}/tier", tag = "stores", request_body = TierWish,
    security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = TierJson), (status = 404), (status = 422)))]
pub(super) async fn set(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<StoreId>,
    body: Json<TierWish>,
) -> ApiResult {
    let who = caller.write()?;
    let TierWish { tier, reason } = &body.0;
    actions::set(&app, who, id.0, NewTier { tier, reason, request_id: request.as_str() }).await?;
    Ok(api::ok(&TierJson::from(&actions::standing(&app, who, id.0).await?)))
}
