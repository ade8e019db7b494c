//! Signing: the bytes of a leg are durable before anybody can see them.

use std::sync::Arc;

use db::ledger::{self, State};
use db::payouts::{self, Leg, LegState, Payout};
use db::proofs::{self, Attempt};
use db::todo::Todo;
use domain::clock::Time;
use domain::seal::{Terms, TokenTerms};

use super::{
    astray, each, freeze_order, is_faithful, leads, plan, relay, requests, transfers, unblock,
};
use crate::chain::client::View;
use crate::ctx::{Ctx, Served};
use crate::evm::fees::Offer;
use crate::evm::tx::{LegTx, TransferTx};
use crate::fault::Fault;
use crate::keys::{Place, Signable};

/// Payouts in one round.
pub(crate) const ROUND: i64 = 500;

/// Signs the planned legs of a chain. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails: then nothing that was signed leaves this process.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    if plan::is_paused(ctx)? {
        return Ok(0);
    }
    let chain = served.client.spec().id;
    // What held a payout may be gone: then it is signed in this round.
    requests::run_once(ctx, served, view)?;
    unblock::run_once(ctx, served, view)?;
    each(ctx, ("sign", chain, Todo::Sign), ROUND, |payout, legs| {
        if plan::is_paused(ctx)? {
            return Ok(0);
        }
        let mut done: u32 = 0;
        for leg in legs.iter().filter(|leg| leg.state == LegState::Planned) {
            let signed = match leg.asset.token {
                None => attempt(ctx, (payout, legs), leg, (1, view.market.first(leg.fee_ceiling))),
                Some(_) if leg.by_transfer => {
                    transfers::attempt(ctx, (served, view), (payout, legs), leg)
                }
                Some(_) => relay::attempt(ctx, (served, view), (payout, legs), leg),
            };
            if signed? {
                done = done.saturating_add(1);
            }
            ctx.reach("sign: next leg")?;
        }
        Ok(done)
    })
}

/// Signs one leg once and stores the bytes. `false` if something forbids it.
pub(crate) fn attempt(
    ctx: &Ctx,
    (payout, legs): (&Payout, &[Leg]),
    leg: &Leg,
    (number, offer): (i32, Offer),
) -> Result<bool, Fault> {
    let Some((path, sealed)) = permitted(ctx, payout, legs, leg)? else { return Ok(false) };
    let nonce = leg.own_nonce()?;
    ctx.reach("sign: before")?;
    let unsigned = LegTx {
        from: leg.from,
        chain: leg.asset.chain,
        nonce,
        max_tip: offer.max_tip,
        max_fee: offer.max_fee,
        gas_limit: leg.gas_limit,
        to: leg.to,
        value: leg.amount,
    };
    let signed = match sealed.token.filter(|_| leg.by_transfer) {
        None => ctx.keys.sign(path, Signable::Leg(&unsigned))?,
        Some(TokenTerms { address: token, .. }) => {
            ctx.keys.sign(path, Signable::Transfer(&TransferTx { leg: unsigned, token }))?
        }
    };
    ctx.reach("sign: before commit")?;
    let now = ctx.now();
    let attempt = Attempt {
        attempt: number,
        tx_hash: signed.hash,
        raw: signed.raw,
        max_fee: offer.max_fee,
        max_tip: offer.max_tip,
        signed_at: now,
    };
    let stored = store(ctx, leg.clone(), attempt, now)?;
    ctx.reach("sign: committed")?;
    Ok(stored)
}

/// The bytes and the leg's step in one write. The first attempt belongs to a planned leg, a later
/// one to a leg that is signed and not seen.
fn store(ctx: &Ctx, leg: Leg, attempt: Attempt, now: Time) -> Result<bool, Fault> {
    let from = if attempt.attempt == 1 { LegState::Planned } else { LegState::Signed };
    let stored = ctx.write("sign", move |tx| {
        let moved = Leg {
            state: LegState::Signed,
            tx_hash: Some(attempt.tx_hash),
            block_hash: None,
            state_at: now,
            ..leg.clone()
        };
        if !payouts::move_leg(tx, &moved, from)? {
            return Ok(false);
        }
        proofs::insert_attempt(tx, &leg, &attempt)?;
        Ok(true)
    })?;
    Ok(stored.unwrap_or_default())
}

/// The place of the key that may sign, and the terms by which it may.
type Permit = (Place, Terms);

/// The key's path and the terms, if the seal, the payout and the ledger agree that this leg may be
/// signed.
pub(super) fn permitted(
    ctx: &Ctx,
    payout: &Payout,
    legs: &[Leg],
    leg: &Leg,
) -> Result<Option<Permit>, Fault> {
    let key = Arc::clone(&ctx.keys);
    let (state, sealed, path, signed) = ctx.db.read(|conn| {
        let state: Option<State> = ledger::state(conn, payout.order)?;
        let sealed = astray::terms_of(conn, key.seal(), (payout, legs));
        let signed = !proofs::attempts(conn, leg)?.is_empty();
        Ok((state, sealed, ledger::derivation_of(conn, leg.from)?, signed))
    })?;
    let Some(state) = state else {
        return Err(Fault::Ledger(format!("order {} has a payout and no state", payout.order)));
    };
    if state.held_reason.is_some() {
        return Ok(None);
    }
    let why = match sealed? {
        Ok(sealed) if is_faithful(&sealed, payout, legs) => Ok(sealed),
        Ok(_) => Err("the payout is not what the sealed terms say".to_owned()),
        Err(broken) => Err(broken.to_string()),
    };
    let sealed = match why {
        Ok(sealed) => sealed.into_iter().next_back(),
        Err(why) => {
            freeze_order(ctx, payout.order, "seal", why)?;
            return Ok(None);
        }
    };
    // A leg whose payee has moved since is not signed as it is.
    let Some(sealed) = sealed.filter(|now| signed || leads(now, leg.role, leg.to)) else {
        return Ok(None);
    };
    let Some((purpose, generation, index)) = path else {
        freeze_order(ctx, payout.order, "seal", format!("{} is not ours", leg.from))?;
        return Ok(None);
    };
    Ok(Some((Place { purpose, generation, index }, sealed)))
}
