//! The money: what came in, what goes out, and the proof of both.

pub(crate) mod arrivals;
mod asked;
pub(crate) mod astray;
pub mod broadcast;
mod carried;
pub mod confirm;
mod costs;
mod day;
pub mod deposits;
pub mod expiry;
pub mod heads;
pub mod plan;
pub mod rates;
mod relay;
mod requests;
pub mod residuals;
pub(crate) mod sights;
pub mod sign;
pub(crate) mod strays;
pub mod tokens;
mod top_ups;
mod transfers;
mod unblock;

use db::ledger::{self, State};
use db::payouts::{self, Leg, LegState, Payout};
use db::seals;
use db::todo::{self, Todo};
use db::{Conn, EscrowTx};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::Terms;
use domain::settle::LegRole;

use crate::ctx::{self, Ctx, Place};
use crate::fault::Fault;
use crate::seal::{BrokenSeal, SealKey};

/// Until when the operator should have looked at what is held.
const OPERATOR_TIME: Span = Span::hours(24);
/// Until when a payee should have helped on what is held; how long a token's issuer is left alone.
pub(crate) const PAYEE_TIME: Span = Span::days(7);

/// The sealed terms of an order, or why they cannot be believed.
pub(crate) fn terms(
    conn: &mut Conn,
    key: &SealKey,
    state: &State,
) -> Result<Result<Terms, BrokenSeal>, Fault> {
    let Some(sealed) = ledger::sealed(conn, state.order)? else {
        return Err(Fault::Ledger(format!("order {} has no seal", state.order)));
    };
    Ok(key.open(&sealed))
}

/// All terms that an order was ever sealed with, the oldest first, or why they cannot be believed.
pub(crate) fn all_terms(
    conn: &mut Conn,
    key: &SealKey,
    order: OrderId,
) -> Result<Result<Vec<Terms>, BrokenSeal>, Fault> {
    Ok(seals::all(conn, order)?.iter().map(|sealed| key.open(sealed)).collect())
}

/// Stops everything about an order until the operator has looked, once.
pub(crate) fn freeze(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    kind: &'static str,
    why: &str,
    now: Time,
) -> Result<(), Fault> {
    ctx::alarm(tx, kind, Some(state.order), why, now)?;
    if state.held_reason.is_none() {
        state.held_reason = Some(why.to_owned());
        state.updated_at = now;
        ledger::put_state(tx, state)?;
    }
    Ok(())
}

/// [`freeze`] as a write of its own.
pub(crate) fn freeze_order(
    ctx: &Ctx,
    order: OrderId,
    kind: &'static str,
    why: String,
) -> Result<(), Fault> {
    let now = ctx.now();
    ctx.write("freeze-order", move |tx| match ledger::state(tx, order)? {
        Some(mut state) => freeze(tx, &mut state, kind, &why, now),
        None => Ok(()),
    })?;
    Ok(())
}

/// Whom a leg of an order or of a deposit pays, in words.
pub(crate) const fn payee(state: &State, role: LegRole) -> &'static str {
    match role {
        LegRole::Buyer if state.deposit => "the store",
        LegRole::Vendor => "the vendor",
        LegRole::Commission => "the site",
        LegRole::Buyer => "the buyer",
        LegRole::Resolver => "the site, for the ruling",
        LegRole::Referral => "whoever brought the buyer",
    }
}

/// Calls `run` with each payout of a chain of which `todo` is so, and adds up its answers. A fault
/// that concerns one payout is an alarm.
pub(crate) fn each(
    ctx: &Ctx,
    (name, chain, todo): (&'static str, ChainId, Todo),
    limit: i64,
    mut run: impl FnMut(&Payout, &[Leg]) -> Result<u32, Fault>,
) -> Result<u32, Fault> {
    let list = |conn: &mut Conn, after: Option<&Place>, limit: i64| {
        todo::to_do(conn, (chain, todo), after, limit)
    };
    let mut done: u32 = 0;
    for (order, case) in ctx.next_of((chain, name), limit, list)? {
        let found = ctx.db.read(|conn| {
            let payout = payouts::by_case(conn, order, case)?;
            Ok((payout, payouts::legs_of(conn, order, case)?))
        });
        let outcome = match found {
            Ok((Some(payout), legs)) => run(&payout, &legs),
            Ok((None, _)) => Ok(0),
            Err(error) => Err(error.into()),
        };
        done = done.saturating_add(ctx.contain(name, Some(order), outcome)?);
    }
    Ok(done)
}

/// Where the terms send a leg; nowhere the fee for a ruling, or a referral, where they name no wallet
/// for it.
pub(crate) fn destination(terms: &Terms, role: LegRole) -> Option<EvmAddress> {
    match role {
        LegRole::Vendor => Some(terms.payout),
        LegRole::Commission => Some(terms.commission_wallet),
        LegRole::Buyer => Some(terms.refund),
        LegRole::Resolver => terms.resolver,
        LegRole::Referral => terms.referral.map(|referral| referral.address),
    }
}

/// Whether legs under these terms are transfers of a token by the escrow address itself.
pub(crate) const fn by_transfer(terms: &Terms) -> bool {
    matches!(&terms.token, Some(token) if token.domain.is_none())
}

/// Whether legs under these terms are authorizations that the gas wallet carries.
const fn is_carried(terms: &Terms) -> bool {
    matches!(&terms.token, Some(token) if token.domain.is_some())
}

/// Where a leg goes whose payee takes nothing, if the terms know such a place: no buyer and no vendor
/// waits for somebody who is no party to the order, so a referral becomes the site's again.
pub(crate) fn fallback(terms: &Terms, role: LegRole) -> Option<EvmAddress> {
    let referral = role == LegRole::Referral && terms.referral.is_some();
    referral.then_some(terms.commission_wallet)
}

/// Whether the terms let a leg go to an address.
pub(crate) fn leads(terms: &Terms, role: LegRole, to: EvmAddress) -> bool {
    destination(terms, role) == Some(to) || fallback(terms, role) == Some(to)
}

/// The legs of a payout that count: one that failed for good and was planned anew is left out.
pub(crate) fn standing(legs: &[Leg]) -> impl Iterator<Item = &Leg> {
    legs.iter().filter(move |leg| {
        let again = |other: &&Leg| other.role == leg.role && other.leg > leg.leg;
        leg.state != LegState::Reverted || legs.iter().find(again).is_none()
    })
}

/// Whether the legs of a payout go where the terms say, those of now or those that they replaced,
/// and sum up to what it divides. A fee for a ruling belongs to a payout that a ruling asked for.
pub(crate) fn is_faithful(sealed: &[Terms], payout: &Payout, legs: &[Leg]) -> bool {
    let ruled = payout.share.is_some_and(|share| share.ruling.is_some());
    let lawful = legs.iter().all(|leg| {
        let known = leg.role != LegRole::Resolver || ruled;
        let same = |terms: &Terms| {
            (terms.escrow, terms.asset(), by_transfer(terms))
                == (leg.from, leg.asset, leg.by_transfer)
        };
        known && sealed.iter().any(|terms| same(terms) && leads(terms, leg.role, leg.to))
    });
    let sum = Amount::sum(standing(legs).map(|leg| leg.amount));
    lawful
        && !legs.is_empty()
        && sum.and_then(|sum| sum.checked_add(payout.fee_reserve)) == Some(payout.available)
        && payout.available <= payout.watermark
}

/// Sooner or later, but not at the end of time.
pub(crate) fn later(now: Time, secs: u32) -> Time {
    now.after(Span::secs(secs))
}
