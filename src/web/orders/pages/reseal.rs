//! The pages by which a party asks for another address. Both steps want a password typed just now.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::ids::OrderId;
use domain::policy::{self, Act};
use domain::refusal::Fault;
use serde::Deserialize;

use super::{done, page};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::Party;
use crate::orders::actions::read::{self, OrderView};
use crate::orders::actions::reseal;
use crate::orders::urls;
use crate::orders::views::{confirm, order, reseal as views};
use crate::state::State;
use crate::ui::url;

/// The form, where the act is possible.
pub(super) fn form(ctx: &Ctx, view: &OrderView, typed: &str, faults: &[Fault]) -> HttpResponse {
    if policy::check(Act::Reseal, view.relation, view.situation()).is_err() {
        return page(ctx, view, Act::Reseal, (&confirm::Typed::default(), &[]));
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    ctx.page_as(status, &order::title(view), views::form(view, ctx.csrf(), typed, faults))
}

/// What the form sends: first the address alone, then once more with the word that it is right.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    address: String,
    #[serde(default)]
    sure: bool,
}

/// `POST /orders/{id}/reseal`
pub async fn ask(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    input: Form<Input>,
) -> PageResult {
    let view = read::view(&app, &who.0, id.0).await?;
    let own = urls::act(id.0, Act::Reseal).unwrap_or_else(|| url::order(id.0));
    if !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&own));
    }
    let Input { address, sure } = input.0;
    match reseal::parse(&view, &address) {
        Err(AppError::Invalid(faults)) => Ok(form(&ctx, &view, &address, &faults)),
        Err(error) => Err(error.into()),
        Ok(parsed) if !sure => {
            let body = views::sure(&view, &parsed, ctx.csrf());
            Ok(ctx.page(&order::title(&view), body))
        }
        Ok(_) => {
            let acted = reseal::ask(&app, &who.0, id.0, &address, ctx.request_id()).await;
            done(&ctx, &view, Act::Reseal, acted, &confirm::Typed::default())
        }
    }
}

/// `POST /orders/{id}/keep-address`
pub async fn keep(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    _: Form<NoFields>,
) -> PageResult {
    let view = read::view(&app, &who.0, id.0).await?;
    let acted = reseal::keep(&app, &who.0, id.0, ctx.request_id()).await;
    done(&ctx, &view, Act::KeepAddress, acted, &confirm::Typed::default())
}
