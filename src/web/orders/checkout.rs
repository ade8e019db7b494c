//! Checkout: the form, and the order that comes of it.

use actix_web::http::StatusCode;
use domain::EvmAddress;
use domain::ids::PackageId;
use domain::item;
use domain::money::Cents;
use domain::refusal::{BadText, Fault, Faults};
use domain::text;
use serde::Deserialize;

use super::actions::place::{self, PlaceOrder, Wish};
use super::views::checkout as view;
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::idempotency::Ticket;
use crate::http::page::Ctx;
use crate::http::query::Query;
use crate::http::viewer::{Account, SignedIn};
use crate::state::State;
use crate::ui::{Tone, url};

/// What the item page sends.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    package: String,
    #[serde(default)]
    quantity: String,
}

/// `GET /checkout?package=…&quantity=…`
pub async fn show(app: State, ctx: Ctx, who: SignedIn, query: Query<Chosen>) -> PageResult {
    let quantity = match query.0.quantity.as_str() {
        "" => Ok(1),
        text => item::parse_quantity(text),
    };
    let (quantity, faults) = match quantity {
        Ok(quantity) => (quantity, Vec::new()),
        Err(error) => (1, vec![Fault::new("quantity", error)]),
    };
    let key = domain::seal::hex(&app.random::<16>());
    let refund = who.0.refund_address.map(|address| address.to_string()).unwrap_or_default();
    let input = Input {
        form: key,
        package: query.0.package,
        quantity: quantity.to_string(),
        shown: String::new(),
        pay: String::new(),
        refund_address: refund,
        delivery: String::new(),
    };
    render(&app, &ctx, &who.0, &input, (StatusCode::OK, &faults)).await
}

/// What the checkout form sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    form: String,
    package: String,
    quantity: String,
    /// Cents that the page showed as the sum.
    #[serde(default)]
    shown: String,
    pay: String,
    refund_address: String,
    #[serde(default)]
    delivery: String,
}

/// `POST /orders`
pub async fn place(app: State, ctx: Ctx, who: SignedIn, form: Form<Input>) -> PageResult {
    let input = form.0;
    let placed = match command(&input, ctx.request_id()) {
        Ok(command) => place::place(&app, &who.0, command).await,
        Err(faults) => Err(AppError::Invalid(faults)),
    };
    match placed {
        Ok(placed) => {
            if !placed.replayed {
                ctx.flash(
                    Tone::Success,
                    "Your order is placed. Pay it to its own escrow address below.",
                );
            }
            Ok(ctx.see_other(&url::order(placed.order)))
        }
        Err(AppError::Invalid(faults)) => {
            render(&app, &ctx, &who.0, &input, (StatusCode::UNPROCESSABLE_ENTITY, &faults)).await
        }
        Err(AppError::Conflict("price-changed", sentence)) => {
            let faults = [Fault::new("pay", sentence)];
            render(&app, &ctx, &who.0, &input, (StatusCode::CONFLICT, &faults)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn command(input: &Input, request_id: &str) -> Result<PlaceOrder, Vec<Fault>> {
    let mut faults = Faults::default();
    let package = faults.take("package", input.package.parse::<PackageId>());
    let quantity = faults.take("quantity", item::parse_quantity(&input.quantity));
    let pay = view::read_word(&input.pay).ok_or(BadText::Form("Please choose how to pay."));
    let pay = faults.take("pay", pay);
    let refund = faults.take("refund_address", EvmAddress::parse_payee(&input.refund_address));
    let delivery = match text::paragraphs(&input.delivery, 500) {
        Err(BadText::Empty) => Some(None),
        parsed => faults.take("delivery", parsed).map(Some),
    };
    match (package, quantity, pay, refund, delivery) {
        (Some(package), Some(quantity), Some((pay, rate)), Some(refund), Some(delivery)) => {
            Ok(PlaceOrder {
                wish: Wish { lines: vec![(package, quantity)] },
                pay,
                rate,
                most: input.shown.parse().ok().and_then(Cents::new),
                refund,
                delivery,
                ticket: Some(Ticket::of_form(&[
                    &input.form,
                    &input.package,
                    &input.quantity,
                    &input.shown,
                    &input.pay,
                    &input.refund_address,
                    &input.delivery,
                ])),
                request_id: request_id.to_owned(),
            })
        }
        _ => Err(faults.into_vec()),
    }
}

async fn render(
    app: &State,
    ctx: &Ctx,
    who: &Account,
    input: &Input,
    (status, faults): (StatusCode, &[Fault]),
) -> PageResult {
    let package = input.package.parse::<PackageId>().ok().ok_or(AppError::NotFound)?;
    let quantity = item::parse_quantity(&input.quantity).unwrap_or(1);
    let checkout = place::checkout(app, who, Wish { lines: vec![(package, quantity)] }).await?;
    let carried =
        view::Carried { csrf: ctx.csrf(), key: &input.form, package: &input.package, quantity };
    let typed =
        view::Typed { pay: &input.pay, refund: &input.refund_address, delivery: &input.delivery };
    Ok(ctx.page_as(status, "Checkout", view::page(&checkout, &carried, &typed, faults)))
}
