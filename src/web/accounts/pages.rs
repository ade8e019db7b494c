//! Pages of registration, login and recovery.

pub(super) mod profile;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use domain::refusal::{Fault, Faults};
use domain::user::Username;
use maud::Markup;

use super::forms::{Invited, Login, Next, Recover, Register, Theme};
use super::{actions, views};
use crate::error::{AppError, PageResult};
use crate::http::form::{Form, NoFields};
use crate::http::limits::address;
use crate::http::page::{self, Ctx};
use crate::http::query::Query;
use crate::ui::url::{self, Url};
use crate::ui::{self, Tone};

const REGISTER: &str = "Create an account";
const LOGIN: &str = "Sign in";
const RECOVER: &str = "New password by recovery code";

pub(super) async fn register_form(ctx: Ctx, Query(query): Query<Invited>) -> PageResult {
    if ctx.viewer().is_some() {
        return Ok(ctx.see_other(&url::account()));
    }
    let typed = ("", query.invite.as_str());
    Ok(ctx.page(REGISTER, views::register(ctx.csrf(), typed, query.next.as_deref(), &[])))
}

pub(super) async fn register(
    ctx: Ctx,
    request: HttpRequest,
    Form(input): Form<Register>,
) -> PageResult {
    if ctx.viewer().is_some() {
        return Ok(ctx.see_other(&url::account()));
    }
    let again = |faults: &[Fault]| {
        let typed = (input.username.as_str(), input.invite.as_str());
        views::register(ctx.csrf(), typed, input.next.as_deref(), faults)
    };
    let mut faults = Faults::default();
    let username = faults.take("username", Username::parse(&input.username));
    actions::checked_password(&mut faults, &input.password, &input.repeat, &input.username);
    let invite = match input.invite.trim() {
        "" => None,
        code => faults.take("invite", code.parse()),
    };
    let Some(username) = username.filter(|_| faults.is_empty()) else {
        return Ok(retry(&ctx, REGISTER, again(&faults.into_vec())));
    };
    let password = input.password.clone();
    let from = address(ctx.app(), &request);
    match actions::register(ctx.app(), username, password, (invite, &from)).await {
        Ok(new) => {
            let ctx = ctx.with_session(&request, Some(new.session));
            let next = page::destination(input.next.as_deref());
            Ok(ctx.page("Your recovery codes", views::codes(&new.codes, true, &next)))
        }
        Err(AppError::Invalid(faults)) => Ok(retry(&ctx, REGISTER, again(&faults))),
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn login_form(ctx: Ctx, Query(query): Query<Next>) -> PageResult {
    if ctx.viewer().is_some() {
        return Ok(ctx.see_other(&page::destination(query.next.as_deref())));
    }
    Ok(ctx.page(LOGIN, views::login(ctx.csrf(), "", query.next.as_deref(), &[])))
}

pub(super) async fn login(ctx: Ctx, request: HttpRequest, Form(input): Form<Login>) -> PageResult {
    let old = ctx.session().map(|session| session.token_hash.clone());
    let from = address(ctx.app(), &request);
    match actions::login(ctx.app(), &input.username, input.password, &from, old).await {
        Ok(session) => {
            let ctx = ctx.with_session(&request, Some(session));
            Ok(ctx.see_other(&page::destination(input.next.as_deref())))
        }
        Err(AppError::Invalid(faults)) => {
            let next = input.next.as_deref();
            Ok(retry(&ctx, LOGIN, views::login(ctx.csrf(), &input.username, next, &faults)))
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn logout(
    ctx: Ctx,
    request: HttpRequest,
    Form(NoFields {}): Form<NoFields>,
) -> PageResult {
    if let Some(session) = ctx.session() {
        actions::logout(ctx.app(), session.token_hash.clone()).await?;
    }
    let ctx = ctx.with_session(&request, None);
    let mut response = ctx.see_other(&url::home());
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

pub(super) async fn recover_form(ctx: Ctx) -> PageResult {
    Ok(ctx.page(RECOVER, views::recover(ctx.csrf(), "", "", &[])))
}

pub(super) async fn recover(
    ctx: Ctx,
    request: HttpRequest,
    Form(input): Form<Recover>,
) -> PageResult {
    let again = |faults: &[Fault]| views::recover(ctx.csrf(), &input.username, &input.code, faults);
    let mut faults = Faults::default();
    actions::checked_password(&mut faults, &input.password, &input.repeat, &input.username);
    if !faults.is_empty() {
        return Ok(retry(&ctx, RECOVER, again(&faults.into_vec())));
    }
    let (new, from) = (input.password.clone(), address(ctx.app(), &request));
    match actions::recover(ctx.app(), &input.username, &input.code, new, &from).await {
        Ok(()) => {
            ctx.flash(
                Tone::Success,
                "The password is changed, and every session was ended. Sign in with the new one.",
            );
            Ok(ctx.see_other(&url::login()))
        }
        Err(AppError::Invalid(faults)) => Ok(retry(&ctx, RECOVER, again(&faults))),
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn theme(ctx: Ctx, request: HttpRequest, Form(input): Form<Theme>) -> PageResult {
    ctx.choose_theme(ui::Theme::from_cookie(Some(&input.theme)));
    let back: Url = page::way_back(ctx.app(), &request).unwrap_or_else(url::home);
    Ok(ctx.see_other(&back))
}

/// The same form again, with what is wrong.
fn retry(ctx: &Ctx, title: &str, body: Markup) -> HttpResponse {
    ctx.page_as(StatusCode::UNPROCESSABLE_ENTITY, title, body)
}
