//! Another address than the sealed one, by API key and password.

use actix_web::web::ReqData;
use domain::ids::OrderId;

use super::accepted;
use super::input::NewReseal;
use crate::accounts::actions::prove;
use crate::error::ApiResult;
use crate::http::RequestId;
use crate::http::json::Json;
use crate::http::path::Id;
use crate::http::viewer::ApiCaller;
use crate::orders::actions::reseal;
use crate::state::{App, State};

/// Asks to be paid to another address than the sealed one, once (buyer, owner of the store). The other
/// side is told; it counts after 72 hours in which escrow is up.
#[utoipa::path(post, path = "/api/v1/orders/{id}/reseal", tag = "orders", request_body = NewReseal,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = super::json::OrderJson), (status = 404), (status = 409), (status = 422), (status = 429)))]
pub async fn ask(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<OrderId>,
    body: Json<NewReseal>,
) -> ApiResult {
    let who = caller.write()?;
    let NewReseal { address, password } = body.0;
    let app: &App = &app;
    prove((app, &app.hasher.place().await?), who, password, "password").await?;
    Ok(accepted(&reseal::ask(app, who, id.0, &address, &request.0).await?))
}

/// Takes that back while it waits; the sealed address stays (buyer, owner of the store).
#[utoipa::path(post, path = "/api/v1/orders/{id}/keep-address", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)),
    responses((status = 202, body = super::json::OrderJson), (status = 404), (status = 409)))]
pub async fn keep(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<OrderId>,
) -> ApiResult {
    Ok(accepted(&reseal::keep(&app, caller.write()?, id.0, &request.0).await?))
}
