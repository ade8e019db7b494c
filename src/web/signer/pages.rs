//! `/account/signer`: the wallet that signs for a buyer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::ids::AddressRequestId;
use serde::Deserialize;

use super::actions::{self, Naming};
use super::views::{self, TITLE};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::viewer::{Account, SignedIn};
use crate::state::State;
use crate::ui::url::Url;
use crate::ui::{Tone, url};

pub(super) async fn show(app: State, ctx: Ctx, who: SignedIn) -> PageResult {
    // Whoever walks up to an open browser must not decide by whose signature money moves. Asked
    // first, so that no signature is made in vain.
    if !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&url::signer()));
    }
    let book = actions::book(&app, &who.0).await?;
    let typed = views::Typed::new(actions::challenge(&app, &who.0), app.demo_signer());
    Ok(ctx.page(TITLE, views::page(&book, app.now(), ctx.csrf(), &typed)))
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(default)]
    request: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    signature: String,
}

pub(super) async fn name(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    Form(input): Form<Input>,
) -> PageResult {
    if !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&url::signer()));
    }
    let (request, address, signature) = (&input.request, &input.address, &input.signature);
    match actions::name(&app, &who.0, Naming { request, address, signature }).await {
        Ok(()) => {
            ctx.flash(Tone::Success, "Escrow enters the wallet into its book within moments.");
            Ok(ctx.see_other(&url::signer()))
        }
        Err(error) => Ok(again(&app, &ctx, &who.0, (&input, error)).await?),
    }
}

/// The form once more, with what is wrong with it.
async fn again(
    app: &State,
    ctx: &Ctx,
    who: &Account,
    (input, error): (&Input, AppError),
) -> Result<HttpResponse, AppError> {
    let status = error.status();
    let faults = match error {
        AppError::Invalid(faults) => faults,
        AppError::Conflict(_, sentence) => {
            vec![domain::refusal::Fault::new("address", sentence)]
        }
        other => return Err(other),
    };
    let book = actions::book(app, who).await?;
    let used = faults.iter().any(|fault| fault.message.contains("load the page again"));
    let challenge = match input.request.parse::<AddressRequestId>() {
        Ok(request) if !used => actions::of_request(who, request),
        _ => actions::challenge(app, who),
    };
    let (address, signature) = (&input.address, &input.signature);
    let demo = app.demo_signer();
    let typed = views::Typed { challenge, address, signature, faults, demo };
    let body = views::page(&book, app.now(), ctx.csrf(), &typed);
    let status =
        if status == StatusCode::CONFLICT { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    Ok(ctx.page_as(status, TITLE, body))
}

pub(super) async fn remove(app: State, ctx: Ctx, who: SignedIn, _: Form<NoFields>) -> PageResult {
    if !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&url::signer()));
    }
    actions::remove(&app, &who.0).await?;
    ctx.flash(Tone::Success, "In 48 hours no signature is wanted any more with new orders.");
    let here: Url = url::signer();
    Ok(ctx.see_other(&here))
}
