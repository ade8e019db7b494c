//! Pages of disputes.

use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::BadText;
use serde::Deserialize;

use super::{actions, read, views};
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::Ctx;
use crate::http::paging::{Cursor, PageQuery};
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::{Party, SignedIn};
use crate::orders::actions::read as orders;
use crate::orders::pages::{done, given, needs_password, to_sign};
use crate::orders::urls;
use crate::orders::views::confirm::Typed;
use crate::state::State;
use crate::ui::url;

/// `GET /disputes`: what staff work through.
pub async fn open(app: State, ctx: Ctx, who: SignedIn, query: Query<PageQuery>) -> PageResult {
    let after = match query.0.cursor()? {
        Some(cursor) => Some((cursor.at, cursor.id.parse().ok().ok_or(AppError::NotFound)?)),
        None => None,
    };
    let (rows, next) = read::open(&app, &who.0, after).await?;
    let later =
        next.map(|(at, id)| url::disputes().query("cursor", Cursor { at, id: id.to_string() }));
    Ok(ctx.page("Disputes", views::list(&rows, later)))
}

/// An offer, with the signature of the buyer's wallet where the order wants one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferForm {
    #[serde(default)]
    share: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    deadline: u64,
}

/// `POST /orders/{id}/offer`
pub async fn offer(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<OfferForm>,
) -> PageResult {
    let view = orders::view(&app, &who.0, id.0).await?;
    let typed = Typed { share: &form.0.share, ..Typed::default() };
    let given = given(&form.0.signature, form.0.deadline);
    if let Some(page) = to_sign(&ctx, &view, (Act::Offer, given.as_ref()), &typed) {
        return Ok(page);
    }
    let acted = match share(&form.0.share) {
        Ok(buyer) => actions::offer(&app, &who.0, id.0, (buyer, given), ctx.request_id()).await,
        Err(error) => Err(error),
    };
    done(&ctx, &view, Act::Offer, acted, &typed)
}

fn share(text: &str) -> Result<Bps, AppError> {
    let bad = BadText::Form("Write the share in digits, from 0 to 100, with at most two decimals.");
    Bps::parse(text).map_err(|_bad| AppError::fault("share", bad))
}

/// A statement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimForm {
    #[serde(default)]
    body: String,
}

/// `POST /orders/{id}/claim`
pub async fn claim(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<ClaimForm>,
) -> PageResult {
    let view = orders::view(&app, &who.0, id.0).await?;
    let acted = actions::claim(&app, &who.0, id.0, &form.0.body, ctx.request_id()).await;
    let typed = Typed { statement: &form.0.body, ..Typed::default() };
    done(&ctx, &view, Act::Claim, acted, &typed)
}

/// Names the offer that is accepted, with the signature of the buyer's wallet where the order wants one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptForm {
    #[serde(default)]
    offer: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    deadline: u64,
}

/// `POST /orders/{id}/accept`
pub async fn accept(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<AcceptForm>,
) -> PageResult {
    let act = Act::Ask(IntentAction::Accept);
    let view = orders::view(&app, &who.0, id.0).await?;
    if needs_password(&ctx, &view, act) {
        return Ok(ask_password(&ctx, id.0, act));
    }
    let offer = number(&form.0.offer)?;
    let given = given(&form.0.signature, form.0.deadline);
    let acted = actions::accept(&app, &who.0, id.0, (offer, given), ctx.request_id()).await;
    done(&ctx, &view, act, acted, &Typed::default())
}

/// A ruling, with the signature of the staff member's wallet where the site wants one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleForm {
    #[serde(default)]
    share: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    deadline: u64,
}

/// `POST /orders/{id}/rule`
pub async fn rule(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<RuleForm>,
) -> PageResult {
    let act = Act::Ask(IntentAction::Rule);
    let view = orders::view(&app, &who.0, id.0).await?;
    if needs_password(&ctx, &view, act) {
        return Ok(ask_password(&ctx, id.0, act));
    }
    let typed = Typed { share: &form.0.share, statement: &form.0.reason, ..Typed::default() };
    let given = given(&form.0.signature, form.0.deadline);
    if !form.0.reason.trim().is_empty()
        && let Some(page) = to_sign(&ctx, &view, (act, given.as_ref()), &typed)
    {
        return Ok(page);
    }
    let acted = match share(&form.0.share) {
        Ok(buyer) => {
            let ruling = ((buyer, form.0.reason.as_str()), given);
            actions::rule(&app, &who.0, id.0, ruling, ctx.request_id()).await
        }
        Err(error) => Err(error),
    };
    done(&ctx, &view, act, acted, &typed)
}

/// Names the ruling that is acted on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulingForm {
    #[serde(default)]
    ruling: String,
}

/// `POST /orders/{id}/contest`
pub async fn contest(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<RulingForm>,
) -> PageResult {
    let view = orders::view(&app, &who.0, id.0).await?;
    let ruling = number(&form.0.ruling)?;
    let acted = actions::contest(&app, &who.0, id.0, ruling, ctx.request_id()).await;
    done(&ctx, &view, Act::Ask(IntentAction::Contest), acted, &Typed::default())
}

/// Names the ruling that is confirmed, with the signature of the staff member's wallet where the site
/// wants one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmForm {
    #[serde(default)]
    ruling: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    deadline: u64,
}

/// `POST /orders/{id}/confirm-ruling`
pub async fn confirm(
    app: State,
    ctx: Ctx,
    who: Party,
    id: Id<OrderId>,
    form: Form<ConfirmForm>,
) -> PageResult {
    let act = Act::Ask(IntentAction::Confirm);
    let view = orders::view(&app, &who.0, id.0).await?;
    if needs_password(&ctx, &view, act) {
        return Ok(ask_password(&ctx, id.0, act));
    }
    let given = given(&form.0.signature, form.0.deadline);
    let ruling = (number(&form.0.ruling)?, given);
    let acted = actions::confirm(&app, &who.0, id.0, ruling, ctx.request_id()).await;
    done(&ctx, &view, act, acted, &Typed::default())
}

fn ask_password(ctx: &Ctx, order: OrderId, act: Act) -> actix_web::HttpResponse {
    ctx.confirm_password(&urls::act(order, act).unwrap_or_else(|| url::order(order)))
}

/// The number that a page put into its form.
fn number(text: &str) -> Result<i32, AppError> {
    text.parse().ok().ok_or(AppError::NotFound)
}
