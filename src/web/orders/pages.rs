//! Order pages.

pub mod acts;
mod reseal;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use db::orders::Board;
use domain::ids::{OrderId, StoreId};
use domain::intent::IntentAction;
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::Fault;
use serde::Deserialize;

use super::actions::act::Deed;
use super::actions::{self, read};
use super::consent::{self, Plan};
use super::urls;
use super::views::{board, confirm, order};
use crate::error::{AppError, PageResult};
use crate::http::page::Ctx;
use crate::http::paging::{Cursor, PageQuery};
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::Party;
use crate::state::{App, State};
use crate::ui::url::ExternalUrl;
use crate::ui::{Tone, url};

/// `GET /orders`: what the viewer bought.
pub async fn purchases(app: State, ctx: Ctx, who: Party, query: Query<PageQuery>) -> PageResult {
    let (rows, next) =
        actions::board::board(&app, &who.0, Board::Buyer(who.0.id), cursor(&query.0)?).await?;
    let older = next.map(|next| url::orders().query("cursor", older(next)));
    Ok(ctx.page("My orders", board::board("My orders", &rows, false, older)))
}

/// `GET /stores/{id}/orders`: what a store sold.
pub async fn sales(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<StoreId>,
    query: Query<PageQuery>,
) -> PageResult {
    let (rows, next) =
        actions::board::board(&app, &who.0, Board::Store(id.0), cursor(&query.0)?).await?;
    let older = next.map(|next| urls::sales(id.0).query("cursor", older(next)));
    Ok(ctx.page("Orders of the store", board::board("Orders of the store", &rows, true, older)))
}

fn cursor(query: &PageQuery) -> Result<Option<actions::board::Cursor>, AppError> {
    let Some(cursor) = query.cursor()? else { return Ok(None) };
    let id = cursor.id.parse().ok().ok_or(AppError::NotFound)?;
    Ok(Some((cursor.at, id)))
}

fn older((at, id): actions::board::Cursor) -> Cursor {
    Cursor { at, id: id.to_string() }
}

/// `GET /orders/{id}`
pub async fn show(app: State, ctx: Ctx, who: Party, id: Id<OrderId>) -> PageResult {
    let view = read::shown(&app, &who.0, id.0).await?;
    let body = order::page(&view, wallet(&app, &view).as_ref());
    let title = order::title(&view);
    if view.is_settled() {
        return Ok(ctx.page(&title, body));
    }
    // Readers without JavaScript get the news by reloading.
    Ok(ctx.page_refresh(&title, body, order::POLL_SECS.saturating_mul(3)))
}

/// What a page that polls has seen.
#[derive(Debug, Deserialize)]
pub struct Seen {
    #[serde(default)]
    seen: String,
}

/// `GET /orders/{id}/live`: the fragment, nothing where nothing changed, and the end of polling
/// where nothing will.
pub async fn live(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    seen: Query<Seen>,
) -> PageResult {
    if !ctx.is_htmx() {
        return Ok(ctx.see_other(&url::order(id.0)));
    }
    let view = read::shown(&app, &who.0, id.0).await?;
    if view.version == seen.0.seen {
        return Ok(ctx.unchanged());
    }
    let body = order::body(&view, wallet(&app, &view).as_ref());
    Ok(if view.is_settled() { ctx.stop(body) } else { ctx.fragment(body) })
}

/// The link to the demo wallet, where there is one.
fn wallet(app: &App, view: &read::OrderView) -> Option<ExternalUrl> {
    let base = app.config.devnet_url.as_deref()?;
    let address = view.address?;
    let back = format!("{}/orders/{}", app.config.site_url.origin(), view.id);
    let missing = view.due.minus(view.credited).minus(view.unfinal);
    (!missing.is_zero()).then_some(())?;
    let link = ExternalUrl::configured(base)?
        .seg("pay")
        .query("to", address)
        .query("value", missing)
        .query("back", back);
    Some(match view.asset.token {
        Some(token) => link.query("token", token),
        None => link,
    })
}

/// `GET /orders/{id}/terms`: the signed terms as a text to keep.
pub async fn terms(app: State, who: Party, id: Id<OrderId>) -> PageResult {
    let view = read::view(&app, &who.0, id.0).await?;
    let text = view.signed_text().ok_or(AppError::NotFound)?;
    let name = format!("inline; filename=\"order-{}.txt\"", view.id);
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    let answer = (header::CONTENT_DISPOSITION, name);
    Ok(HttpResponse::Ok().insert_header(kind).insert_header(answer).body(text))
}

/// `GET /orders/{id}/{act}`: asks once more.
pub async fn ask(
    app: State,
    ctx: Ctx,
    who: Party,
    path: web::Path<(String, String)>,
) -> PageResult {
    let (id, verb) = path.into_inner();
    let id: OrderId = id.parse().ok().ok_or(AppError::NotFound)?;
    let act = Act::by_verb(&verb).ok_or(AppError::NotFound)?;
    let view = read::view(&app, &who.0, id).await?;
    if needs_password(&ctx, &view, act) {
        return Ok(ctx.confirm_password(&url::order(id).seg(&verb)));
    }
    Ok(match act {
        Act::Reseal => reseal::form(&ctx, &view, "", &[]),
        _ => page(&ctx, &view, act, (&confirm::Typed::default(), &[])),
    })
}

fn page(
    ctx: &Ctx,
    view: &read::OrderView,
    act: Act,
    input: (&confirm::Typed<'_>, &[Fault]),
) -> HttpResponse {
    let title = order::title(view);
    if let Err(refusal) = view.check(act).and_then(|()| consent::can_sign(view, act)) {
        return ctx.page_as(
            StatusCode::CONFLICT,
            &title,
            confirm::too_late(view, &refusal.to_string()),
        );
    }
    let share = Bps::parse(input.0.share).ok();
    let wanted = consent::wanted(view, Plan::share(act, share), ctx.app().now());
    let demo = ctx.app().demo_signer();
    let wanted = wanted.as_ref().map(|wanted| (wanted, demo.as_ref()));
    let body = confirm::confirm(view, act, ctx.csrf(), (input.0, input.1, wanted));
    let status = if input.1.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    ctx.page_as(status, &title, body)
}

fn needs_password(ctx: &Ctx, view: &read::OrderView, act: Act) -> bool {
    match act {
        Act::Ask(action) => {
            actions::act::needs_password(view, action) && !ctx.recently_authenticated()
        }
        Act::Reseal => !ctx.recently_authenticated(),
        _ => false,
    }
}

/// The page once more, with what a wallet has to sign now that the share is known; none where it has
/// to sign nothing or has signed.
fn to_sign(
    ctx: &Ctx,
    view: &read::OrderView,
    (act, deed): (Act, &Deed),
    typed: &confirm::Typed<'_>,
) -> Option<HttpResponse> {
    let (share, given) = match deed {
        Deed::Offer(share, given) => (*share, given),
        Deed::Rule(share, reason, given) if !reason.trim().is_empty() => (*share, given),
        _ => return None,
    };
    let wanted = consent::wanted(view, Plan::share(act, Some(share)), ctx.app().now());
    (wanted.is_some() && given.is_none()).then(|| page(ctx, view, act, (typed, &[])))
}

/// Leads back to the order, or says why not.
fn done(
    ctx: &Ctx,
    view: &read::OrderView,
    act: Act,
    acted: Result<read::OrderView, AppError>,
    typed: &confirm::Typed<'_>,
) -> PageResult {
    match acted {
        Ok(_) => {
            ctx.flash(Tone::Success, said(act));
            Ok(ctx.see_other(&url::order(view.id)))
        }
        Err(AppError::Invalid(faults)) => Ok(page(ctx, view, act, (typed, &faults))),
        Err(AppError::Conflict(_, sentence)) => {
            let body = confirm::too_late(view, &sentence);
            Ok(ctx.page_as(StatusCode::CONFLICT, &order::title(view), body))
        }
        Err(error) => Err(error.into()),
    }
}

fn said(act: Act) -> &'static str {
    match act {
        Act::Ask(IntentAction::Cancel) => "Escrow is calling the order off.",
        Act::Ask(IntentAction::Release) => "Thank you. Escrow is paying the vendor.",
        Act::Ask(IntentAction::Refund) => "Escrow is paying the buyer back.",
        Act::Ask(IntentAction::Extend) => "You have seven days more to look at it.",
        Act::Ask(IntentAction::Resume) => "The order goes on.",
        Act::Ask(IntentAction::Accept) => "Escrow is dividing the money as you agreed.",
        Act::Ask(IntentAction::Rule) => {
            "The ruling is on its way; both parties have a day's notice."
        }
        Act::Ask(IntentAction::Contest) => "A second staff member is called.",
        Act::Ask(IntentAction::Confirm) => "The ruling is confirmed.",
        Act::Offer => "The other party sees your offer.",
        Act::Claim => "It is noted; the other party and staff can read it.",
        Act::Ship => "The buyer now sees that it is on its way.",
        Act::Dispute => "The dispute is open. Escrow is freezing the money.",
        Act::Reseal => "The other side is told. The address counts after 72 hours.",
        Act::KeepAddress => "The sealed address stays.",
        Act::See | Act::SeeDelivery => "",
    }
}
