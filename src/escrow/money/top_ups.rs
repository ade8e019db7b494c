//! Coin that the gas wallet sends to an escrow address, so that it can transfer its token itself. Each
//! top-up has a number of its payout and a nonce of the wallet, both stored with the signed bytes before
//! anybody sees these; its bytes are sent until a block has them, and it is booked when that is final.
//! Twice would cost the gas wallet coin that stays at an address of ours, and pays nobody.

use db::ledger;
use db::payouts::{self, Leg, LegState, Payout};
use db::proofs;
use db::relays::{self, Relay};
use db::top_ups::{self as table, TopUp, TopUpState};
use db::{Conn, DbError};
use domain::asset::Asset;
use domain::ids::OrderId;
use domain::money::Amount;

use super::broadcast::{PATIENCE, STUCK};
use super::relay::bytes;
use super::{confirm, plan};
use crate::chain::client::View;
use crate::chain::rpc::Mined;
use crate::ctx::{Ctx, Place, Served};
use crate::evm::fees::{self, ATTEMPTS_MAX, Market, Offer};
use crate::evm::tx::{LegTx, SignedTx, TopUpTx};
use crate::fault::{ChainFault, Fault};
use crate::journal;
use crate::keys::{self, Signable};

/// Payouts in one round.
const ROUND: i64 = 500;
/// Most top-ups of a payout.
const COUNT_MAX: i32 = 16;

/// The coin of a payout's top-ups.
#[derive(Debug, Clone, Copy, Default)]
struct Purse {
    /// What is there, less what other legs have taken or may take.
    free: Amount,
    /// Whether a top-up is signed that no block has.
    awaits: bool,
    /// The number of the next top-up.
    next: i32,
    /// Gas of the legs that are not signed yet.
    planned_gas: u64,
    /// Legs that are not signed yet.
    planned: u64,
}

fn purse(conn: &mut Conn, (payout, data): (&Payout, Amount), of: &Leg) -> Result<Purse, DbError> {
    let (order, case) = (payout.order, payout.case);
    let too_large = || db::codec::corrupt("top_ups", "the sum is too large");
    let mut purse = Purse::default();
    let mut came = Amount::ZERO;
    for top_up in table::of_order(conn, order)?.into_iter().filter(|one| one.case == case) {
        purse.next = purse.next.max(top_up.n.saturating_add(1));
        purse.awaits |= top_up.state == TopUpState::Signed;
        if matches!(top_up.state, TopUpState::Seen | TopUpState::Final) {
            came = came.checked_add(top_up.amount).ok_or_else(too_large)?;
        }
    }
    let proven = proofs::of_order(conn, order)?;
    let mut taken = Amount::ZERO;
    for leg in payouts::legs_of(conn, order, case)?.into_iter().filter(|leg| leg.leg != of.leg) {
        let part = match leg.state {
            LegState::Planned => {
                purse.planned_gas = purse.planned_gas.saturating_add(leg.gas_limit);
                purse.planned = purse.planned.saturating_add(1);
                Some(Amount::ZERO)
            }
            LegState::Signed | LegState::Seen => {
                let last = proofs::attempts(conn, &leg)?.pop();
                last.and_then(|last| cost(leg.gas_limit, last.max_fee, data))
            }
            LegState::Final | LegState::Reverted => {
                let own = proven.iter().filter(|one| (one.case, one.leg) == (case, leg.leg));
                Amount::sum(own.map(|one| one.fee))
            }
        };
        taken = part.and_then(|part| taken.checked_add(part)).ok_or_else(too_large)?;
    }
    purse.free = came.minus(taken);
    Ok(purse)
}

fn cost(gas_limit: u64, max_fee: Amount, data: Amount) -> Option<Amount> {
    fees::reserve(gas_limit, max_fee)?.checked_add(data)
}

/// Whether a leg can be signed at an offer with the coin that has come for its payout. If not, more is
/// sent for, unless some is on its way.
pub(super) fn affords(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    (leg, offer): (&Leg, Offer),
) -> Result<bool, Fault> {
    debug_assert!(legs.iter().all(|leg| leg.by_transfer), "a coin's legs bring their own");
    match afford(ctx, (served, view), payout, (leg, offer)) {
        Err(Fault::Chain(fault)) => {
            tracing::warn!(order = %leg.order, leg = leg.leg, %fault, "a leg waits for its gas");
            Ok(false)
        }
        other => other,
    }
}

fn afford(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    payout: &Payout,
    (leg, offer): (&Leg, Offer),
) -> Result<bool, Fault> {
    let data = served.client.data_fee()?;
    let purse = ctx.db.read(|conn| purse(conn, (payout, data), leg))?;
    let beyond = || ChainFault::Garbage("a fee beyond all sums".to_owned());
    if purse.free >= cost(leg.gas_limit, offer.max_fee, data).ok_or_else(beyond)? {
        return Ok(true);
    }
    if purse.awaits {
        return Ok(false);
    }
    if purse.next >= COUNT_MAX {
        let why = "so much coin was sent for the gas of a payout that no more is";
        ctx.alarm("stuck", Some(leg.order), why.to_owned())?;
        return Ok(false);
    }
    let gas = purse.planned_gas.saturating_add(leg.gas_limit);
    let price = offer.max_fee.max(view.market.price());
    let whole = fees::top_up(gas, price)
        .zip(data.checked_mul(purse.planned.saturating_add(1)))
        .and_then(|(gas, data)| gas.checked_add(data))
        .ok_or_else(beyond)?;
    let amount = whole.minus(purse.free);
    send_for(ctx, (served, view), leg, (purse.next, amount, data))?;
    Ok(false)
}

/// Signs a top-up and stores it with its bytes.
fn send_for(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    leg: &Leg,
    (n, amount, data): (i32, Amount, Amount),
) -> Result<(), Fault> {
    let chain = leg.asset.chain;
    let wallet = ctx.keys.gas_wallet(ctx.generation())?;
    let account = served.client.account(wallet)?;
    let offer = view.market.first(Market::relay_ceiling());
    let whole =
        cost(fees::TRANSFER_GAS, offer.max_fee, data).and_then(|fee| fee.checked_add(amount));
    if whole.is_none_or(|whole| account.balance < whole) {
        let held = Asset::native(served.client.spec()).shown(account.balance);
        let why = format!("the gas wallet {wallet} holds {held}; payouts wait until it is filled");
        return ctx.alarm("gas", None, why);
    }
    let next = ctx.db.read(|conn| relays::next_nonce(conn, chain, wallet))?;
    let now = ctx.now();
    let top_up = TopUp {
        order: leg.order,
        case: leg.case,
        n,
        chain,
        from: wallet,
        nonce: next.max(account.nonce),
        to: leg.from,
        amount,
        state: TopUpState::Signed,
        state_at: now,
        tx_hash: None,
        settled: None,
    };
    let Some(signed) = sign(ctx, &top_up, offer)? else { return Ok(()) };
    ctx.reach("top-up: before commit")?;
    let attempt = bytes(1, signed, offer, now);
    let leg = leg.clone();
    ctx.write("top-up", move |tx| {
        // Another may have gone on with the leg meanwhile, and even have ended its payout.
        if payouts::stands(tx, &leg)? {
            table::insert(tx, &top_up, &attempt)?;
        }
        Ok(())
    })?;
    ctx.reach("top-up: committed")
}

fn sign(ctx: &Ctx, top_up: &TopUp, offer: Offer) -> Result<Option<SignedTx>, Fault> {
    let path = ctx.db.read(|conn| ledger::derivation_of(conn, top_up.to))?;
    let Some((purpose, generation, index)) = path else { return Ok(None) };
    let coin = LegTx {
        from: top_up.from,
        chain: top_up.chain,
        nonce: top_up.nonce,
        max_tip: offer.max_tip,
        max_fee: offer.max_fee,
        gas_limit: fees::TRANSFER_GAS,
        to: top_up.to,
        value: top_up.amount,
    };
    let whole = TopUpTx { coin, place: keys::Place { purpose, generation, index } };
    ctx.keys.sign((ctx.generation(), 0), Signable::TopUp(&whole)).map(Some)
}

/// Calls `run` with each top-up of a chain that is about, and counts where it says yes. What concerns
/// one alone, or a provider's trouble, does not hold up the others.
fn each(
    ctx: &Ctx,
    served: &Served,
    name: &'static str,
    run: impl Fn(&TopUp) -> Result<bool, Fault>,
) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    let list =
        |conn: &mut Conn, after: Option<&Place>, limit: i64| table::open(conn, chain, after, limit);
    let mut done: u32 = 0;
    for (order, case) in ctx.next_of((chain, name), ROUND, list)? {
        let own = |one: &TopUp| one.case == case && one.is_open();
        let all = ctx.db.read(|conn| table::of_order(conn, order));
        let all = ctx.contain(name, Some(order), all.map_err(Fault::from))?;
        for top_up in all.iter().filter(|one| own(one)) {
            let moved = match run(top_up) {
                Err(Fault::Chain(fault)) => {
                    tracing::warn!(%order, %fault, "top-up");
                    Ok(false)
                }
                other => other,
            };
            done = done.saturating_add(u32::from(ctx.contain(name, Some(order), moved)?));
        }
    }
    Ok(done)
}

/// Looks up the top-ups of a chain. Answers how many were moved on.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(super) fn confirm_all(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    each(ctx, served, "confirm-top-ups", |top_up| confirm(ctx, (served, view), top_up))
}

fn confirm(ctx: &Ctx, (served, view): (&Served, &View), top_up: &TopUp) -> Result<bool, Fault> {
    let attempts = ctx.db.read(|conn| table::attempts(conn, top_up))?;
    let hashes: Vec<_> = attempts.iter().map(|attempt| attempt.tx_hash).collect();
    let found = served.client.mined(&hashes)?.into_iter().flatten().find(|mined| {
        // The hash binds all of it already; a receipt that says otherwise is a lie.
        mined.from == top_up.from && mined.to == Some(top_up.to)
    });
    let is_seen = top_up.state == TopUpState::Seen;
    let step = |state, tx_hash| TopUp { state, tx_hash, state_at: ctx.now(), ..top_up.clone() };
    match found {
        Some(mined) if mined.block_number > view.fin.number => {
            let hash = Some(mined.tx_hash);
            if is_seen && top_up.tx_hash == hash {
                return Ok(false);
            }
            advance(ctx, top_up, step(TopUpState::Seen, hash))
        }
        Some(mined) => {
            let block = served.client.block(mined.block_number)?;
            if block.is_none_or(|block| block.hash != mined.block_hash) {
                return Ok(false);
            }
            let state = if mined.succeeded { TopUpState::Final } else { TopUpState::Failed };
            let Mined { block_number, fee, .. } = mined;
            let settled = Some((block_number, fee));
            settle(ctx, top_up, TopUp { settled, ..step(state, Some(mined.tx_hash)) })
        }
        None if is_seen => advance(ctx, top_up, step(TopUpState::Signed, None)),
        None if ctx.now().since(top_up.state_at) < confirm::SILENCE => Ok(false),
        None if served.client.nonce(&view.fin, top_up.from)? > top_up.nonce => {
            let why = "the gas wallet's nonce of a top-up was used by a chain tx that is not in the ledger";
            ctx.alarm("gas", Some(top_up.order), why.to_owned())?;
            settle(ctx, top_up, step(TopUpState::Failed, None))
        }
        None => Ok(false),
    }
}

fn advance(ctx: &Ctx, from: &TopUp, to: TopUp) -> Result<bool, Fault> {
    ctx.reach("top-up: seen, before commit")?;
    let before = from.state;
    let moved = ctx.write("top-up-seen", move |tx| Ok(table::advance(tx, &to, before)?))?;
    Ok(moved.unwrap_or_default())
}

/// A top-up has come to its end: it is booked, and its payout ends if it waited for that alone.
fn settle(ctx: &Ctx, from: &TopUp, to: TopUp) -> Result<bool, Fault> {
    ctx.reach("top-up: final, before commit")?;
    let (before, now) = (from.state, ctx.now());
    let key: (OrderId, i32) = (to.order, to.case);
    let moved = ctx.write("top-up-final", move |tx| {
        if !table::advance(tx, &to, before)? {
            return Ok(false);
        }
        journal::top_up(tx, &to, now)?;
        confirm::finish_late(tx, key, now)?;
        Ok(true)
    })?;
    ctx.reach("top-up: final, committed")?;
    Ok(moved.unwrap_or_default())
}

/// Sends what is signed and not seen. Answers how many chain txs the provider took.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(super) fn send_all(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    each(ctx, served, "send-top-ups", |top_up| {
        if top_up.state != TopUpState::Signed {
            return Ok(false);
        }
        improve(ctx, view, top_up)?;
        let attempts = ctx.db.read(|conn| table::attempts(conn, top_up))?;
        let Some(newest) = attempts.last() else {
            let why = format!("order {}: a top-up is signed without bytes", top_up.order);
            return Err(Fault::Ledger(why));
        };
        ctx.reach("top-up: before sending")?;
        let sent = served.client.send(&newest.raw);
        ctx.reach("top-up: sent")?;
        if let Err(fault) = &sent {
            tracing::info!(order = %top_up.order, n = top_up.n, %fault, "broadcast of a top-up");
        }
        Ok(sent.is_ok())
    })
}

/// Signs a better offer for a top-up that no block took: same nonce, payee and sum.
fn improve(ctx: &Ctx, view: &View, top_up: &TopUp) -> Result<(), Fault> {
    let attempts = ctx.db.read(|conn| table::attempts(conn, top_up))?;
    let Some(last) = attempts.last() else { return Ok(()) };
    let waited = ctx.now().since(last.signed_at);
    let ours = top_up.from == ctx.keys.gas_wallet(ctx.generation())?;
    if waited < PATIENCE || !ours || plan::is_paused(ctx)? {
        return Ok(());
    }
    let relay = Relay { from: top_up.from, nonce: top_up.nonce, first_attempt: 1 };
    if ctx.db.read(|conn| relays::is_behind(conn, top_up.chain, &relay))? {
        return Ok(());
    }
    let offer = Offer { max_fee: last.max_fee, max_tip: last.max_tip };
    let better = match attempts.len() < ATTEMPTS_MAX {
        true => view.market.replace(offer, Market::relay_ceiling()),
        false => None,
    };
    let Some(better) = better else {
        let why = "no block takes coin that was sent for the gas of a payout";
        return match waited >= STUCK {
            true => ctx.alarm("stuck", Some(top_up.order), why.to_owned()),
            false => Ok(()),
        };
    };
    let Some(signed) = sign(ctx, top_up, better)? else { return Ok(()) };
    let attempt = bytes(last.attempt.saturating_add(1), signed, better, ctx.now());
    let top_up = top_up.clone();
    ctx.write("top-up-again", move |tx| Ok(table::again(tx, &top_up, &attempt)?))?;
    ctx.reach("top-up: replaced")
}
