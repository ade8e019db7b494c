//! Opening a dispute, with files: the page's handler and its JSON twin.

use actix_web::web::ReqData;
use domain::ids::OrderId;
use domain::policy::Act;
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions::{act, read};
use super::api::accepted;
use super::api::input::NewDispute;
use super::api::json::OrderJson;
use super::pages::done;
use super::views::confirm::Typed;
use crate::disputes::claims::may;
use crate::error::{ApiResult, PageResult};
use crate::files::upload::{Body, Sender};
use crate::http::RequestId;
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::{ApiCaller, Party};
use crate::state::State;

/// A dispute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeForm {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    statement: String,
}

/// `POST /orders/{id}/dispute`
pub async fn page(app: State, ctx: Ctx, who: Party, id: Id<OrderId>, body: Body) -> PageResult {
    let view = read::view(&app, &who.0, id.0).await;
    let sender = Sender { who: &who.0, may: may(&view, Act::Dispute) };
    let sent = body.form::<DisputeForm>(&ctx, sender).await?;
    let (view, form) = (view?, &sent.fields);
    let acted = match sent.files {
        Err(error) if sender.may => Err(error),
        files => {
            let said = (form.reason.as_str(), form.statement.as_str(), files.unwrap_or_default());
            act::dispute(&app, &who.0, id.0, said, ctx.request_id()).await
        }
    };
    let typed = Typed { reason: &form.reason, statement: &form.statement, ..Typed::default() };
    done(&ctx, &view, Act::Dispute, acted, &typed)
}

/// A dispute to be opened with files, as `multipart/form-data`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes a form")]
pub struct NewDisputeForm {
    /// `not-received`, `not-as-described`, `damaged` or `other`.
    reason: String,
    /// What happened; 5,000 characters at most.
    statement: String,
    /// Up to 5 parts of this name, each with a file name and 5 MiB at most: PNG, JPEG, WebP, PDF, or
    /// plain text in UTF-8.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
}

/// Opens a dispute (buyer, vendor), with files or without. The money is frozen once escrow confirms it.
#[utoipa::path(post, path = "/api/v1/orders/{id}/dispute", tag = "orders",
    request_body(content((NewDispute = "application/json"), (NewDisputeForm = "multipart/form-data"))),
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 413),
        (status = 422), (status = 429)))]
pub async fn api(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<OrderId>,
    body: Body,
) -> ApiResult {
    let who = caller.write()?;
    let view = read::view(&app, who, id.0).await;
    let sender = Sender { who, may: may(&view, Act::Dispute) };
    let sent = body.json::<NewDispute>(sender).await?;
    view?;
    let files = if sender.may { sent.files? } else { Vec::new() };
    let said = (sent.fields.reason.as_str(), sent.fields.statement.as_str(), files);
    Ok(accepted(&act::dispute(&app, who, id.0, said, &request.0).await?))
}
