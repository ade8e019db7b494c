//! Another address than the sealed one: a party asks for it, or takes that back while it waits.

use db::codec;
use db::reseals::{self, RequestRow};
use domain::EvmAddress;
use domain::intent::ActorRole;
use domain::policy::Act;
use domain::refusal::{BadText, Refusal};

use super::act::Acting;
use super::read::OrderView;
use crate::error::AppError;

/// Reads an address that somebody wants to be paid to instead of the sealed one.
pub fn parse(view: &OrderView, text: &str) -> Result<EvmAddress, AppError> {
    let address = EvmAddress::parse_payee(text.trim())
        .map_err(|error| AppError::fault("address", BadText::from(error)))?;
    if view.own_address() == Some(address) {
        return Err(AppError::fault("address", "This is the address that is sealed already."));
    }
    Ok(address)
}

/// Asks escrow to seal the order anew with another address for the caller's side.
pub(super) async fn ask(at: Acting<'_>, address: &str) -> Result<(), AppError> {
    let party = at.permit(Act::Reseal)?;
    let address = parse(at.view, address)?;
    write(at, party, (reseals::ASK, address.to_string())).await
}

/// Takes the wish back.
pub(super) async fn keep(at: Acting<'_>) -> Result<(), AppError> {
    let party = at.permit(Act::KeepAddress)?;
    write(at, party, (reseals::WITHDRAW, String::new())).await
}

async fn write(
    at: Acting<'_>,
    party: ActorRole,
    (step, address): (&str, String),
) -> Result<(), AppError> {
    let row = RequestRow {
        order_id: at.view.id.to_string(),
        party: party.to_string(),
        step: step.to_owned(),
        address,
        actor_id: at.who.id.to_string(),
        request_id: at.request_id.to_owned(),
        created_at: codec::stamp(at.app.now()),
    };
    at.write("reseal", Refusal::ResealAsked, move |tx| Ok(reseals::request(tx, &row)?)).await
}
