//! What a wallet has to sign before an act in a dispute, over JSON.

use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::policy::Act;
use serde::Deserialize;

use super::api::share;
use crate::error::ApiResult;
use crate::http::api;
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::ApiCaller;
use crate::orders::actions::read;
use crate::orders::api::sealed::WantedJson;
use crate::orders::consent::{self, Plan};
use crate::state::State;

/// OpenAPI of what is signed in disputes.
#[derive(utoipa::OpenApi)]
#[openapi(paths(accept, offer, rule, confirm))]
pub struct Doc;

/// Which share is to be signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareQuery {
    /// In hundredths of a percent.
    buyer_bps: u16,
}

/// What the buyer's wallet has to sign to accept the vendor's last offer, where the order wants that.
#[utoipa::path(get, path = "/api/v1/orders/{id}/accept", tag = "disputes", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 200, body = WantedJson), (status = 404)))]
pub async fn accept(app: State, caller: ApiCaller, id: Id<OrderId>) -> ApiResult {
    wanted(&app, &caller, id.0, Plan::ask(IntentAction::Accept, None)).await
}

/// What the buyer's wallet has to sign for an offer of this share, where the order wants that.
#[utoipa::path(get, path = "/api/v1/orders/{id}/offer", tag = "disputes", security(("key" = [])),
    params(("id" = String, Path), ("buyer_bps" = u16, Query, description = "0 to 10,000")),
    responses((status = 200, body = WantedJson), (status = 404), (status = 422)))]
pub async fn offer(
    app: State,
    caller: ApiCaller,
    id: Id<OrderId>,
    query: Query<ShareQuery>,
) -> ApiResult {
    let share = share(query.0.buyer_bps)?;
    wanted(&app, &caller, id.0, Plan::share(Act::Offer, Some(share))).await
}

/// What the staff member's wallet has to sign for a ruling of this share, where the site wants that.
#[utoipa::path(get, path = "/api/v1/orders/{id}/rule", tag = "disputes", security(("key" = [])),
    params(("id" = String, Path), ("buyer_bps" = u16, Query, description = "0 to 10,000")),
    responses((status = 200, body = WantedJson), (status = 404), (status = 409), (status = 422)))]
pub async fn rule(
    app: State,
    caller: ApiCaller,
    id: Id<OrderId>,
    query: Query<ShareQuery>,
) -> ApiResult {
    let share = share(query.0.buyer_bps)?;
    wanted(&app, &caller, id.0, Plan::share(Act::Ask(IntentAction::Rule), Some(share))).await
}

/// What the staff member's wallet has to sign to confirm the last ruling, where the site wants that.
#[utoipa::path(get, path = "/api/v1/orders/{id}/confirm-ruling", tag = "disputes",
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = WantedJson), (status = 404), (status = 409)))]
pub async fn confirm(app: State, caller: ApiCaller, id: Id<OrderId>) -> ApiResult {
    wanted(&app, &caller, id.0, Plan::ask(IntentAction::Confirm, None)).await
}

async fn wanted(app: &State, caller: &ApiCaller, id: OrderId, plan: Plan) -> ApiResult {
    let view = read::view(app, &caller.account, id).await?;
    consent::can_sign(&view, plan.act).map_err(crate::error::AppError::from)?;
    Ok(api::ok(&WantedJson::from(consent::wanted(&view, plan, app.now()))))
}
