//! Another address than the sealed one: a party asks for it, or takes that back while it waits.

use db::reseals::{self, RequestRow};
use db::{DbError, codec};
use domain::EvmAddress;
use domain::ids::OrderId;
use domain::intent::ActorRole;
use domain::policy::Act;
use domain::refusal::Refusal;

use crate::error::AppError;
use crate::http::viewer::Account;
use crate::orders::actions::act::permit;
use crate::orders::actions::read::{self, OrderView};
use crate::state::App;

/// Reads an address that somebody wants to be paid to instead of the sealed one.
pub fn parse(view: &OrderView, text: &str) -> Result<EvmAddress, AppError> {
    let address = EvmAddress::parse_payee(text.trim())
        .map_err(|error| AppError::fault("address", domain::refusal::BadText::from(error)))?;
    if view.own_address() == Some(address) {
        return Err(AppError::fault("address", "This is the address that is sealed already."));
    }
    Ok(address)
}

/// Asks escrow to seal the order anew with another address for the caller's side. The caller has
/// typed the password just now.
pub async fn ask(
    app: &App,
    who: &Account,
    id: OrderId,
    address: &str,
    request_id: &str,
) -> Result<OrderView, AppError> {
    let view = read::view(app, who, id).await?;
    let party = permit(&view, Act::Reseal)?;
    let address = parse(&view, address)?;
    write(app, who, (id, party), (reseals::ASK, address.to_string()), request_id).await
}

/// Takes the wish back.
pub async fn keep(
    app: &App,
    who: &Account,
    id: OrderId,
    request_id: &str,
) -> Result<OrderView, AppError> {
    let view = read::view(app, who, id).await?;
    let party = permit(&view, Act::KeepAddress)?;
    write(app, who, (id, party), (reseals::WITHDRAW, String::new()), request_id).await
}

async fn write(
    app: &App,
    who: &Account,
    (id, party): (OrderId, ActorRole),
    (step, address): (&str, String),
    request_id: &str,
) -> Result<OrderView, AppError> {
    let row = RequestRow {
        order_id: id.to_string(),
        party: party.to_string(),
        step: step.to_owned(),
        address,
        actor_id: who.id.to_string(),
        request_id: request_id.to_owned(),
        created_at: codec::stamp(app.now()),
    };
    let written: Result<(), DbError> =
        app.write("reseal", move |tx| reseals::request(tx, &row)).await;
    match written {
        Err(DbError::Unique(_)) => Err(Refusal::ResealAsked.into()),
        written => {
            written?;
            read::view(app, who, id).await
        }
    }
}
