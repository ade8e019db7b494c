//! Confirming: what became of signed legs. Only a receipt in a final block settles one.

use db::ledger::{self, State};
use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::proofs::{self, Receipt};
use db::todo::Todo;
use db::{Conn, EscrowTx, held, top_ups as sent_for_gas};
use domain::clock::{Span, Time};
use domain::ids::OrderId;
use domain::intent::EventActor;
use domain::order::EventKind;
use domain::settle::PayoutKind;

use super::{carried, each, payee, plan, sign, standing, top_ups, transfers};
use crate::book::{self, Note};
use crate::chain::client::View;
use crate::chain::rpc::Mined;
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;
use crate::journal;

/// So long a provider may not know a receipt of a nonce that it says is used.
pub(super) const SILENCE: Span = Span::minutes(2);
/// Why a payout waits whose nonce somebody else used.
pub(super) const FOREIGN: &str =
    "the nonce of a leg was used by a chain tx that is not in the ledger";
/// Why a payout waits whose leg failed on the chain.
pub(super) const REVERTED: &str = "the recipient's contract refused the transfer on the chain";

/// Looks up the legs of a chain that are about. Answers how many were moved on.
///
/// # Errors
/// [`Fault`] when the database fails; what a provider's trouble holds up waits.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    // Coin that came for gas is booked before what it was spent on.
    let came = top_ups::confirm_all(ctx, served, view)?;
    let list = ("confirm", served.client.spec().id, Todo::Confirm);
    let legs = each(ctx, list, sign::ROUND, |payout, legs| {
        let mut done: u32 = 0;
        for leg in legs.iter().filter(|leg| leg.state.is_in_flight()) {
            let confirmed = match leg.asset.token {
                None => confirm(ctx, served, view, (payout, leg)),
                Some(token) if leg.by_transfer => {
                    transfers::confirm(ctx, served, view, (payout, leg, token))
                }
                Some(token) => carried::confirm(ctx, served, view, (payout, leg, token)),
            };
            match confirmed {
                Ok(true) => done = done.saturating_add(1),
                Ok(false) => {}
                Err(Fault::Chain(fault)) => {
                    tracing::warn!(order = %leg.order, leg = leg.leg, %fault, "confirm");
                }
                Err(other) => {
                    ctx.contain("confirm", Some(leg.order), Err::<(), _>(other))?;
                }
            }
        }
        Ok(done)
    })?;
    Ok(came.saturating_add(legs))
}

fn confirm(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg): (&Payout, &Leg),
) -> Result<bool, Fault> {
    let attempts = ctx.db.read(|conn| proofs::attempts(conn, leg))?;
    let hashes: Vec<_> = attempts.iter().map(|attempt| attempt.tx_hash).collect();
    let found = served.client.mined(&hashes)?.into_iter().flatten().find(|mined| {
        // The hash binds all of it already; a receipt that says otherwise is a lie.
        mined.from == leg.from && mined.to == Some(leg.to)
    });
    let Some(mined) = found else { return missing(ctx, served, view, (payout, leg)) };
    if mined.block_number > view.fin.number {
        return see(ctx, leg, &mined);
    }
    let block = served.client.block(mined.block_number)?;
    let Some(block) = block.filter(|block| block.hash == mined.block_hash) else {
        return Ok(false);
    };
    ctx.reach("confirm: final, before commit")?;
    let now = ctx.now();
    let receipt = Receipt {
        tx_hash: mined.tx_hash,
        fee_paid: mined.fee,
        succeeded: mined.succeeded,
        block_number: mined.block_number,
        block_hash: mined.block_hash,
        block_at: block.time,
        recorded_at: now,
    };
    let (payout, leg) = (payout.clone(), leg.clone());
    let moved =
        ctx.write("leg-final", move |tx| finalise(tx, (&payout, &leg), (&receipt, REVERTED), now))?;
    ctx.reach("confirm: final, committed")?;
    Ok(moved.unwrap_or_default())
}

/// The leg is in a block that may still be taken back.
pub(super) fn see(ctx: &Ctx, leg: &Leg, mined: &Mined) -> Result<bool, Fault> {
    if leg.state == LegState::Seen && leg.block_hash == Some(mined.block_hash) {
        return Ok(false);
    }
    ctx.reach("confirm: seen, before commit")?;
    let (from, now) = (leg.state, ctx.now());
    let seen = Leg {
        state: LegState::Seen,
        tx_hash: Some(mined.tx_hash),
        block_hash: Some(mined.block_hash),
        state_at: now,
        ..leg.clone()
    };
    let moved = ctx.write("leg-seen", move |tx| Ok(payouts::move_leg(tx, &seen, from)?))?;
    ctx.reach("confirm: seen, committed")?;
    Ok(moved.unwrap_or_default())
}

/// No block holds the leg. If one did, it was taken back; if its nonce is used all the same,
/// something that the ledger does not know has used it: then nothing is signed or planned again.
pub(super) fn missing(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (payout, leg): (&Payout, &Leg),
) -> Result<bool, Fault> {
    let now = ctx.now();
    if leg.state == LegState::Seen {
        return gone(ctx, leg);
    }
    if payout.state == PayoutState::Held || now.since(leg.state_at) < SILENCE {
        return Ok(false);
    }
    if served.client.nonce(&view.fin, leg.from)? <= leg.own_nonce()? {
        return Ok(false);
    }
    let payout = payout.clone();
    let held = ctx.write("hold-foreign", move |tx| {
        let Some(mut state) = ledger::state(tx, payout.order)? else { return Ok(false) };
        plan::hold(tx, &mut state, (&payout, FOREIGN), now)?;
        Ok(true)
    })?;
    Ok(held.unwrap_or_default())
}

/// A leg that a block held waits for its block again.
pub(super) fn gone(ctx: &Ctx, leg: &Leg) -> Result<bool, Fault> {
    let back =
        Leg { state: LegState::Signed, block_hash: None, state_at: ctx.now(), ..leg.clone() };
    let moved =
        ctx.write("leg-gone", move |tx| Ok(payouts::move_leg(tx, &back, LegState::Seen)?))?;
    ctx.reach("confirm: gone")?;
    Ok(moved.unwrap_or_default())
}

/// Receipt, leg, event and, with the last leg, the payout's end in one write. Where the money did not
/// arrive, the payout is held for `why`.
pub(super) fn finalise(
    tx: &mut EscrowTx<'_>,
    (payout, leg): (&Payout, &Leg),
    (receipt, why): (&Receipt, &'static str),
    now: Time,
) -> Result<bool, Fault> {
    let Some(mut state) = ledger::state(tx, payout.order)? else {
        return Err(Fault::Ledger(format!("order {} has a payout and no state", payout.order)));
    };
    let end = if receipt.succeeded { LegState::Final } else { LegState::Reverted };
    let settled = Leg {
        state: end,
        tx_hash: Some(receipt.tx_hash),
        block_hash: Some(receipt.block_hash),
        state_at: now,
        ..leg.clone()
    };
    if !payouts::move_leg(tx, &settled, leg.state)? {
        return Ok(false);
    }
    proofs::insert_receipt(tx, leg, receipt)?;
    journal::receipt(tx, (leg, receipt), now)?;
    if !receipt.succeeded {
        plan::hold_for(tx, &mut state, (payout, why, Some(leg.role)), now)?;
        return Ok(true);
    }
    let comment = format!("{} paid to {}.", leg.asset.shown(leg.amount), payee(&state, leg.role));
    let note = Note::new(EventKind::LegPaid, EventActor::Chain, comment)
        .case(leg.case)
        .tx_hash(receipt.tx_hash);
    book::append(tx, &mut state, note, now)?;
    let legs = payouts::legs_of(tx, payout.order, payout.case)?;
    if is_over(tx, payout)? {
        finish(tx, &mut state, payout, now)?;
    } else if standing(&legs).all(|leg| !leg.state.is_in_flight())
        && held::one(tx, payout.order, payout.case)?.is_some_and(|held| held.reason == FOREIGN)
    {
        // The leg that was taken for lost is found; what waited because of it goes on.
        held::resume(tx, payout.order, payout.case)?;
    }
    Ok(true)
}

/// Whether all that a payout sends has come to its end: its legs, and what was sent for their gas.
fn is_over(conn: &mut Conn, payout: &Payout) -> Result<bool, Fault> {
    let legs = payouts::legs_of(conn, payout.order, payout.case)?;
    let top_ups = sent_for_gas::of_order(conn, payout.order)?;
    let waits = top_ups.iter().any(|one| one.case == payout.case && one.is_open());
    Ok(!waits && standing(&legs).all(|leg| leg.state == LegState::Final))
}

/// Ends a payout of which a top-up was the last to be settled.
pub(super) fn finish_late(
    tx: &mut EscrowTx<'_>,
    (order, case): (OrderId, i32),
    now: Time,
) -> Result<(), Fault> {
    let payout = payouts::by_case(tx, order, case)?;
    let Some(payout) = payout.filter(|payout| payout.state != PayoutState::Done) else {
        return Ok(());
    };
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(()) };
    if is_over(tx, &payout)? {
        finish(tx, &mut state, &payout, now)?;
    }
    Ok(())
}

/// All legs are final: the payout is done, and with case 0 the order.
fn finish(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    payout: &Payout,
    now: Time,
) -> Result<(), Fault> {
    payouts::finish(tx, payout.order, payout.case, now)?;
    let legs = payouts::legs_of(tx, payout.order, payout.case)?;
    let asset = legs.first().map_or(state.asset, |leg| leg.asset);
    journal::leftover(tx, (payout, asset), now)?;
    let cancels = payout.share.is_some_and(|share| share.division().cancels());
    let (kind, comment) = match (payout.case, payout.kind) {
        (0, PayoutKind::Release) => (EventKind::Released, "The vendor is paid."),
        (0, PayoutKind::Refund) if state.deposit => (EventKind::Refunded, "The store has it back."),
        (0, PayoutKind::Refund) => (EventKind::Refunded, "The buyer is paid back."),
        (0, PayoutKind::Split) if cancels => (EventKind::SplitCancelled, "Both are paid."),
        (0, PayoutKind::Split) => (EventKind::SplitReleased, "Both are paid."),
        _ if asset.is(&state.asset) => {
            (EventKind::LateMoneyReturned, "The money beyond the decision is back.")
        }
        _ => (EventKind::LateMoneyReturned, "What came in the wrong coin is back."),
    };
    state.next_check_at = now;
    let note = Note::new(kind, EventActor::Escrow, comment).case(payout.case);
    book::append(tx, state, note, now)?;
    tracing::info!(order = %payout.order, case = payout.case, kind = %kind, "payout done");
    Ok(())
}
