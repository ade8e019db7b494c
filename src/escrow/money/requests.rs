//! What the operator asks of payouts that are held. Each is answered once, in a sentence.

use std::sync::Arc;

use db::held::{self, Ask};
use db::ledger::{self, State};
use db::payouts::{self, Leg, Payout, PayoutState};
use db::proofs::Receipt;
use domain::clock::Time;

use super::{confirm, freeze, terms, transfers, unblock};
use crate::chain::client::View;
use crate::chain::rpc::{Mined, Sent};
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;

/// Requests in one round.
const ROUND: i64 = 20;

/// Escrow's answer: what was done, or why it was not.
type Answer = Result<&'static str, &'static str>;

/// Answers what was asked about payouts of a chain. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails; what a provider's trouble holds up waits.
pub(super) fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let chain = served.client.spec().id;
    let mut done: u32 = 0;
    for ask in ctx.db.read(|conn| held::asked(conn, chain, ROUND))? {
        let answer = match answer(ctx, (served, view), &ask) {
            Err(Fault::Chain(fault)) => {
                tracing::warn!(order = %ask.order, %fault, "a request about a payout waits");
                continue;
            }
            other => ctx.contain("requests", Some(ask.order), other.map(Some))?,
        };
        let answer = answer.unwrap_or(Err("it cannot be done; an alarm says why"));
        let now = ctx.now();
        ctx.write("answer-operator", move |tx| Ok(held::answer(tx, &ask, answer, now)?))?;
        done = done.saturating_add(1);
    }
    Ok(done)
}

fn answer(ctx: &Ctx, at: (&Served, &View), ask: &Ask) -> Result<Answer, Fault> {
    let (order, case) = (ask.order, ask.case);
    let (state, payout, legs) = ctx.db.read(|conn| {
        let payout = payouts::by_case(conn, order, case)?;
        Ok((ledger::state(conn, order)?, payout, payouts::legs_of(conn, order, case)?))
    })?;
    if state.as_ref().is_some_and(|state| state.held_reason.is_some()) {
        return thaw(ctx, ask);
    }
    let Some(payout) = payout.filter(|payout| payout.state == PayoutState::Held) else {
        return Ok(Err("no such payout is held"));
    };
    match ask.tx_hash {
        Some(hash) => adopt(ctx, at, (&payout, &legs), &hash),
        None => {
            let looked = unblock::look(ctx, at, (&payout, &legs), true)?;
            Ok(looked.map(|()| "the payout goes on"))
        }
    }
}

/// Lets everything about an order be looked at anew. What stopped it stops it again if it is still
/// so; its seal is looked at here.
fn thaw(ctx: &Ctx, ask: &Ask) -> Result<Answer, Fault> {
    let (order, now, key) = (ask.order, ctx.now(), Arc::clone(&ctx.keys));
    let done = ctx.write("thaw", move |tx| {
        let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
        if let Err(broken) = terms(tx, key.seal(), &state)? {
            freeze(tx, &mut state, "seal", &broken.to_string(), now)?;
            return Ok(false);
        }
        state = State { held_reason: None, updated_at: now, next_check_at: now, ..state };
        ledger::put_state(tx, &state)?;
        Ok(true)
    })?;
    Ok(if done == Some(true) {
        Ok("the order is no longer stopped; all of it is looked at anew")
    } else {
        Err("its seal is broken, so nothing of it moves")
    })
}

/// Takes a chain tx that is not in the ledger for the one of a leg, if it is just that: the same
/// sender, nonce, payee and sum, in a final block. One that failed there has used the nonce up.
fn adopt(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    hash: &[u8; 32],
) -> Result<Answer, Fault> {
    let Some(sent) = served.client.sent(hash)? else {
        return Ok(Err("the provider knows no such chain tx"));
    };
    let Some(leg) = legs.iter().find(|leg| is_of(leg, &sent)) else {
        return Ok(Err("it does not use the nonce of a leg that is on its way"));
    };
    let mined = served.client.mined(&[*hash])?.into_iter().flatten().next();
    let Some(mined) = mined.filter(|mined| mined.block_number <= view.fin.number) else {
        return Ok(Err("it is in no final block yet"));
    };
    let block = served.client.block(mined.block_number)?;
    let Some(block) = block.filter(|block| block.hash == mined.block_hash) else {
        return Ok(Err("its block is not on the chain any more"));
    };
    let paid = match leg.asset.token {
        None => sent.to == Some(leg.to) && sent.value == leg.amount,
        Some(token) => transfers::paid(served, hash, (leg, token))? == Some(true),
    };
    if mined.succeeded && !paid {
        return Ok(Err("it paid something else, so the leg cannot be paid from here"));
    }
    let now = ctx.now();
    let receipt = receipt(&mined, block.time, now);
    let (payout, leg) = (payout.clone(), leg.clone());
    let moved = ctx.write("adopt", move |tx| {
        confirm::finalise(tx, (&payout, &leg), (&receipt, confirm::REVERTED), now)
    })?;
    Ok(match (moved, mined.succeeded) {
        (Some(true), true) => Ok("it is taken down as what paid the leg"),
        (Some(true), false) => Ok("it is taken down as failed; ask once more to pay the leg anew"),
        _ => Err("it changed while it was looked at"),
    })
}

fn is_of(leg: &Leg, sent: &Sent) -> bool {
    leg.is_own()
        && leg.state.is_in_flight()
        && (leg.from, leg.nonce) == (sent.from, Some(sent.nonce))
}

fn receipt(mined: &Mined, block_at: Time, recorded_at: Time) -> Receipt {
    Receipt {
        tx_hash: mined.tx_hash,
        fee_paid: mined.fee,
        succeeded: mined.succeeded,
        block_number: mined.block_number,
        block_hash: mined.block_hash,
        block_at,
        recorded_at,
    }
}
