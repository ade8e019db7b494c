//! Statements in a dispute, with files: the page's handler and its JSON twin.

use actix_web::web::ReqData;
use domain::ids::OrderId;
use domain::policy::Act;
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions;
use crate::error::{ApiResult, AppError, PageResult};
use crate::files::upload::{Body, Sender};
use crate::http::RequestId;
use crate::http::api;
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::{ApiCaller, Party};
use crate::orders::actions::act::permit;
use crate::orders::actions::read::{self as orders, OrderView};
use crate::orders::api::json::OrderJson;
use crate::orders::pages::done;
use crate::orders::views::confirm::Typed;
use crate::state::State;

/// A statement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimForm {
    #[serde(default)]
    body: String,
}

/// `POST /orders/{id}/claim`
pub async fn page(app: State, ctx: Ctx, who: Party, id: Id<OrderId>, body: Body) -> PageResult {
    let view = orders::view(&app, &who.0, id.0).await;
    let sender = Sender { who: &who.0, may: may(&view, Act::Claim) };
    let sent = body.form::<ClaimForm>(&ctx, sender).await?;
    let (view, text) = (view?, sent.fields.body.as_str());
    let acted = match sent.files {
        Err(error) if sender.may => Err(error),
        files => {
            let files = files.unwrap_or_default();
            actions::claim(&app, &who.0, id.0, (text, files), ctx.request_id()).await
        }
    };
    let typed = Typed { statement: text, ..Typed::default() };
    done(&ctx, &view, Act::Claim, acted, &typed)
}

/// Whether an act is possible, as far as it is known before its form is read: files of one that is not
/// are not even taken in.
pub(crate) fn may(view: &Result<OrderView, AppError>, act: Act) -> bool {
    view.as_ref().is_ok_and(|view| permit(view, act).is_ok())
}

/// A statement to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// 5,000 characters at most.
    pub body: String,
}

/// A statement to be added with files, as `multipart/form-data`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes a form")]
pub struct NewClaimForm {
    /// 5,000 characters at most.
    body: String,
    /// Up to 5 parts of this name, each with a file name and 5 MiB at most: PNG, JPEG, WebP, PDF, or
    /// plain text in UTF-8.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// Adds a statement to a dispute (buyer, vendor, staff), with files or without.
#[utoipa::path(post, path = "/api/v1/orders/{id}/claim", tag = "disputes",
    request_body(content((NewClaim = "application/json"), (NewClaimForm = "multipart/form-data"))),
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderJson), (status = 404), (status = 409), (status = 413),
        (status = 422), (status = 429)))]
pub async fn api(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<OrderId>,
    body: Body,
) -> ApiResult {
    let who = caller.write()?;
    let view = orders::view(&app, who, id.0).await;
    let sender = Sender { who, may: may(&view, Act::Claim) };
    let sent = body.json::<NewClaim>(sender).await?;
    view?;
    let files = if sender.may { sent.files? } else { Vec::new() };
    let said = (sent.fields.body.as_str(), files);
    let view = actions::claim(&app, who, id.0, said, &request.0).await?;
    Ok(api::ok(&OrderJson::from(&view)))
}
