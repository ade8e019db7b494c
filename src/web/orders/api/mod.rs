//! Orders over JSON: the same acts as on the pages, by API key.

pub mod acts;
pub mod at;
pub mod input;
pub mod json;
pub mod legs;
pub mod money;
pub mod quote;
pub mod reseal;
pub mod sealed;
pub mod shares;

use actix_web::http::{Method, header};
use actix_web::web::{Bytes, ReqData};
use actix_web::{HttpRequest, HttpResponse};
use db::orders::Board;
use db::story::EventRow;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::ids::OrderId;
use domain::intent::IntentAction;
use domain::item;
use domain::money::Cents;
use domain::refusal::{BadText, Faults};
use domain::text;
use serde::Deserialize;

use self::at::At;
use self::input::{NewDispute, NewOrder, NewQuote, NewShipment, WishLine};
use self::json::{EventJson, Events, OrderBrief, OrderJson};
use self::quote::QuoteJson;
use self::sealed::{NewConsent, WantedJson};
use super::actions::act::Deed;
use super::actions::ask::Asking;
use super::actions::board;
use super::actions::follow::follow;
use super::actions::place::{self, LINES_MAX, PlaceOrder, Wish};
use super::actions::read;
use super::consent::{self, Plan};
use crate::error::{ApiResult, AppError};
use crate::http::RequestId;
use crate::http::api;
use crate::http::idempotency::{self, Idempotent, Ticket};
use crate::http::json::{Json, MaybeJson};
use crate::http::paging::{Cursor, PageJson};
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::sse;
use crate::http::viewer::{Account, ApiCaller};
use crate::state::State;

/// OpenAPI of orders.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    quote,
    create,
    list,
    show,
    events,
    terms,
    cancel,
    wanted,
    confirm_receipt,
    refund,
    extend,
    resume,
    ship,
    dispute,
    reseal::ask,
    reseal::keep
))]
pub struct Doc;

/// What a purchase would cost in each coin and token. Places nothing.
#[utoipa::path(post, path = "/api/v1/quotes", tag = "orders", request_body = NewQuote, security(("key" = [])),
    responses((status = 200, body = QuoteJson), (status = 409, description = "Not on sale"), (status = 422)))]
pub async fn quote(app: State, caller: ApiCaller, body: Json<NewQuote>) -> ApiResult {
    let mut faults = Faults::default();
    let wish = wish(&body.0.lines, &mut faults).ok_or_else(|| AppError::invalid(faults))?;
    let checkout = place::checkout(&app, &caller.account, wish).await?;
    Ok(api::ok(&QuoteJson::from(&checkout)))
}

/// Places an order. With an `Idempotency-Key`, sending it again answers with the first order.
#[utoipa::path(post, path = "/api/v1/orders", tag = "orders", request_body = NewOrder, security(("key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters")),
    responses((status = 201, body = OrderJson), (status = 409), (status = 422), (status = 503)))]
pub async fn create(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    body: Idempotent<NewOrder>,
) -> ApiResult {
    let who = caller.write()?;
    let command = command(who, body.body, body.ticket, request.0.to_string())?;
    let placed = place::place(&app, who, command).await?;
    let view = read::view(&app, who, placed.order).await?;
    let answer = api::created(&format!("/api/v1/orders/{}", placed.order), &OrderJson::from(&view));
    Ok(if placed.replayed { idempotency::replayed(answer) } else { answer })
}

fn command(
    who: &Account,
    input: NewOrder,
    ticket: Option<Ticket>,
    request_id: String,
) -> Result<PlaceOrder, AppError> {
    let mut faults = Faults::default();
    let wish = wish(&input.lines, &mut faults);
    let rate = input.rate_id.as_deref().map(str::parse).transpose();
    let rate = faults.take(
        "rate_id",
        rate.ok().ok_or(BadText::Form("A rate is named by 32 hexadecimal digits.")),
    );
    let token = input.token_address.as_deref().map(EvmAddress::parse_payee).transpose();
    let token = faults.take("token_address", token);
    let refund = match &input.refund_address {
        Some(text) => faults.take("refund_address", EvmAddress::parse_payee(text)),
        None => {
            let missing = BadText::Form("Give a refund address here or in the profile.");
            faults.take("refund_address", who.refund_address.ok_or(missing))
        }
    };
    let delivery =
        input.delivery_address.as_deref().map(|given| text::paragraphs(given, 500)).transpose();
    let delivery = faults.take("delivery_address", delivery);
    match (wish, token, rate, refund, delivery) {
        (Some(wish), Some(token), Some(rate), Some(refund), Some(delivery)) => Ok(PlaceOrder {
            wish,
            pay: (ChainId::from(input.chain_id), token),
            rate,
            most: input.max_total_cents.map(|most| Cents::new(most).unwrap_or(Cents::MAX)),
            refund,
            delivery,
            ticket,
            request_id,
        }),
        _ => Err(AppError::invalid(faults)),
    }
}

fn wish(lines: &[WishLine], faults: &mut Faults) -> Option<Wish> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        faults.note("lines", format!("Between 1 and {LINES_MAX} lines, please."));
        return None;
    }
    let parsed: Option<Vec<_>> = lines
        .iter()
        .map(|line| {
            let id = line
                .package_id
                .parse()
                .ok()
                .ok_or(BadText::Form("A package is named by 32 hexadecimal digits."));
            let package = faults.take("lines.package_id", id);
            let quantity =
                faults.take("lines.quantity", item::parse_quantity(&line.quantity.to_string()));
            package.zip(quantity)
        })
        .collect();
    parsed.map(|lines| Wish { lines })
}

/// Which orders to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    store: Option<String>,
    cursor: Option<String>,
}

/// Orders of the caller, or of one of his stores; newest first.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders", security(("key" = [])),
    params(("store" = Option<String>, Query, description = "A store of the caller's; without it his purchases"),
        ("cursor" = Option<String>, Query, description = "From `next_cursor`")),
    responses((status = 200, body = PageJson<OrderBrief>)))]
pub async fn list(app: State, caller: ApiCaller, query: Query<ListQuery>) -> ApiResult {
    let board = match &query.0.store {
        Some(store) => Board::Store(store.parse().ok().ok_or(AppError::NotFound)?),
        None => Board::Buyer(caller.account.id),
    };
    let before = match &query.0.cursor {
        Some(text) => {
            let cursor: Cursor = text.parse()?;
            let id: OrderId = cursor.id.parse().ok().ok_or(AppError::NotFound)?;
            Some((cursor.at, id))
        }
        None => None,
    };
    let (rows, next) = board::board(&app, &caller.account, board, before).await?;
    let next = next.map(|(at, id)| Cursor { at, id: id.to_string() });
    Ok(api::ok(&PageJson::new(rows.iter().map(OrderBrief::from).collect(), next)))
}

/// One order with everything that is known about it.
#[utoipa::path(get, path = "/api/v1/orders/{id}", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 200, body = OrderJson), (status = 404)))]
pub async fn show(app: State, caller: ApiCaller, id: Id<OrderId>) -> ApiResult {
    Ok(api::ok(&OrderJson::from(&read::shown(&app, &caller.account, id.0).await?)))
}

/// The payment stream of an order, oldest first. With `Accept: text/event-stream` it goes on: each
/// event is sent as it happens, with its `seq` as id, until `event: end` says that the order has come
/// to its end. `Last-Event-ID` goes on after that event; 204 says that there is nothing more to come.
#[utoipa::path(get, path = "/api/v1/orders/{id}/events", tag = "orders", security(("key" = [])),
    params(("id" = String, Path),
        ("Last-Event-ID" = Option<i32>, Header, description = "The last event that the client has")),
    responses(
        (status = 200, content((Events = "application/json"), (String = "text/event-stream"))),
        (status = 204, description = "The stream has come to its end"), (status = 404),
        (status = 429, description = "Eight streams are open for the account"), (status = 503)))]
pub async fn events(
    app: State,
    caller: ApiCaller,
    id: Id<OrderId>,
    request: HttpRequest,
) -> ApiResult {
    if sse::wanted(request.headers()) && *request.method() == Method::GET {
        let after = sse::last_event(request.headers());
        let lines = follow(&app, &caller.account, id.0, after, told).await?;
        return Ok(lines.map_or_else(sse::over, sse::answer));
    }
    let view = read::view(&app, &caller.account, id.0).await?;
    Ok(api::ok(&Events { events: view.events.iter().map(EventJson::from).collect() }))
}

fn told(row: &EventRow) -> Bytes {
    sse::event(Some(row.seq), &row.kind, &EventJson::from(row))
}

/// The sealed terms with this site's signature, as the text that `holdfast verify-terms` checks.
#[utoipa::path(get, path = "/api/v1/orders/{id}/terms", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 404, description = "No such order, or escrow has not sealed it yet")))]
pub async fn terms(app: State, caller: ApiCaller, id: Id<OrderId>) -> ApiResult {
    let view = read::view(&app, &caller.account, id.0).await?;
    let text = view.signed_text().ok_or(AppError::NotFound)?;
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    Ok(HttpResponse::Ok().insert_header(kind).body(text))
}

/// Calls off an unpaid order (buyer, staff).
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn cancel(at: At) -> ApiResult {
    at.does(Deed::ask(IntentAction::Cancel)).await
}

/// What the buyer's wallet has to sign for a confirmation of receipt, where the order wants that.
#[utoipa::path(get, path = "/api/v1/orders/{id}/confirm-receipt", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 200, body = WantedJson), (status = 404)))]
pub async fn wanted(app: State, caller: ApiCaller, id: Id<OrderId>) -> ApiResult {
    let view = read::view(&app, &caller.account, id.0).await?;
    let wanted = consent::wanted(&view, Plan::ask(IntentAction::Release, None), app.now());
    Ok(api::ok(&WantedJson::from(wanted)))
}

/// Received: pays the vendor (buyer). Where the order is sealed with a wallet, its signature goes
/// along; what to sign is told by GET of the same address.
#[utoipa::path(post, path = "/api/v1/orders/{id}/confirm-receipt", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), request_body(content = Option<NewConsent>),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn confirm_receipt(at: At, body: MaybeJson<NewConsent>) -> ApiResult {
    let consent = body.0.unwrap_or_default().given();
    let asking = Asking { action: IntentAction::Release, about: None, consent };
    at.does(Deed::Ask(asking)).await
}

/// Pays the buyer back in full (vendor; the buyer where it was not sent in time).
#[utoipa::path(post, path = "/api/v1/orders/{id}/refund", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn refund(at: At) -> ApiResult {
    at.does(Deed::ask(IntentAction::Refund)).await
}

/// Takes seven days more to look at what came, once (buyer).
#[utoipa::path(post, path = "/api/v1/orders/{id}/extend", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn extend(at: At) -> ApiResult {
    at.does(Deed::ask(IntentAction::Extend)).await
}

/// Takes a late dispatch after all; the order goes on (buyer).
#[utoipa::path(post, path = "/api/v1/orders/{id}/resume", tag = "orders", security(("key" = [])),
    params(("id" = String, Path)), responses((status = 202, body = OrderJson), (status = 404), (status = 409)))]
pub async fn resume(at: At) -> ApiResult {
    at.does(Deed::ask(IntentAction::Resume)).await
}

/// Marks an order as sent (vendor).
#[utoipa::path(post, path = "/api/v1/orders/{id}/ship", tag = "orders", request_body = NewShipment,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn ship(at: At, body: Json<NewShipment>) -> ApiResult {
    at.does(Deed::Ship(body.0.note)).await
}

/// Opens a dispute (buyer, vendor). The money is frozen once escrow confirms it.
#[utoipa::path(post, path = "/api/v1/orders/{id}/dispute", tag = "orders", request_body = NewDispute,
    security(("key" = [])), params(("id" = String, Path)),
    responses((status = 202, body = OrderJson), (status = 404), (status = 409), (status = 422)))]
pub async fn dispute(at: At, body: Json<NewDispute>) -> ApiResult {
    at.does(Deed::Dispute(body.0.reason, body.0.statement)).await
}
