//! Pages of keys.

use actix_web::http::StatusCode;
use domain::ids::KeyId;
use domain::refusal::Faults;
use serde::Deserialize;

use super::actions::{self, NewKey};
use super::{Scope, views};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::http::viewer::SignedIn;
use crate::ui::Tone;
use crate::ui::url::Url;

const TITLE: &str = "API keys";

/// What the form of a new key carries; `days` is empty for a key without end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    scope: String,
    #[serde(default)]
    days: String,
}

pub(super) async fn list(ctx: Ctx, SignedIn(who): SignedIn) -> PageResult {
    let keys = actions::list(ctx.app(), &who).await?;
    Ok(ctx.page(TITLE, views::list(ctx.csrf(), &keys, "", &[])))
}

pub(super) async fn create(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    Form(input): Form<Create>,
) -> PageResult {
    let mut faults = Faults::default();
    let name = faults.take("name", actions::parse_name(&input.name));
    let scope = faults.take("scope", input.scope.parse::<Scope>());
    let days = match input.days.trim() {
        "" => Some(None),
        text => {
            let days = text.parse().map_err(|_bad| "A number of days, please.");
            faults.take("days", days.and_then(actions::parse_days)).map(Some)
        }
    };
    if let (Some(name), Some(scope), Some(days)) = (name, scope, days) {
        // Such a key does what its account may do, and outlives the session that made it.
        if scope == Scope::Write && !ctx.recently_authenticated() {
            return Ok(ctx.confirm_password(&Url::fixed("/account/keys")));
        }
        let new = NewKey { name, scope, days, not_after: None };
        let (key, secret) = actions::create(ctx.app(), &who, new).await?;
        return Ok(ctx.page("Your new key", views::created(&key, &secret)));
    }
    let error = AppError::invalid(faults);
    let AppError::Invalid(faults) = error else { return Err(error.into()) };
    let keys = actions::list(ctx.app(), &who).await?;
    let body = views::list(ctx.csrf(), &keys, &input.name, &faults);
    Ok(ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, TITLE, body))
}

pub(super) async fn revoke(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    Id(id): Id<KeyId>,
    Form(NoFields {}): Form<NoFields>,
) -> PageResult {
    actions::revoke(ctx.app(), &who, id).await?;
    ctx.flash(Tone::Success, "The key is revoked: nothing can be done with it any more.");
    Ok(ctx.see_other(&Url::fixed("/account/keys")))
}
