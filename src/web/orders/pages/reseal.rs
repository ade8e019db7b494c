//! The pages by which a party asks for another address.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::policy::Act;
use domain::refusal::Fault;

use super::acts::Input;
use super::page;
use crate::error::AppError;
use crate::http::page::Ctx;
use crate::orders::actions::read::OrderView;
use crate::orders::actions::reseal;
use crate::orders::views::{confirm, order, reseal as views};

/// The form, where the act is possible.
pub(super) fn form(ctx: &Ctx, view: &OrderView, typed: &str, faults: &[Fault]) -> HttpResponse {
    if !view.may(Act::Reseal) {
        return page(ctx, view, Act::Reseal, (&confirm::Typed::default(), &[]));
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    ctx.page_as(status, &order::title(view), views::form(view, ctx.csrf(), typed, faults))
}

/// What is asked before it is done: a better address, or whether this one is right.
pub(super) fn ask_more(
    ctx: &Ctx,
    view: &OrderView,
    input: &Input,
) -> Result<Option<HttpResponse>, AppError> {
    match reseal::parse(view, &input.address) {
        Err(AppError::Invalid(faults)) => Ok(Some(form(ctx, view, &input.address, &faults))),
        Err(error) => Err(error),
        Ok(_) if input.sure => Ok(None),
        Ok(parsed) => {
            let body = views::sure(view, &parsed, ctx.csrf());
            Ok(Some(ctx.page(&order::title(view), body)))
        }
    }
}
