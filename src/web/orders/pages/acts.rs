//! The forms by which people act on an order: one handler for all of them.

use std::future::Ready;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::money::Bps;
use domain::policy::Act;
use domain::refusal::BadText;
use serde::Deserialize;

use super::{done, needs_password, reseal, to_sign};
use crate::error::{AppError, PageError, PageResult};
use crate::http::form::{Form, fields};
use crate::http::page::Ctx;
use crate::http::viewer::{Party, at_once};
use crate::orders::actions::act::{Deed, perform};
use crate::orders::actions::ask::Asking;
use crate::orders::actions::read;
use crate::orders::consent::Given;
use crate::orders::views::confirm::Typed;
use crate::state::State;
use crate::ui::url;

/// The order that an address names, and the act that it ends with.
#[derive(Debug, Clone, Copy)]
pub struct On(OrderId, Act);

impl FromRequest for On {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let order = request.match_info().get("id").and_then(|text| text.parse().ok());
        let pattern = request.match_pattern().unwrap_or_default();
        let act = pattern.rsplit('/').next().and_then(Act::by_verb);
        let on = order.zip(act).map(|(order, act)| Self(order, act));
        at_once(on.ok_or(PageError(AppError::NotFound)))
    }
}

/// What the forms send; each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Input {
    note: String,
    reason: String,
    statement: String,
    share: String,
    body: String,
    /// Number of the offer that is accepted.
    offer: String,
    /// Number of the ruling that is acted on.
    ruling: String,
    signature: String,
    deadline: u64,
    pub(super) address: String,
    /// The address was shown once more.
    pub(super) sure: bool,
}

/// The fields of an act's form.
const fn names(act: Act) -> &'static [&'static str] {
    match act {
        Act::Ask(IntentAction::Release) => &["signature", "deadline"],
        Act::Ask(IntentAction::Accept) => &["offer", "signature", "deadline"],
        Act::Ask(IntentAction::Rule) => &["share", "reason", "signature", "deadline"],
        Act::Ask(IntentAction::Contest) => &["ruling"],
        Act::Ask(IntentAction::Confirm) => &["ruling", "signature", "deadline"],
        Act::Ship => &["note"],
        Act::Dispute => &["reason", "statement"],
        Act::Offer => &["share", "signature", "deadline"],
        Act::Claim => &["body"],
        Act::Reseal => &["address", "sure"],
        Act::Ask(_) | Act::KeepAddress | Act::See | Act::SeeDelivery => &[],
    }
}

impl Input {
    fn read(act: Act, sent: &[(String, String)]) -> Result<Self, AppError> {
        match sent.iter().find(|(name, _)| !names(act).contains(&name.as_str())) {
            None => fields(sent),
            Some((name, _)) => Err(AppError::malformed(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unexpected-fields",
                format!("The fields are not those of this form: unknown field `{name}`."),
            )),
        }
    }

    /// What somebody does by it.
    fn deed(&self, act: Act) -> Result<Deed, AppError> {
        let about = |n: &str| -> Result<Asking, AppError> {
            Ok(Asking { about: Some(number(n)?), ..self.asking(act)? })
        };
        Ok(match act {
            Act::Ask(IntentAction::Rule) => {
                Deed::Rule(share(&self.share)?, self.reason.clone(), self.given())
            }
            Act::Ask(IntentAction::Accept) => Deed::Ask(about(&self.offer)?),
            Act::Ask(IntentAction::Contest | IntentAction::Confirm) => {
                Deed::Ask(about(&self.ruling)?)
            }
            Act::Ask(_) | Act::See | Act::SeeDelivery => Deed::Ask(self.asking(act)?),
            Act::Ship => Deed::Ship(self.note.clone()),
            Act::Dispute => Deed::Dispute(self.reason.clone(), self.statement.clone()),
            Act::Offer => Deed::Offer(share(&self.share)?, self.given()),
            Act::Claim => Deed::Claim(self.body.clone()),
            Act::Reseal => Deed::Reseal(self.address.clone()),
            Act::KeepAddress => Deed::KeepAddress,
        })
    }

    fn asking(&self, act: Act) -> Result<Asking, AppError> {
        let Act::Ask(action) = act else { return Err(AppError::NotFound) };
        Ok(Asking { action, about: None, consent: self.given() })
    }

    /// What came of a wallet, if anything did.
    fn given(&self) -> Option<Given> {
        let signature = self.signature.trim().to_owned();
        (!signature.is_empty()).then_some(Given { signature, deadline: self.deadline })
    }

    /// The same for the page that is shown once more.
    fn typed(&self, act: Act) -> Typed<'_> {
        let statement = match act {
            Act::Claim => &self.body,
            Act::Ask(_) => &self.reason,
            _ => &self.statement,
        };
        Typed { note: &self.note, reason: &self.reason, statement, share: &self.share }
    }
}

fn share(text: &str) -> Result<Bps, AppError> {
    let bad = BadText::Form("Write the share in digits, from 0 to 100, with at most two decimals.");
    Bps::parse(text).map_err(|_bad| AppError::fault("share", bad))
}

/// The number that a page put into its form.
fn number(text: &str) -> Result<i32, AppError> {
    text.parse().ok().ok_or(AppError::NotFound)
}

/// `POST /orders/{id}/…`
pub async fn act(
    app: State,
    ctx: Ctx,
    who: Party,
    on: On,
    form: Form<Vec<(String, String)>>,
) -> PageResult {
    let On(id, act) = on;
    let input = Input::read(act, &form.0)?;
    let view = read::view(&app, &who.0, id).await?;
    if needs_password(&ctx, &view, act) {
        let own = act.verb().map(|verb| url::order(id).seg(verb));
        return Ok(ctx.confirm_password(&own.unwrap_or_else(|| url::order(id))));
    }
    if act == Act::Reseal
        && let Some(page) = reseal::ask_more(&ctx, &view, &input)?
    {
        return Ok(page);
    }
    let acted = match input.deed(act) {
        Ok(deed) => {
            if let Some(page) = to_sign(&ctx, &view, (act, &deed), &input.typed(act)) {
                return Ok(page);
            }
            perform(&app, &who.0, id, deed, ctx.request_id()).await
        }
        Err(error) => Err(error),
    };
    done(&ctx, &view, act, acted, &input.typed(act))
}
