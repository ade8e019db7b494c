//! `/account/referrals`: the invitation link and what it has earned.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::refusal::Fault;
use serde::Deserialize;

use super::actions;
use super::views::{self, TITLE};
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::Ctx;
use crate::http::paging::PageQuery;
use crate::http::query::Query;
use crate::http::viewer::{Account, SignedIn};
use crate::state::State;
use crate::stores::actions::parse_address;
use crate::ui::{Tone, url};

/// Payments on a page.
const PAGE: u32 = 24;

pub(super) async fn show(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    Query(query): Query<PageQuery>,
) -> PageResult {
    let cursor = query.cursor()?;
    let newer = cursor.is_some().then(url::referrals);
    let found = actions::referrals(&app, &who.0, (cursor, PAGE)).await?;
    let older = found.next.as_ref().map(|next| url::referrals().query("cursor", next));
    let body = views::page(&found, app.now(), (ctx.csrf(), "", &[]), (newer, older));
    Ok(ctx.page(TITLE, body))
}

/// What the form sends: first the address alone, then once more with the word that it is right.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(default)]
    address: String,
    #[serde(default)]
    sure: bool,
}

pub(super) async fn set_address(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    Form(input): Form<Input>,
) -> PageResult {
    let book = actions::book(&app, &who.0).await?;
    // Whoever walks up to an open browser must not send an inviter's income elsewhere.
    if book.asked.is_some() && !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&url::referrals()));
    }
    let asked = match parse_address(&input.address) {
        Ok(address) if input.sure => {
            actions::set_address(&app, &who.0, address).await.map(|()| None)
        }
        parsed => parsed.map(Some),
    };
    match asked {
        Ok(Some(address)) => Ok(ctx.page(TITLE, views::sure(&book, &address, ctx.csrf()))),
        Ok(None) => {
            ctx.flash(Tone::Success, "Escrow enters the address into its book within moments.");
            Ok(ctx.see_other(&url::referrals()))
        }
        Err(AppError::Invalid(faults)) => {
            Ok(again(&app, &ctx, &who.0, (&input.address, &faults)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The page once more, with what is wrong with the address.
async fn again(
    app: &State,
    ctx: &Ctx,
    who: &Account,
    (typed, faults): (&str, &[Fault]),
) -> Result<HttpResponse, AppError> {
    let found = actions::referrals(app, who, (None, PAGE)).await?;
    let older = found.next.as_ref().map(|next| url::referrals().query("cursor", next));
    let body = views::page(&found, app.now(), (ctx.csrf(), typed, faults), (None, older));
    Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, TITLE, body))
}
