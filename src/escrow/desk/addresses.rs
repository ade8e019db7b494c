//! The address book: an address enters by a request and counts after a time by escrow's clock.

use db::addresses::Purpose;
use db::desk::NewEntry;
use db::inbox::{self, AddressRequestRow};
use db::{EscrowTx, desk, ledger, staff};
use domain::EvmAddress;
use domain::clock::Span;
use domain::ids::AddressRequestId;
use domain::limits;
use verify::consent::is_proven;

use super::consents;
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
        Ok((id, purpose, address)) => enter(ctx, id, purpose, address),
        Err(why) => {
            let shown: String = id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
            let message = format!("the address request {shown} is refused: {why}");
            ctx.alarm("address", None, message)?;
            Ok(false)
        }
    }
}

fn read(row: &AddressRequestRow) -> Result<(AddressRequestId, Purpose, EvmAddress), &'static str> {
    let id = row.id.parse().map_err(|_bad| "its id is none")?;
    let kind = (row.owner_kind.as_str(), row.purpose.as_str(), row.family.as_str());
    let (purpose, address) = match kind {
        ("store", "payout", "evm") => {
            let store = row.owner_id.parse().map_err(|_bad| "its store is none")?;
            let address = EvmAddress::parse_payee(&row.address)
                .map_err(|_bad| "it is not an address to pay to")?;
            (Purpose::Payout(store), address)
        }
        ("user", "referral", "evm") => {
            let user = row.owner_id.parse().map_err(|_bad| "its account is none")?;
            let address = EvmAddress::parse_payee(&row.address)
                .map_err(|_bad| "it is not an address to pay to")?;
            (Purpose::Referral(user), address)
        }
        ("user", "signer", "evm") => {
            let user = row.owner_id.parse().map_err(|_bad| "its account is none")?;
            (Purpose::Signer(user), signer(row)?)
        }
        _ => return Err("it is of another kind"),
    };
    if address.to_string() != row.address {
        return Err("it is not in its checksummed form");
    }
    Ok((id, purpose, address))
}

/// The wallet of a signer, which must have signed for this account and this request; the zero
/// address, which takes the wallet away, signs nothing.
fn signer(row: &AddressRequestRow) -> Result<EvmAddress, &'static str> {
    let wallet: EvmAddress = row.address.parse().map_err(|_bad| "it is not an address")?;
    let proof = row.proof.as_deref().unwrap_or_default();
    if wallet.is_zero() || is_proven(wallet, (&row.owner_id, &row.id), proof) {
        Ok(wallet)
    } else {
        Err("the wallet has not signed it")
    }
}

/// The first address of an owner and purpose counts at once, a later one after the cooldown.
fn enter(
    ctx: &Ctx,
    request: AddressRequestId,
    purpose: Purpose,
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
            if desk::is_known(tx, purpose)? { limits::ADDRESS_COOLDOWN } else { Span::secs(0) };
        let entry =
            NewEntry { purpose, address, request, seen_at: now, counts_from: now.after(wait) };
        desk::enter(tx, &entry)?;
        alarm_of_staff(tx, &entry)?;
        Ok(true)
    })?;
    Ok(entered.unwrap_or_default())
}

/// Where rulings have to be signed, the operator hears of the wallets by which that is done, before
/// they count.
fn alarm_of_staff(tx: &mut EscrowTx<'_>, entry: &NewEntry) -> Result<(), Fault> {
    let Purpose::Signer(user) = entry.purpose else { return Ok(()) };
    if consents::are_signed(tx)? && staff::is_appointed(tx, user)? {
        let address = entry.address;
        let message = format!("{user}, who is staff, signs rulings by {address} in two days");
        crate::ctx::alarm(tx, "staff", None, &message, entry.seen_at)?;
    }
    Ok(())
}
