//! The bound on what leaves a chain within a day.

use db::{EscrowTx, clamps};
use domain::clamps::Bound;
use domain::clock::{Span, Time};
use domain::money::{Amount, Cents};
use domain::seal::Terms;

use crate::ctx;
use crate::fault::Fault;

const DAY: Span = Span::hours(24);

/// Whether a payout fits into what may leave a chain within a day; else the operator is told, and it
/// waits until enough of the day has gone by, or for him to allow more.
pub(super) fn fits_day(
    tx: &mut EscrowTx<'_>,
    (sealed, available): (&Terms, Amount),
    now: Time,
) -> Result<bool, Fault> {
    let most = clamps::all(tx)?.get(Bound::Day);
    let before = clamps::paid_after(tx, sealed.chain, now.before(DAY))?;
    if before.saturating_add(worth(sealed, available)) <= most {
        return Ok(true);
    }
    let why = "more would leave the chain than may within a day (day-cents); the payout waits";
    ctx::alarm(tx, "cap", Some(sealed.order), why, now)?;
    Ok(false)
}

/// What a sum is worth in US cents by the rate of its order; more than any sum where that is beyond all.
pub(super) fn worth(sealed: &Terms, available: Amount) -> u64 {
    let cents = sealed.usd.cents_of(available, sealed.asset().decimals);
    cents.map_or(Cents::MAX.get(), Cents::get)
}
