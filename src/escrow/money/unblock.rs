//! Held payouts: what may let each of them go on. Escrow looks by itself now and then, and at once
//! where the operator says so. A leg that was never signed goes to whatever address is sealed now; one
//! that failed for good is planned anew under another nonce, if the operator or its payee says so.

use std::sync::Arc;

use db::held::{self, Held};
use db::ledger::{self, State};
use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::proofs;
use db::todo::Todo;
use db::{Conn, DbError, EscrowTx};
use domain::EvmAddress;
use domain::clock::{Span, Time};
use domain::intent::EventActor;
use domain::money::Amount;
use domain::order::EventKind;
use domain::seal::Terms;

use super::costs::Limit;
use super::{
    PAYEE_TIME, astray, confirm, destination, each, fallback, is_faithful, plan, relay, standing,
    transfers,
};
use crate::book::{self, Note};
use crate::chain::client::{Estimate, View};
use crate::chain::trial::Wanted;
use crate::ctx::{Ctx, Served};
use crate::evm::fees;
use crate::fault::Fault;
use crate::journal;
use crate::seal::{BrokenSeal, SealKey};

/// Held payouts in one round.
const HELD: i64 = 20;
/// How often a payee that refused is asked again.
const ASK_AGAIN: Span = Span::minutes(10);
/// Why a payout waits with a leg that may still be in a block.
const NAME_IT: &str =
    "its nonce is used by a chain tx that is not in the ledger; name that one with --tx";

/// What a look came to: the payout goes on, or why it does not.
pub(super) type Look = Result<(), &'static str>;

/// What is to be changed about a leg before its payout goes on.
#[derive(Debug, Clone)]
struct Change {
    /// The leg as it shall be; under its old number, or under the next one.
    leg: Leg,
    /// Whether it takes the place of one that failed.
    again: bool,
    /// What is kept aside for fees beyond what was.
    more: Amount,
}

/// Looks at the held payouts of a chain. Answers how many go on.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(super) fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    each(ctx, ("unblock", chain, Todo::Unblock), HELD, |payout, legs| {
        let Some(why) = ctx.db.read(|conn| held::one(conn, payout.order, payout.case))? else {
            return Ok(0);
        };
        if !is_due(ctx, &why) {
            return Ok(0);
        }
        match look(ctx, (served, view), (payout, legs), false) {
            Ok(Ok(())) => Ok(1),
            Ok(Err(reason)) => put_off(ctx, payout, (&why, reason)).map(|()| 0),
            Err(Fault::Chain(fault)) => {
                tracing::warn!(order = %payout.order, %fault, "a payee cannot be asked again");
                Ok(0)
            }
            Err(other) => Err(other),
        }
    })
}

fn is_due(ctx: &Ctx, held: &Held) -> bool {
    match held.reason.as_str() {
        plan::MOVED => true,
        plan::SHUT_OUT | plan::MISMOVES => held.deadline.is_none_or(|next| next <= ctx.now()),
        _ => ctx.is_turn((held.order, held.case), ASK_AGAIN),
    }
}

/// The payout still waits. What is news about why is told; a token's issuer has another week.
fn put_off(
    ctx: &Ctx,
    payout: &Payout,
    (before, reason): (&Held, &'static str),
) -> Result<(), Fault> {
    let (payout, now, same) = (payout.clone(), ctx.now(), before.reason == reason);
    let issuers = [plan::SHUT_OUT, plan::MISMOVES].contains(&reason);
    let told = issuers || reason == plan::REFUSES;
    if !told || (same && !issuers) {
        return Ok(());
    }
    ctx.write("put-off", move |tx| {
        let key = (payout.order, payout.case);
        match ledger::state(tx, payout.order)? {
            Some(_) if same => {
                held::hold(tx, key, (reason, "issuer"), now.after(PAYEE_TIME))?;
            }
            Some(mut state) => plan::hold(tx, &mut state, (&payout, reason), now)?,
            None => {}
        }
        Ok(())
    })?;
    Ok(())
}

/// What the ledger says about a held payout.
struct Standing {
    sealed: Result<Vec<Terms>, BrokenSeal>,
    state: Option<State>,
    /// Numbers of the legs that were ever signed.
    signed: Vec<i32>,
}

fn standing_of(
    conn: &mut Conn,
    key: &SealKey,
    (payout, legs): (&Payout, &[Leg]),
) -> Result<Result<Standing, Fault>, DbError> {
    let mut signed = Vec::new();
    for leg in legs {
        if !proofs::attempts(conn, leg)?.is_empty() {
            signed.push(leg.leg);
        }
    }
    let state = ledger::state(conn, payout.order)?;
    let sealed = astray::terms_of(conn, key, (payout, legs));
    Ok(sealed.map(|sealed| Standing { sealed, state, signed }))
}

/// Looks whether a held payout can go on, and lets it. `asked` is the operator's word, without which
/// a leg that failed for good is planned anew only for another address.
///
/// # Errors
/// [`Fault`] when the database fails or the provider does not serve.
pub(super) fn look(
    ctx: &Ctx,
    at: (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    asked: bool,
) -> Result<Look, Fault> {
    let key = Arc::clone(&ctx.keys);
    let known = ctx.db.read(|conn| standing_of(conn, key.seal(), (payout, legs)))??;
    let state = known.state.filter(|state| state.held_reason.is_none());
    let Some(state) = state else { return Ok(Err("the order itself is stopped")) };
    let Ok(sealed) = known.sealed else { return Ok(Err("the seal is broken")) };
    let Some(terms) = sealed.last() else { return Ok(Err("there is no seal")) };
    let mut changes = Vec::new();
    for leg in standing(legs) {
        let looked = match leg.state {
            LegState::Final => Ok(None),
            LegState::Signed | LegState::Seen => {
                if payout.held_reason.as_deref() == Some(confirm::FOREIGN) {
                    Err(NAME_IT)
                } else {
                    Ok(None)
                }
            }
            LegState::Planned => {
                let free = !known.signed.contains(&leg.leg);
                planned(ctx, at, (leg, terms), free)?
            }
            LegState::Reverted => failed(ctx, at, (leg, terms), (&state, asked))?,
        };
        match looked {
            Ok(change) => changes.extend(change),
            Err(why) => return Ok(Err(why)),
        }
    }
    go_on(ctx, (payout, legs), changes)
}

/// A leg that waits to be signed: it goes where the terms say now, unless it was signed once already.
fn planned(
    ctx: &Ctx,
    (served, _): (&Served, &View),
    (leg, terms): (&Leg, &Terms),
    free: bool,
) -> Result<Result<Option<Change>, &'static str>, Fault> {
    let own = destination(terms, leg.role).filter(|_| free).unwrap_or(leg.to);
    let other = fallback(terms, leg.role).filter(|_| free);
    if let Some(token) = leg.asset.token.filter(|_| leg.by_transfer) {
        let ask = |to: EvmAddress| transfer(ctx, served, (leg, token), to);
        let (to, limit) = match (ask(own)?, other) {
            (Err(plan::REFUSES), Some(other)) => (other, ask(other)?),
            (limit, _) => (own, limit),
        };
        return Ok(limit.and_then(|gas_limit| altered(leg, to, gas_limit)));
    }
    let ask = |to: EvmAddress| match leg.asset.token {
        None => served.client.estimate(leg.from, to, leg.amount),
        Some(token) => relay::estimate(served, token, leg.from, (to, leg.amount)),
    };
    let (to, estimate) = match (ask(own)?, other) {
        (Estimate::Refuses(_), Some(other)) => (other, ask(other)?),
        (estimate, _) => (own, estimate),
    };
    let gas_limit = match (estimate, leg.asset.token) {
        (Estimate::Refuses(_), None) => return Ok(Err(plan::REFUSES)),
        (Estimate::Refuses(_), Some(token)) => {
            return refused(ctx, served, (leg, token)).map(Err);
        }
        (Estimate::Gas(_), Some(_)) => leg.gas_limit,
        (Estimate::Gas(gas), None) => match fees::gas_limit(gas) {
            Some(limit) => limit.max(leg.gas_limit),
            None => return Ok(Err(plan::REFUSES)),
        },
    };
    if leg.asset.token.is_some() {
        return Ok(altered(leg, to, gas_limit));
    }
    if to == leg.to && gas_limit == leg.gas_limit {
        return Ok(Ok(None));
    }
    let more = fees::reserve(gas_limit.saturating_sub(leg.gas_limit), leg.fee_ceiling);
    Ok(change(Leg { to, gas_limit, ..leg.clone() }, more, false))
}

/// The change of a token's leg, which costs its payee nothing beyond its charge.
fn altered(leg: &Leg, to: EvmAddress, gas_limit: u64) -> Result<Option<Change>, &'static str> {
    if to == leg.to && gas_limit == leg.gas_limit {
        return Ok(None);
    }
    change(Leg { to, gas_limit, ..leg.clone() }, Some(Amount::ZERO), false)
}

/// Whether a token's transfer would be refused to anybody, or to its payee alone.
fn refused(
    ctx: &Ctx,
    served: &Served,
    (leg, token): (&Leg, EvmAddress),
) -> Result<&'static str, Fault> {
    let one = (ctx.keys.gas_wallet(ctx.generation())?, Amount::from_u128(1));
    let nobody = relay::estimate(served, token, leg.from, one)?;
    let shut_out = matches!(nobody, Estimate::Refuses(_));
    Ok(if shut_out { plan::SHUT_OUT } else { plan::REFUSES })
}

/// The gas limit of a leg that transfers a token, no less than it has, or why it is not to be made.
fn transfer(
    ctx: &Ctx,
    served: &Served,
    (leg, token): (&Leg, EvmAddress),
    to: EvmAddress,
) -> Result<Limit, Fault> {
    let wanted = Wanted { token, from: leg.from, to, amount: leg.amount };
    match transfers::limit(served, &wanted)? {
        Err(plan::REFUSES) => refused(ctx, served, (leg, token)).map(Err),
        other => Ok(other.map(|limit| limit.max(leg.gas_limit))),
    }
}

/// Whether the address holds all that it should of a token, so that a leg which is said to have failed
/// has moved nothing.
fn is_whole(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (state, leg): (&State, &Leg),
) -> Result<bool, Fault> {
    let held = served.client.balances(&view.fin, &[(leg.from, leg.asset.token)])?;
    let held = held.into_iter().next().flatten().unwrap_or_default();
    let (came, due) = ctx.db.read(|conn| {
        let came = astray::came(conn, state.order, &leg.asset, (held, view.fin.number))?;
        let due = match leg.asset.is(&state.asset) {
            true => Some(state.credited),
            false => astray::returned(conn, state.order, &leg.asset)?,
        };
        Ok((came, due))
    })?;
    Ok(came.zip(due).is_some_and(|(came, due)| came >= due))
}

/// A leg that failed in a final block, so that its nonce is used up: it is paid under another.
fn failed(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (leg, terms): (&Leg, &Terms),
    (state, asked): (&State, bool),
) -> Result<Result<Option<Change>, &'static str>, Fault> {
    let to = fallback(terms, leg.role).or_else(|| destination(terms, leg.role));
    let to = to.unwrap_or(leg.to);
    if !asked && to == leg.to {
        return Ok(Err(confirm::REVERTED));
    }
    if let Some(token) = leg.asset.token {
        if !is_whole(ctx, (served, view), (state, leg))? {
            return Ok(Err("the address does not hold what it should, so nothing is paid anew"));
        }
        let limit = transfer(ctx, served, (leg, token), to)?;
        return Ok(limit.and_then(|gas_limit| {
            change(Leg { to, gas_limit, ..leg.clone() }, Some(Amount::ZERO), true)
        }));
    }
    let Estimate::Gas(gas) = served.client.estimate(leg.from, to, leg.amount)? else {
        return Ok(Err(plan::REFUSES));
    };
    let Some(gas_limit) = fees::gas_limit(gas) else { return Ok(Err(plan::REFUSES)) };
    let fee_ceiling = view.market.ceiling();
    let fee = fees::reserve(gas_limit, fee_ceiling);
    let more =
        fee.zip(Some(served.client.data_fee()?)).and_then(|(fee, data)| fee.checked_add(data));
    Ok(change(Leg { to, gas_limit, fee_ceiling, ..leg.clone() }, more, true))
}

/// The payee bears what a leg takes more than was kept aside for it.
fn change(leg: Leg, more: Option<Amount>, again: bool) -> Result<Option<Change>, &'static str> {
    let rest = more.and_then(|more| Some((leg.amount.checked_sub(more)?, more)));
    match rest.filter(|(rest, _)| !rest.is_zero()) {
        Some((amount, more)) => Ok(Some(Change { leg: Leg { amount, ..leg }, again, more })),
        None => Err("what is left does not carry the fee of another try"),
    }
}

/// Changes what is to be changed and lets the payout go on, if all is as it was looked at.
fn go_on(
    ctx: &Ctx,
    (payout, legs): (&Payout, &[Leg]),
    changes: Vec<Change>,
) -> Result<Look, Fault> {
    let (payout, legs, now) = (payout.clone(), legs.to_vec(), ctx.now());
    let key = Arc::clone(&ctx.keys);
    ctx.reach("unblock: before commit")?;
    let done = ctx.write("unblock", move |tx| {
        let (order, case) = (payout.order, payout.case);
        let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
        let same = payouts::by_case(tx, order, case)?.as_ref() == Some(&payout)
            && payouts::legs_of(tx, order, case)? == legs;
        if !same || payout.state != PayoutState::Held || state.held_reason.is_some() {
            return Ok(false);
        }
        let payout = apply(tx, &payout, &changes, now)?;
        let legs = payouts::legs_of(tx, order, case)?;
        match astray::terms_of(tx, key.seal(), (&payout, &legs))? {
            Ok(sealed) if is_faithful(&sealed, &payout, &legs) => {}
            _ => return Err(Fault::Ledger(format!("the plan of order {order} is not lawful"))),
        }
        held::resume(tx, order, case)?;
        let comment = if changes.iter().any(|change| change.again) {
            "What failed is paid once more, less the fee of that."
        } else {
            "What held it is gone."
        };
        let note = Note::new(EventKind::PayoutResumed, EventActor::Escrow, comment).case(case);
        book::append(tx, &mut state, note, now)?;
        Ok(true)
    })?;
    ctx.reach("unblock: committed")?;
    Ok(if done == Some(true) { Ok(()) } else { Err("it changed while it was looked at") })
}

/// Writes the changes; answers the payout with what it keeps for fees from now on.
fn apply(
    tx: &mut EscrowTx<'_>,
    payout: &Payout,
    changes: &[Change],
    now: Time,
) -> Result<Payout, Fault> {
    let (order, case) = (payout.order, payout.case);
    let mut reserve = payout.fee_reserve;
    for change in changes {
        let leg = &change.leg;
        if change.again {
            let last = payouts::legs_of(tx, order, case)?.iter().map(|leg| leg.leg).max();
            let next = || payouts::next_nonce(tx, leg.asset.chain, leg.from);
            let nonce = leg.is_own().then(next).transpose()?;
            let again = Leg {
                leg: last.unwrap_or_default().saturating_add(1),
                nonce,
                state: LegState::Planned,
                tx_hash: None,
                block_hash: None,
                state_at: now,
                ..leg.clone()
            };
            payouts::insert_leg(tx, &again)?;
        } else if !held::alter(tx, leg)? {
            return Err(Fault::Ledger(format!("a leg of order {order} is signed already")));
        }
        reserve = reserve
            .checked_add(change.more)
            .ok_or_else(|| Fault::Ledger("a sum beyond all sums".to_owned()))?;
    }
    held::reserve(tx, (order, case), reserve)?;
    if let Some(first) = changes.first() {
        let dearer = changes.iter().map(|change| (change.leg.role, change.more));
        journal::change(tx, (payout, first.leg.asset), dearer, now)?;
    }
    Ok(Payout { fee_reserve: reserve, ..payout.clone() })
}
