//! Pages of one's own account.

use actix_web::HttpRequest;
use domain::EvmAddress;
use domain::refusal::{BadText, Fault, Faults};

use super::super::forms::{ChangePassword, Confirm, Next, Password, RefundAddress};
use super::super::{actions, views};
use super::retry;
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::{self, Ctx};
use crate::http::query::Query;
use crate::http::session::Session;
use crate::http::viewer::{Party, SignedIn};
use crate::ui::Tone;
use crate::ui::url;

const ACCOUNT: &str = "Your account";
const PASSWORD: &str = "Change the password";
const CODES: &str = "Recovery codes";
const CONFIRM: &str = "Confirm your password";

pub(in super::super) async fn show(ctx: Ctx, SignedIn(who): SignedIn) -> PageResult {
    let left = actions::codes_left(ctx.app(), &who).await?;
    let address = who.refund_address.map(|address| address.to_string()).unwrap_or_default();
    Ok(ctx.page(ACCOUNT, views::account(ctx.csrf(), &who, left, &address, &[])))
}

pub(in super::super) async fn refund_address(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    Form(input): Form<RefundAddress>,
) -> PageResult {
    let text = input.refund_address.trim();
    let address = if text.is_empty() {
        None
    } else {
        match EvmAddress::parse_payee(text) {
            Ok(address) => Some(address),
            Err(error) => {
                let left = actions::codes_left(ctx.app(), &who).await?;
                let faults = [Fault::new("refund_address", BadText::from(error))];
                return Ok(retry(
                    &ctx,
                    ACCOUNT,
                    views::account(ctx.csrf(), &who, left, text, &faults),
                ));
            }
        }
    };
    actions::set_refund_address(ctx.app(), &who, address).await?;
    ctx.flash(
        Tone::Success,
        match address {
            Some(_) => "Refunds go to this address, unless an order says otherwise.",
            None => "The refund address was taken away; each order asks for one.",
        },
    );
    Ok(ctx.see_other(&url::account()))
}

pub(in super::super) async fn password_form(ctx: Ctx, SignedIn(who): SignedIn) -> PageResult {
    Ok(ctx.page(PASSWORD, views::password(ctx.csrf(), &who, &[])))
}

pub(in super::super) async fn password(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    request: HttpRequest,
    Form(input): Form<ChangePassword>,
) -> PageResult {
    let mut faults = Faults::default();
    actions::checked_password(&mut faults, &input.password, &input.repeat, &who.username);
    if !faults.is_empty() {
        return Ok(retry(&ctx, PASSWORD, views::password(ctx.csrf(), &who, &faults.into_vec())));
    }
    let session = session(&ctx)?;
    match actions::change_password(ctx.app(), session, input.current, input.password).await {
        Ok(session) => {
            let ctx = ctx.with_session(&request, Some(session));
            ctx.flash(
                Tone::Success,
                "The password is changed. Every other session of yours was ended, and your API keys are revoked.",
            );
            Ok(ctx.see_other(&url::account()))
        }
        Err(AppError::Invalid(faults)) => {
            Ok(retry(&ctx, PASSWORD, views::password(ctx.csrf(), &who, &faults)))
        }
        Err(other) => Err(other.into()),
    }
}

pub(in super::super) async fn codes_form(ctx: Ctx, SignedIn(who): SignedIn) -> PageResult {
    let left = actions::codes_left(ctx.app(), &who).await?;
    Ok(ctx.page(CODES, views::renew_codes(ctx.csrf(), left, &[])))
}

pub(in super::super) async fn codes(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    Form(input): Form<Password>,
) -> PageResult {
    match actions::renew_codes(ctx.app(), &who, input.password).await {
        Ok(codes) => Ok(ctx.page(CODES, views::codes(&codes, false, &url::account()))),
        Err(AppError::Invalid(faults)) => {
            let left = actions::codes_left(ctx.app(), &who).await?;
            Ok(retry(&ctx, CODES, views::renew_codes(ctx.csrf(), left, &faults)))
        }
        Err(other) => Err(other.into()),
    }
}

pub(in super::super) async fn confirm_form(
    ctx: Ctx,
    _: Party,
    Query(query): Query<Next>,
) -> PageResult {
    Ok(ctx.page(CONFIRM, views::confirm(ctx.csrf(), query.next.as_deref(), &[])))
}

pub(in super::super) async fn confirm(
    ctx: Ctx,
    _: Party,
    request: HttpRequest,
    Form(input): Form<Confirm>,
) -> PageResult {
    match actions::confirm(ctx.app(), session(&ctx)?, input.password).await {
        Ok(session) => {
            let ctx = ctx.with_session(&request, Some(session));
            Ok(ctx.see_other(&page::destination(input.next.as_deref())))
        }
        Err(AppError::Invalid(faults)) => {
            Ok(retry(&ctx, CONFIRM, views::confirm(ctx.csrf(), input.next.as_deref(), &faults)))
        }
        Err(other) => Err(other.into()),
    }
}

fn session(ctx: &Ctx) -> Result<&Session, AppError> {
    ctx.session().ok_or(AppError::SignIn)
}
