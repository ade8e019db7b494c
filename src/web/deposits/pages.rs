//! Pages of deposits.

use actix_web::http::StatusCode;
use actix_web::web;
use domain::ids::{OrderId, StoreId};
use domain::money::{Amount, Cents};
use serde::Deserialize;

use super::actions::{self, Wish};
use super::views::{self, ALL, TITLE};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::state::State;
use crate::ui::Tone;

pub(super) async fn show(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let found = actions::of_store(&app, &who.0, id.0).await?;
    let assets = actions::assets(&app).await?;
    Ok(ctx.page(TITLE, views::of_store(&found, &assets, ctx.csrf(), ("", "", &[]))))
}

/// What the form of a new deposit sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDeposit {
    #[serde(default)]
    pay: String,
    #[serde(default)]
    amount: String,
}

pub(super) async fn lodge(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    Form(NewDeposit { pay, amount }): Form<NewDeposit>,
) -> PageResult {
    let assets = actions::assets(&app).await?;
    let asset = assets.iter().map(|now| now.asset).find(|asset| views::value(asset) == pay);
    let typed = asset.and_then(|asset| Amount::parse(amount.trim(), asset.decimals).ok());
    let wish = Wish { asset, amount: typed, request_id: ctx.request_id() };
    match actions::lodge(&app, &who.0, id.0, wish).await {
        Ok(_) => {
            ctx.flash(Tone::Success, "Escrow issues an address for it within moments.");
            Ok(ctx.see_other(&super::of_store(id.0)))
        }
        Err(AppError::Invalid(faults)) => {
            let found = actions::of_store(&app, &who.0, id.0).await?;
            let body = views::of_store(&found, &assets, ctx.csrf(), (&pay, &amount, &faults));
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, TITLE, body))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn withdraw(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    path: web::Path<(String, String)>,
    _form: Form<NoFields>,
) -> PageResult {
    let (store, deposit) = path.into_inner();
    let (Ok(store), Ok(deposit)) = (store.parse::<StoreId>(), deposit.parse::<OrderId>()) else {
        return Err(AppError::NotFound.into());
    };
    // Whoever has no part in the store is not asked for a password first.
    actions::of_store(&app, &who.0, store).await?;
    if !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&super::of_store(store)));
    }
    actions::withdraw(&app, &who.0, (store, deposit), ctx.request_id()).await?;
    ctx.flash(Tone::Success, "Asked for. Escrow sends it back to its sealed address.");
    Ok(ctx.see_other(&super::of_store(store)))
}

pub(super) async fn all(app: State, ctx: Ctx, who: SignedIn) -> PageResult {
    let found = actions::of_all(&app, &who.0).await?;
    Ok(ctx.page(ALL, views::of_all(&found, ctx.csrf(), ("", "", &[]))))
}

/// What the form of a rule sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    least: String,
}

pub(super) async fn demand(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    Form(Rule { kind, least }): Form<Rule>,
) -> PageResult {
    let cents = Cents::parse(least.trim()).ok();
    match actions::demand(&app, &who.0, (&kind, cents), ctx.request_id()).await {
        Ok(()) => {
            ctx.flash(Tone::Success, "Set. It counts for orders that are placed from now on.");
            Ok(ctx.see_other(&super::all()))
        }
        Err(AppError::Invalid(faults)) => {
            let found = actions::of_all(&app, &who.0).await?;
            let body = views::of_all(&found, ctx.csrf(), (&kind, &least, &faults));
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, ALL, body))
        }
        Err(error) => Err(error.into()),
    }
}
