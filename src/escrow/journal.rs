//! What goes into the books, each in the write of what it books; and the same once more from
//! deposits, payouts and receipts, which is what the books must say.

use std::collections::BTreeMap;

use db::journal::{self, Entry};
use db::ledger::State;
use db::payouts::{self, Leg, Payout, PayoutState};
use db::proofs::{self, Proven, Receipt};
use db::tokens::{self, Stray};
use db::top_ups::{self, TopUp, TopUpState};
use db::{Conn, DbError, EscrowTx, deposits, ledger};
use domain::asset::Asset;
use domain::books::{self, Account, Carried, Line};
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::hex;
use domain::settle::LegRole;

use crate::ctx::Ctx;
use crate::fault::Fault;

/// Orders that are looked at together for being older than the books.
const ROUND: i64 = 2_000;
/// How entries begin that book a change of a payout.
const CHANGE: &str = "change";
/// How entries begin that book a stray.
pub(crate) const STRAY: &str = "stray";

fn of_deposit(asset: Asset, (seq, amount): (i32, Amount), at: Time) -> Entry {
    Entry { books: format!("deposit {seq}"), lines: books::deposit(asset, amount), at }
}

fn of_payout(
    from: (Account, Asset),
    payout: &Payout,
    legs: impl IntoIterator<Item = (LegRole, Amount)>,
    at: Time,
) -> Entry {
    let lines = books::payout(from, legs, payout.fee_reserve);
    Entry { books: format!("payout {}", payout.case), lines, at }
}

fn of_receipt(asset: Asset, proven: &Proven, at: Time) -> Entry {
    let Proven { case, leg, role, amount, fee, succeeded, own_gas, .. } = *proven;
    let books = format!("receipt {case}.{leg} {}", hex(&proven.tx_hash));
    let lines = books::receipt(&Carried { asset, role, amount, fee, succeeded, own_gas });
    Entry { books, lines, at }
}

/// Coin that came for the gas of a payout's transfers; none where it is not settled, or no chain tx of
/// it is known.
fn of_top_up(top_up: &TopUp, at: Time) -> Option<Entry> {
    let ((_, fee), hash) = top_up.settled.zip(top_up.tx_hash)?;
    let came = top_up.state == TopUpState::Final;
    let amount = if came { top_up.amount } else { Amount::ZERO };
    let lines = books::top_up(Asset::native_of(top_up.chain), amount, fee);
    let books = format!("top-up {}.{} {}", top_up.case, top_up.n, hex(&hash));
    Some(Entry { books, lines, at })
}

/// What a payout that is done left of its reserve, and of the coin that came for its transfers.
fn of_leftover(
    asset: Asset,
    payout: &Payout,
    (proven, top_ups): (&[Proven], &[TopUp]),
    at: Time,
) -> Result<Entry, DbError> {
    let too_large = || db::codec::corrupt("receipts", "the sum is too large");
    let own = proven.iter().filter(|one| one.case == payout.case && one.own_gas);
    let fees = Amount::sum(own.map(|one| one.fee)).ok_or_else(too_large)?;
    let lines = if asset.token.is_none() {
        books::leftover(asset, payout.fee_reserve, fees)
    } else {
        let came = top_ups
            .iter()
            .filter(|one| one.case == payout.case && one.state == TopUpState::Final)
            .map(|one| one.amount);
        let came = Amount::sum(came).ok_or_else(too_large)?;
        let mut lines = books::leftover(asset, payout.fee_reserve, Amount::ZERO);
        lines.extend(books::leftover(Asset::native_of(asset.chain), came, fees));
        lines
    };
    Ok(Entry { books: format!("leftover {}", payout.case), lines, at })
}

fn of_stray((before, stray): (Amount, &Stray)) -> Entry {
    let what = stray.asset.token.map_or_else(|| "coin".to_owned(), |token| token.to_string());
    Entry {
        books: format!(
            "{STRAY} {what} on {} at block {}",
            stray.asset.chain.get(),
            stray.block_number
        ),
        lines: books::stray(stray.asset, before, stray.amount),
        at: stray.seen_at,
    }
}

/// Books final money that came in.
pub(crate) fn deposit(
    tx: &mut EscrowTx<'_>,
    state: &State,
    deposit: (i32, Amount),
    now: Time,
) -> Result<(), Fault> {
    Ok(journal::post(tx, state.order, &of_deposit(state.asset, deposit, now))?)
}

/// Out of which account money in an asset is divided.
fn source(state: &State, asset: Asset) -> (Account, Asset) {
    (if asset.is(&state.asset) { Account::Escrow } else { Account::Stray }, asset)
}

/// Books a payout as it is planned.
pub(crate) fn payout(
    tx: &mut EscrowTx<'_>,
    state: &State,
    (payout, legs): (&Payout, &[Leg]),
    now: Time,
) -> Result<(), Fault> {
    let Some(first) = legs.first() else { return Ok(()) };
    let parts = legs.iter().map(|leg| (leg.role, leg.amount));
    let from = source(state, first.asset);
    Ok(journal::post(tx, payout.order, &of_payout(from, payout, parts, now))?)
}

/// Books that legs of a payout are paid anew, less what that takes.
pub(crate) fn change(
    tx: &mut EscrowTx<'_>,
    (payout, asset): (&Payout, Asset),
    dearer: impl IntoIterator<Item = (LegRole, Amount)>,
    now: Time,
) -> Result<(), Fault> {
    // A payout changes when it goes on, so not twice at one moment.
    let books = format!("{CHANGE} {} at {}", payout.case, now.as_micros());
    let entry = Entry { books, lines: books::change(asset, dearer), at: now };
    if entry.lines.is_empty() {
        return Ok(());
    }
    Ok(journal::post(tx, payout.order, &entry)?)
}

/// The lines of an order's entries by what they book, each change taken into the payout that it is of,
/// as the ledger has it.
pub(crate) fn settled(entries: &[Entry]) -> BTreeMap<String, Vec<Line>> {
    let mut all: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for entry in entries {
        let of = entry.books.strip_prefix(CHANGE).and_then(|rest| rest.trim().split(' ').next());
        let plan = of.and_then(|case| all.get_mut(&format!("payout {case}")));
        match plan.and_then(|plan| Some((books::changed(plan, &entry.lines)?, plan))) {
            Some((after, plan)) => *plan = after,
            None => {
                all.insert(entry.books.clone(), entry.lines.clone());
            }
        }
    }
    for lines in all.values_mut() {
        lines.sort_by_key(|line| (line.from, line.to));
    }
    all
}

/// Books the receipt of a leg.
pub(crate) fn receipt(
    tx: &mut EscrowTx<'_>,
    (leg, receipt): (&Leg, &Receipt),
    now: Time,
) -> Result<(), Fault> {
    let proven = Proven {
        case: leg.case,
        leg: leg.leg,
        role: leg.role,
        amount: leg.amount,
        tx_hash: receipt.tx_hash,
        fee: receipt.fee_paid,
        succeeded: receipt.succeeded,
        own_gas: leg.is_own(),
    };
    Ok(journal::post(tx, leg.order, &of_receipt(leg.asset, &proven, now))?)
}

/// Books coin that came for the gas of transfers, and what sending it cost.
pub(crate) fn top_up(tx: &mut EscrowTx<'_>, top_up: &TopUp, now: Time) -> Result<(), Fault> {
    if let Some(entry) = of_top_up(top_up, now) {
        journal::post(tx, top_up.order, &entry)?;
    }
    Ok(())
}

/// Books what a payout that is done left of its reserve.
pub(crate) fn leftover(
    tx: &mut EscrowTx<'_>,
    (payout, asset): (&Payout, Asset),
    now: Time,
) -> Result<(), Fault> {
    let proven = proofs::of_order(tx, payout.order)?;
    let top_ups = top_ups::of_order(tx, payout.order)?;
    let entry = of_leftover(asset, payout, (&proven, &top_ups), now)?;
    Ok(journal::post(tx, payout.order, &entry)?)
}

/// Books that what strayed to an address has become more or less.
pub(crate) fn stray(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    change: (Amount, &Stray),
) -> Result<(), Fault> {
    Ok(journal::post(tx, order, &of_stray(change))?)
}

/// What the books must say of an order, strays apart, by what else the ledger holds of it.
pub(crate) fn expected(conn: &mut Conn, state: &State) -> Result<Vec<Entry>, DbError> {
    let (order, asset, at) = (state.order, state.asset, state.updated_at);
    let came = deposits::numbered(conn, order)?;
    let mut all: Vec<Entry> = came.into_iter().map(|one| of_deposit(asset, one, at)).collect();
    let proven = proofs::of_order(conn, order)?;
    let top_ups = top_ups::of_order(conn, order)?;
    all.extend(top_ups.iter().filter_map(|one| of_top_up(one, at)));
    for payout in payouts::of_order(conn, order)? {
        let legs = payouts::legs_of(conn, order, payout.case)?;
        // Of a leg that failed and was paid anew the last one counts.
        let counts = |leg: &&Leg| !legs.iter().any(|l| l.role == leg.role && l.leg > leg.leg);
        let parts = legs.iter().filter(counts).map(|leg| (leg.role, leg.amount));
        let asset = legs.first().map_or(asset, |leg| leg.asset);
        all.push(of_payout(source(state, asset), &payout, parts, at));
        let own = proven.iter().filter(|one| one.case == payout.case);
        all.extend(own.map(|one| of_receipt(asset, one, at)));
        if payout.state == PayoutState::Done {
            all.push(of_leftover(asset, &payout, (&proven, &top_ups), at)?);
        }
    }
    all.retain(|entry| !entry.lines.is_empty());
    Ok(all)
}

/// Takes those of the next orders into the books that are older than these. Answers how many, and the
/// place to go on from.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(crate) fn open_next(ctx: &Ctx, after: &str) -> Result<(u32, Option<String>), Fault> {
    let (old, next) = ctx.db.read(|conn| journal::unbooked(conn, after, ROUND))?;
    let mut done: u32 = 0;
    for order in old.iter().filter_map(|id| id.parse().ok()) {
        let now = ctx.now();
        let booked = ctx.write("books", move |tx| open(tx, order, now));
        let booked = ctx.contain("books", Some(order), booked)?.unwrap_or_default();
        done = done.saturating_add(u32::from(booked));
    }
    Ok((done, next))
}

/// Whether an order was taken into the books.
fn open(tx: &mut EscrowTx<'_>, order: OrderId, now: Time) -> Result<bool, Fault> {
    let Some(state) = ledger::state(tx, order)? else {
        return Err(Fault::Ledger(format!("order {order} has money and no state")));
    };
    let mut entries = expected(tx, &state)?;
    for stray in tokens::strays_of(tx, order)? {
        entries.push(of_stray((Amount::ZERO, &stray)));
    }
    for entry in &mut entries {
        entry.at = now;
        journal::post(tx, order, entry)?;
    }
    Ok(!entries.is_empty())
}
