//! Tokens without EIP-3009 leave by a plain transfer that the escrow address sends itself, under the
//! leg's own nonce, once the gas wallet has sent coin for its gas. Each is tried out before it is planned
//! and before it is signed; what a receipt's logs say of it decides, never its status alone.

use db::payouts::{Leg, Payout};
use db::proofs;
use domain::EvmAddress;

use super::costs::Limit;
use super::{carried, confirm, freeze_order, plan, relay, sign, top_ups};
use crate::chain::client::{Estimate, View};
use crate::chain::trial::Wanted;
use crate::ctx::{Ctx, Served};
use crate::evm::abi::Word;
use crate::evm::fees;
use crate::fault::{ChainFault, Fault};

/// Why a payout waits whose token said yes on the chain and moved nothing.
pub(super) const UNMOVED: &str =
    "the token's contract took the transfer on the chain and moved nothing";

/// Tries a transfer out.
///
/// # Errors
/// [`ChainFault`] when the provider does not serve.
pub(super) fn limit(served: &Served, wanted: &Wanted) -> Result<Limit, ChainFault> {
    Ok(match served.client.estimate_transfer(wanted)? {
        Err(_why) => Err(plan::MISMOVES),
        Ok(Estimate::Refuses(_)) => Err(plan::REFUSES),
        Ok(Estimate::Gas(gas)) => fees::transfer_limit(gas).ok_or(plan::REFUSES),
    })
}

/// Signs a leg that can be paid for, and stores the bytes. `false` if something forbids it or it has to
/// wait.
pub(super) fn attempt(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    leg: &Leg,
) -> Result<bool, Fault> {
    let Some((_, sealed)) = sign::permitted(ctx, payout, legs, leg)? else { return Ok(false) };
    let Some(token) = leg.asset.token else { return Ok(false) };
    if relay::is_dear(ctx, (served, view), &sealed, leg)? {
        return Ok(false);
    }
    // The token may have turned bad since it was planned.
    let wanted = Wanted { token, from: leg.from, to: leg.to, amount: leg.amount };
    match limit(served, &wanted) {
        Ok(Ok(_)) => {}
        Ok(Err(why)) => {
            carried::hold_as_seen(ctx, (payout, leg), why)?;
            return Ok(false);
        }
        Err(fault) => {
            tracing::warn!(order = %leg.order, leg = leg.leg, %fault, "a transfer cannot be tried");
            return Ok(false);
        }
    }
    let offer = view.market.first(leg.fee_ceiling);
    if !top_ups::affords(ctx, (served, view), (payout, legs), (leg, offer))? {
        return Ok(false);
    }
    let signed = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let number = signed.last().map_or(0, |last| last.attempt).saturating_add(1);
    sign::attempt(ctx, (payout, legs), leg, (number, offer))
}

/// Looks up one leg that is about. Says whether it moved on.
pub(super) fn confirm(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg, token): (&Payout, &Leg, EvmAddress),
) -> Result<bool, Fault> {
    let attempts = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let hashes: Vec<_> = attempts.iter().map(|attempt| attempt.tx_hash).collect();
    let found = served.client.mined(&hashes)?.into_iter().flatten().find(|mined| {
        // The hash binds all of it already; a receipt that says otherwise is a lie.
        mined.from == leg.from && mined.to == Some(token)
    });
    let Some(mined) = found else { return confirm::missing(ctx, served, view, (payout, leg)) };
    if mined.block_number > view.fin.number {
        return confirm::see(ctx, leg, &mined);
    }
    let block = served.client.block(mined.block_number)?;
    let Some(block) = block.filter(|block| block.hash == mined.block_hash) else {
        return Ok(false);
    };
    let paid =
        if mined.succeeded { paid(served, &mined.tx_hash, (leg, token))? } else { Some(false) };
    let Some(paid) = paid else {
        let why = "the token moved something else than the payment that it was told to make";
        freeze_order(ctx, leg.order, "conservation", why.to_owned())?;
        return Ok(false);
    };
    ctx.reach("confirm: final, before commit")?;
    let now = ctx.now();
    let why = if mined.succeeded { UNMOVED } else { confirm::REVERTED };
    let receipt = proofs::Receipt {
        succeeded: paid,
        ..carried::receipt(&mined, mined.fee, (block.time, now))
    };
    let (payout, leg) = (payout.clone(), leg.clone());
    let moved = ctx.write("leg-final", move |tx| {
        confirm::finalise(tx, (&payout, &leg), (&receipt, why), now)
    })?;
    ctx.reach("confirm: final, committed")?;
    Ok(moved.unwrap_or_default())
}

/// Whether a chain tx paid a leg, by the transfers that its receipt tells: exactly that one left the
/// address, or none did. None where something else left it, or nothing is told.
pub(super) fn paid(
    served: &Served,
    hash: &Word,
    (leg, token): (&Leg, EvmAddress),
) -> Result<Option<bool>, ChainFault> {
    let Some((_, transfers)) = served.client.delivered(hash, token)? else { return Ok(None) };
    let left: Vec<_> = transfers.iter().filter(|transfer| transfer.from == leg.from).collect();
    Ok(match left.as_slice() {
        [] => Some(false),
        [one] if (one.to, one.amount) == (leg.to, leg.amount) => Some(true),
        _ => None,
    })
}
