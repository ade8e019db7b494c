//! Another address than the sealed one, by API key and password.

use super::at::At;
use super::input::NewReseal;
use super::json::OrderJson;
use crate::accounts::actions::prove;
use crate::error::ApiResult;
use crate::http::json::Json;
use crate::orders::actions::act::Deed;
use crate::state::App;

/// Asks to be paid to another address than the sealed one, once (buyer, owner of the store). The other
/// side is told; it counts after 72 hours in which escrow is up.
#[utoipa::path(post, path = "/api/v1/orders/{id}/reseal", tag = "orders", request_body = NewReseal,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 422), (status = 429)))]
pub async fn ask(at: At, body: Json<NewReseal>) -> ApiResult {
    let NewReseal { address, password } = body.0;
    let app: &App = &at.app;
    prove((app, &app.hasher.place().await?), &at.who, password, "password").await?;
    at.does(Deed::Reseal(address)).await
}

/// Takes that back while it waits; the sealed address stays (buyer, owner of the store).
#[utoipa::path(post, path = "/api/v1/orders/{id}/keep-address", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn keep(at: At) -> ApiResult {
    at.does(Deed::KeepAddress).await
}
