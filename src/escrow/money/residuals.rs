//! Money beyond the decision: what came late, twice or after the end goes back to the buyer by a
//! case of its own. A watermark of credited sums makes one deposit belong to one case.

use std::sync::Arc;

use db::ledger::{self, State};
use db::payouts::{self, Payout, PayoutState};
use db::{Conn, DbError};
use domain::intent::EventActor;
use domain::money::Amount;
use domain::order::EventKind;
use domain::seal::Terms;
use domain::settle::{self, PayoutKind};

use super::plan::{self, Costs, Draft};
use super::{day, terms};
use crate::book::{self, Note};
use crate::chain::client::View;
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;

/// The case that would be opened for an order now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Case {
    number: i32,
    available: Amount,
    watermark: Amount,
}

/// Opens a case if an order that has ended holds money beyond dust. Answers 1 if it did.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View, state: &State) -> Result<u32, Fault> {
    if !state.status.is_terminal() || state.credited.is_zero() {
        return Ok(0);
    }
    let order = state.order;
    let Some(case) = ctx.db.read(|conn| due(conn, state))? else { return Ok(0) };
    if plan::is_paused(ctx)? || state.held_reason.is_some() {
        return Ok(0);
    }
    let key = Arc::clone(&ctx.keys);
    let sealed = ctx.db.read(|conn| Ok(terms(conn, key.seal(), state)))?;
    let Ok(sealed) = sealed? else { return Ok(0) };
    let Some(costs) = costs(ctx, served, view, (&sealed, case.available))? else { return Ok(0) };
    if let Some((why, _)) = costs.refused {
        // It stays booked. A case of its own would be held and keep later money from going back.
        let why = format!("late money stays where it is: {why}");
        ctx.alarm("residual", Some(order), why)?;
        return Ok(0);
    }
    ctx.reach("residual: before plan")?;
    let now = ctx.now();
    let planned = ctx.write("plan-residual", move |tx| {
        let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
        // Looked at again within the write.
        if due(tx, &state)? != Some(case) || state.held_reason.is_some() {
            return Ok(false);
        }
        let Ok(sealed) = terms(tx, key.seal(), &state)? else { return Ok(false) };
        let Ok(legs) = settle::refund(&sealed, case.available, costs.leg_fee) else {
            return Ok(false);
        };
        // Sealed anew while it was looked at: the new address is asked in the next round.
        if !costs.gas.iter().any(|(to, _)| *to == sealed.refund) {
            return Ok(false);
        }
        if !day::fits_day(tx, (&sealed, case.available), now)? {
            return Ok(false);
        }
        let comment = format!(
            "{} came in beyond the decision and goes back.",
            state.asset.shown(case.available)
        );
        let note = Note::new(EventKind::LateMoney, EventActor::Chain, comment).case(case.number);
        book::append(tx, &mut state, note, now)?;
        let draft = Draft {
            kind: PayoutKind::Residual,
            share: None,
            case: case.number,
            watermark: case.watermark,
            available: case.available,
            intent: None,
            plan: &legs,
        };
        plan::store(tx, &mut state, (&sealed, &draft, &costs), now)?;
        Ok(true)
    })?;
    ctx.reach("residual: planned")?;
    Ok(u32::from(planned == Some(true)))
}

/// What it would take, if it is more than dust and the payee's account can be asked about.
fn costs(
    ctx: &Ctx,
    served: &Served,
    view: &View,
    (sealed, available): (&Terms, Amount),
) -> Result<Option<Costs>, Fault> {
    let draft = |by: &Terms, fee: Amount| settle::refund(by, available, fee);
    match plan::costs(served, view, sealed, &draft) {
        Ok(costs) => Ok(costs),
        Err(fault) => {
            tracing::warn!(order = %sealed.order, %fault, "late money waits");
            ctx.reach("residual: provider failed")?;
            Ok(None)
        }
    }
}

/// The case that is due: the order has ended, nothing of it is on its way, and more came in than
/// earlier cases settled.
fn due(conn: &mut Conn, state: &State) -> Result<Option<Case>, DbError> {
    if !state.status.is_terminal() {
        return Ok(None);
    }
    let earlier: Vec<Payout> = payouts::of_order(conn, state.order)?;
    if earlier.iter().any(|payout| payout.state != PayoutState::Done) {
        return Ok(None);
    }
    let settled = earlier.iter().map(|payout| payout.watermark).max().unwrap_or_default();
    let available = state.credited.minus(settled);
    if available.is_zero() {
        return Ok(None);
    }
    let number = earlier.iter().map(|payout| payout.case).max().unwrap_or(0).saturating_add(1);
    Ok(Some(Case { number, available, watermark: state.credited }))
}
