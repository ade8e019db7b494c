//! The address book: an address enters by a request and counts after a time by escrow's clock.

use db::desk::NewEntry;
use db::inbox::{self, AddressRequestRow};
use db::{desk, ledger};
use domain::EvmAddress;
use domain::clock::Span;
use domain::ids::{AddressRequestId, StoreId};
use domain::limits;

use crate::ctx::Ctx;
use crate::fault::Fault;

/// Requests in one round.
const ROUND: i64 = 200;

/// Enters the addresses that were asked for. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    ctx.walk("addresses", ROUND, inbox::address_requests, |id| {
        ctx.contain("addresses", None, take_up(ctx, &id))
    })
}

fn take_up(ctx: &Ctx, id: &str) -> Result<bool, Fault> {
    let request = ctx.db.read(|conn| inbox::address_request(conn, id))?;
    match request.as_ref().ok_or("it is too large").and_then(read) {
        Ok((id, store, address)) => enter(ctx, id, store, address),
        Err(why) => {
            let shown: String = id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
            let message = format!("the address request {shown} is refused: {why}");
            ctx.alarm("address", None, message)?;
            Ok(false)
        }
    }
}

fn read(row: &AddressRequestRow) -> Result<(AddressRequestId, StoreId, EvmAddress), &'static str> {
    let kind = (row.owner_kind.as_str(), row.purpose.as_str(), row.family.as_str());
    if kind != ("store", "payout", "evm") {
        return Err("it is of another kind");
    }
    let id = row.id.parse().map_err(|_bad| "its id is none")?;
    let store = row.owner_id.parse().map_err(|_bad| "its store is none")?;
    let address =
        EvmAddress::parse_payee(&row.address).map_err(|_bad| "it is not an address to pay to")?;
    if address.to_string() != row.address {
        return Err("it is not in its checksummed form");
    }
    Ok((id, store, address))
}

/// The first address of a store counts at once, a later one after the cooldown.
fn enter(
    ctx: &Ctx,
    request: AddressRequestId,
    store: StoreId,
    address: EvmAddress,
) -> Result<bool, Fault> {
    let now = ctx.now();
    let entered = ctx.write("address-book", move |tx| {
        if ledger::derivation_of(tx, address)?.is_some() {
            let message = format!("{address} is escrow's own and enters no address book");
            crate::ctx::alarm(tx, "address", None, &message, now)?;
            return Ok(false);
        }
        let wait =
            if desk::is_known(tx, store)? { limits::ADDRESS_COOLDOWN } else { Span::secs(0) };
        let entry =
            NewEntry { store, address, request, seen_at: now, counts_from: now.after(wait) };
        desk::enter(tx, &entry)?;
        Ok(true)
    })?;
    Ok(entered.unwrap_or_default())
}
