//! `/stores/{id}/tier`, for staff.

use actix_web::http::StatusCode;
use domain::ids::StoreId;
use serde::Deserialize;

use super::actions::{self, NewTier};
use super::views::{self, TITLE};
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::state::State;
use crate::ui::Tone;

pub(super) async fn show(app: State, ctx: Ctx, who: SignedIn, id: Id<StoreId>) -> PageResult {
    let found = actions::standing(&app, &who.0, id.0).await?;
    Ok(ctx.page(TITLE, views::page(&found, ctx.csrf(), ("", "", &[]))))
}

/// What the form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(default)]
    tier: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn set(
    app: State,
    ctx: Ctx,
    who: SignedIn,
    id: Id<StoreId>,
    Form(input): Form<Input>,
) -> PageResult {
    let Input { tier, reason } = &input;
    let wanted = NewTier { tier, reason, request_id: ctx.request_id() };
    match actions::set(&app, &who.0, id.0, wanted).await {
        Ok(()) => {
            ctx.flash(Tone::Success, "Set. It counts for orders that are placed from now on.");
            Ok(ctx.see_other(&super::path(id.0)))
        }
        Err(AppError::Invalid(faults)) => {
            let found = actions::standing(&app, &who.0, id.0).await?;
            let body = views::page(&found, ctx.csrf(), (tier, reason, &faults));
            Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, TITLE, body))
        }
        Err(error) => Err(error.into()),
    }
}
