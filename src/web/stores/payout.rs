//! Where a store is paid. An address is shown in full before it is taken.

use actix_web::http::StatusCode;
use domain::ids::StoreId;
use domain::store::StoreAct;
use serde::Deserialize;

use super::views::payout::{TITLE, page, sure};
use super::{actions, reads, urls};
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::state::State;
use crate::ui::Tone;

/// `GET /stores/{id}/payout`
pub async fn show(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let (found, book) = reads::payout(&app, &who.0, id.0).await?;
    Ok(ctx.page(TITLE, page(&found, &book, app.now(), (ctx.csrf(), "", &[]))))
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

/// `POST /stores/{id}/payout`
pub async fn set(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    form: Form<Input>,
) -> PageResult {
    reads::membership(&app, &who.0, id.0, StoreAct::Payout).await?;
    let (found, book) = reads::payout(&app, &who.0, id.0).await?;
    // Whoever walks up to an open browser must not send a store's income elsewhere.
    if book.asked.is_some() && !ctx.recently_authenticated() {
        return Ok(ctx.confirm_password(&urls::payout(id.0)));
    }
    let asked = match actions::parse_address(&form.0.address) {
        Ok(address) if form.0.sure => {
            actions::set_payout(&app, &who.0, id.0, address).await.map(|_| None)
        }
        parsed => parsed.map(Some),
    };
    match asked {
        Ok(Some(address)) => Ok(ctx.page(TITLE, sure(&found, &book, &address, ctx.csrf()))),
        Ok(None) => {
            ctx.flash(Tone::Success, "Escrow enters the address into its book within moments.");
            Ok(ctx.see_other(&urls::payout(id.0)))
        }
        Err(AppError::Invalid(faults)) => {
            let typed = (ctx.csrf(), form.0.address.as_str(), faults.as_slice());
            let body = page(&found, &book, app.now(), typed);
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, TITLE, body))
        }
        Err(error) => Err(error.into()),
    }
}
