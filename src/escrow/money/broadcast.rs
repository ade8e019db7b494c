//! Broadcasting: the stored bytes of a leg are sent in every round until a block holds them. What
//! the provider answers is information and no conclusion.

use db::payouts::{Leg, LegState, Payout};
use db::proofs::{self, Attempt};
use db::todo::Todo;
use domain::clock::Span;

use super::{each, plan, relay, sign, top_ups};
use crate::chain::client::View;
use crate::ctx::{Ctx, Served};
use crate::evm::fees::{ATTEMPTS_MAX, Offer};
use crate::fault::Fault;

/// A leg that no block holds for so long gets a better offer.
pub(super) const PATIENCE: Span = Span::secs(90);
/// A leg that no block holds for so long, and for which no better offer is left, needs a person.
pub(super) const STUCK: Span = Span::minutes(60);

/// Sends what is signed and not seen. Answers how many chain txs the provider took.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    let sent = top_ups::send_all(ctx, served, view)?;
    let list = ("broadcast", served.client.spec().id, Todo::Broadcast);
    let legs = each(ctx, list, sign::ROUND, |payout, legs| {
        let mut done: u32 = 0;
        for leg in legs.iter().filter(|leg| leg.state == LegState::Signed) {
            let improved = match leg.asset.token {
                None => improve(ctx, (served, view), (payout, legs), leg),
                Some(_) if leg.by_transfer => improve(ctx, (served, view), (payout, legs), leg),
                Some(_) => relay::improve(ctx, view, (payout, legs), leg),
            };
            // What stands is sent, even if nothing better can be signed.
            ctx.contain("replace", Some(leg.order), improved)?;
            if send(ctx, served, leg)? {
                done = done.saturating_add(1);
            }
        }
        Ok(done)
    })?;
    Ok(sent.saturating_add(legs))
}

/// Sends the newest bytes of a leg.
fn send(ctx: &Ctx, served: &Served, leg: &Leg) -> Result<bool, Fault> {
    let attempts = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let Some(newest) = attempts.last() else {
        return Err(Fault::Ledger(format!("order {}: a leg is signed without bytes", leg.order)));
    };
    ctx.reach("broadcast: before")?;
    let sent = served.client.send(&newest.raw);
    ctx.reach("broadcast: after")?;
    match sent {
        Ok(()) => Ok(true),
        Err(fault) => {
            tracing::info!(order = %leg.order, leg = leg.leg, %fault, "broadcast");
            Ok(false)
        }
    }
}

/// Signs a replacement for a leg that no block took: same nonce, payee and sum, a better offer.
fn improve(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    (payout, legs): (&Payout, &[Leg]),
    leg: &Leg,
) -> Result<(), Fault> {
    let attempts = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let Some(last) = attempts.last() else { return Ok(()) };
    let waited = ctx.now().since(last.signed_at);
    // A leg behind one of its own payout waits for that one, not for a better price.
    let behind = legs.iter().any(|other| {
        other.leg < leg.leg && matches!(other.state, LegState::Planned | LegState::Signed)
    });
    if waited < PATIENCE || behind || plan::is_paused(ctx)? {
        return Ok(());
    }
    let offer = Offer { max_fee: last.max_fee, max_tip: last.max_tip };
    let better = if attempts.len() < ATTEMPTS_MAX {
        view.market.replace(offer, leg.fee_ceiling)
    } else {
        None
    };
    match better {
        // A token's leg offers no more than what came for its gas allows; more is sent for.
        Some(better)
            if leg.by_transfer
                && !top_ups::affords(ctx, (served, view), (payout, legs), (leg, better))? =>
        {
            Ok(())
        }
        Some(better) => {
            let number = last.attempt.saturating_add(1);
            sign::attempt(ctx, (payout, legs), leg, (number, better))?;
            ctx.reach("broadcast: replaced")
        }
        None if waited >= STUCK => stuck(ctx, payout, last),
        None => Ok(()),
    }
}

pub(super) fn stuck(ctx: &Ctx, payout: &Payout, last: &Attempt) -> Result<(), Fault> {
    let why = format!(
        "no block takes the payout of case {}, and {} attempts have reached the fee that was set aside",
        payout.case, last.attempt
    );
    ctx.alarm("stuck", Some(payout.order), why)
}
