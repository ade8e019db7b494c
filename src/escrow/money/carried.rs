//! What became of a token's leg. The contract's own word at a final block decides: whether the leg's
//! authorization is used. A carrier's receipt alone proves nothing, because anybody may have carried
//! the same authorization before it.

use db::EscrowTx;
use db::ledger;
use db::payouts::{self, Leg, LegState, Payout};
use db::proofs::{self, Attempt, Receipt};
use db::relays;
use domain::EvmAddress;
use domain::clock::Time;
use domain::money::Amount;
use domain::settle::LegRole;

use super::{confirm, freeze_order, plan};
use crate::chain::client::View;
use crate::chain::rpc::Mined;
use crate::ctx::{Ctx, Served};
use crate::evm::eip3009;
use crate::fault::Fault;
use crate::journal;

/// Looks up one leg of a token that is about. Says whether it moved on.
pub(super) fn confirm(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg, token): (&Payout, &Leg, EvmAddress),
) -> Result<bool, Fault> {
    let nonce = eip3009::nonce(leg.order, leg.case, leg.leg);
    if served.client.is_used(&view.fin, token, (leg.from, &nonce))? {
        return settle(ctx, served, view, (payout, leg, token));
    }
    let key = (leg.order, leg.case, leg.leg);
    let (attempts, relay) =
        ctx.db.read(|conn| Ok((proofs::attempts(conn, leg)?, relays::of_leg(conn, key)?)))?;
    let Some(relay) = relay else {
        return Err(Fault::Ledger(format!(
            "order {}: a leg is signed without a carrier",
            leg.order
        )));
    };
    // Carriers of earlier nonces are settled; what they came to is in the ledger.
    let current: Vec<&Attempt> =
        attempts.iter().filter(|attempt| attempt.attempt >= relay.first_attempt).collect();
    let hashes: Vec<_> = current.iter().map(|attempt| attempt.tx_hash).collect();
    let found = served.client.mined(&hashes)?.into_iter().flatten().find(|mined| {
        // The hash binds all of it already; a receipt that says otherwise is a lie.
        mined.from == relay.from && mined.to == Some(token)
    });
    match found {
        Some(mined) if mined.block_number > view.fin.number => confirm::see(ctx, leg, &mined),
        // A final success without the contract's word: the provider has not come to an opinion.
        Some(mined) if mined.succeeded => Ok(false),
        Some(mined) => fail(ctx, served, (payout, leg), mined),
        None if leg.state == LegState::Seen => confirm::gone(ctx, leg),
        None if ctx.now().since(leg.state_at) < confirm::SILENCE => Ok(false),
        // Its nonce is used by something else, and the leg is unpaid: it gets another carrier.
        None if served.client.nonce(&view.fin, relay.from)? > relay.nonce => replan(ctx, leg),
        None => Ok(false),
    }
}

/// The authorization is used at a final block. Finds the chain tx that did it, whoever sent it, and
/// holds its transfer against the leg.
fn settle(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg, token): (&Payout, &Leg, EvmAddress),
) -> Result<bool, Fault> {
    let nonce = eip3009::nonce(leg.order, leg.case, leg.leg);
    let attempts = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let hashes: Vec<_> = attempts.iter().map(|attempt| attempt.tx_hash).collect();
    let ours = served.client.mined(&hashes)?.into_iter().flatten().find(|mined| mined.succeeded);
    let hash = match ours {
        Some(mined) => Some(mined.tx_hash),
        None => served.client.carried_in(token, (leg.from, &nonce), &view.fin)?,
    };
    let delivered = match hash {
        Some(hash) => served.client.delivered(&hash, token)?,
        None => None,
    };
    let Some((mined, transfers)) = delivered else {
        let why = "a payment is carried out, but the provider does not know by which chain tx";
        ctx.alarm("payout", Some(leg.order), why.to_owned())?;
        return Ok(false);
    };
    let block = served.client.block(mined.block_number)?;
    let block = block.filter(|b| b.hash == mined.block_hash && b.number <= view.fin.number);
    let Some(block) = block else { return Ok(false) };
    let paid = transfers.iter().any(|t| (t.from, t.to, t.amount) == (leg.from, leg.to, leg.amount));
    if !paid || !mined.succeeded {
        let why = "the authorization of a payment was used for something else";
        freeze_order(ctx, leg.order, "conservation", why.to_owned())?;
        return Ok(false);
    }
    ctx.reach("confirm: final, before commit")?;
    let now = ctx.now();
    let receipt = receipt(&mined, fee(&mined, &hashes), (block.time, now));
    let (payout, leg) = (payout.clone(), leg.clone());
    let moved = ctx.write("leg-final", move |tx| {
        confirm::finalise(tx, (&payout, &leg), (&receipt, confirm::REVERTED), now)
    })?;
    ctx.reach("confirm: final, committed")?;
    Ok(moved.unwrap_or_default())
}

/// What a chain tx cost the gas wallet: nothing where somebody else sent it.
fn fee(mined: &Mined, ours: &[[u8; 32]]) -> Amount {
    if ours.contains(&mined.tx_hash) { mined.fee } else { Amount::ZERO }
}

pub(super) fn receipt(
    mined: &Mined,
    fee_paid: Amount,
    (block_at, recorded_at): (Time, Time),
) -> Receipt {
    Receipt {
        tx_hash: mined.tx_hash,
        fee_paid,
        succeeded: mined.succeeded,
        block_number: mined.block_number,
        block_hash: mined.block_hash,
        block_at,
        recorded_at,
    }
}

/// The carrier failed in a final block and the authorization is unused: the leg is as it was planned,
/// and its payout waits for somebody to look or for the payee to be let in again.
fn fail(
    ctx: &Ctx,
    served: &Served,
    (payout, leg): (&Payout, &Leg),
    mined: Mined,
) -> Result<bool, Fault> {
    let block = served.client.block(mined.block_number)?;
    let Some(block) = block.filter(|block| block.hash == mined.block_hash) else {
        return Ok(false);
    };
    let now = ctx.now();
    let receipt = receipt(&mined, mined.fee, (block.time, now));
    let (payout, leg) = (payout.clone(), leg.clone());
    let moved = ctx.write("leg-failed", move |tx| {
        let back = Leg { state: LegState::Planned, block_hash: None, state_at: now, ..leg.clone() };
        if !payouts::move_leg(tx, &back, leg.state)? {
            return Ok(false);
        }
        proofs::insert_receipt(tx, &leg, &receipt)?;
        journal::receipt(tx, (&leg, &receipt), now)?;
        hold(tx, &payout, (confirm::REVERTED, leg.role), now)?;
        Ok(true)
    })?;
    ctx.reach("confirm: reverted")?;
    Ok(moved.unwrap_or_default())
}

/// Lets a leg be carried anew.
fn replan(ctx: &Ctx, leg: &Leg) -> Result<bool, Fault> {
    let now = ctx.now();
    let why =
        "the gas wallet's nonce of a payment was used by a chain tx that is not in the ledger";
    ctx.alarm("gas", Some(leg.order), why.to_owned())?;
    let back = Leg { state: LegState::Planned, block_hash: None, state_at: now, ..leg.clone() };
    let moved =
        ctx.write("leg-replanned", move |tx| Ok(payouts::move_leg(tx, &back, LegState::Signed)?))?;
    ctx.reach("confirm: replanned")?;
    Ok(moved.unwrap_or_default())
}

/// The contract would refuse to carry out a planned leg's authorization. If that is because it has
/// been carried out already, the leg is settled; else its payout is held.
pub(super) fn refused(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg): (&Payout, &Leg),
) -> Result<bool, Fault> {
    let Some(token) = leg.asset.token else { return Ok(false) };
    let nonce = eip3009::nonce(leg.order, leg.case, leg.leg);
    let used = |at| served.client.is_used(at, token, (leg.from, &nonce));
    match (used(&view.fin), used(&view.head)) {
        (Ok(true), _) => settle(ctx, served, view, (payout, leg, token)),
        // Carried out, but not for good yet.
        (_, Ok(true)) => Ok(false),
        (Ok(false), Ok(false)) => hold_as_seen(ctx, (payout, leg), plan::REFUSES),
        (Err(fault), _) | (_, Err(fault)) => {
            tracing::warn!(order = %leg.order, leg = leg.leg, %fault, "a refusal is not understood");
            Ok(false)
        }
    }
}

/// Holds a payout because of a leg that is tried in vain; not where another has gone on with the leg
/// meanwhile, for then the trial says nothing. Answers whether it holds it.
pub(super) fn hold_as_seen(
    ctx: &Ctx,
    (payout, leg): (&Payout, &Leg),
    why: &'static str,
) -> Result<bool, Fault> {
    let (payout, leg, now) = (payout.clone(), leg.clone(), ctx.now());
    let held = ctx.write("hold-leg", move |tx| {
        let stands = payouts::stands(tx, &leg)?;
        if stands {
            hold(tx, &payout, (why, leg.role), now)?;
        }
        Ok(stands)
    })?;
    Ok(held.unwrap_or_default())
}

fn hold(
    tx: &mut EscrowTx<'_>,
    payout: &Payout,
    (why, role): (&str, LegRole),
    now: Time,
) -> Result<(), Fault> {
    match ledger::state(tx, payout.order)? {
        Some(mut state) => plan::hold_for(tx, &mut state, (payout, why, Some(role)), now),
        None => Err(Fault::Ledger(format!("order {} has a payout and no state", payout.order))),
    }
}
