//! Money beyond the decision: what came late, twice, after the end or in another asset goes back to the
//! buyer by a case of its own. A watermark of credited sums makes one deposit belong to one case.

use std::sync::Arc;

use db::ledger::{self, State};
use db::payouts::{self, Payout, PayoutState};
use db::{Conn, DbError, placing, tokens};
use domain::asset::{Asset, STABLE_USD};
use domain::intent::EventActor;
use domain::money::{Amount, UsdMicros};
use domain::order::EventKind;
use domain::seal::Terms;
use domain::settle::{self, PayoutKind};

use super::costs::{self, Costs};
use super::plan::{self, Draft};
use super::{astray, day, terms};
use crate::book::{self, Note};
use crate::chain::client::View;
use crate::ctx::{Ctx, Served};
use crate::fault::Fault;
use crate::seal::SealKey;

/// The case that would be opened for an order now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    number: i32,
    asset: Asset,
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
    let Some(case) = ctx.db.read(|conn| due(conn, state, state.asset))? else { return Ok(0) };
    give_back(ctx, (served, view), state, (case, None))
}

/// Opens a case that is due for what strayed to an order, if it is more than dust. Answers 1 if it did.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(super) fn return_stray(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    state: &State,
    case: Case,
) -> Result<u32, Fault> {
    let usd = match case.asset.token {
        Some(_) => Some(STABLE_USD),
        None => {
            let rate = ctx.db.read(|conn| placing::newest_rate(conn, case.asset.rate_name()))?;
            rate.map(|(_, rate)| rate.usd)
        }
    };
    // What it is worth must be known, for the bound on what leaves within a day.
    if usd.is_none() {
        return Ok(0);
    }
    give_back(ctx, (served, view), state, (case, usd))
}

/// The terms by which a case leaves, at a price where it is not the order's own.
fn terms_of(
    conn: &mut Conn,
    key: &SealKey,
    state: &State,
    (case, usd): (&Case, Option<UsdMicros>),
) -> Result<Option<Terms>, Fault> {
    let Ok(sealed) = terms(conn, key, state)? else { return Ok(None) };
    let terms = astray::terms_in(conn, &sealed, &case.asset)?;
    Ok(terms.map(|terms| Terms { usd: usd.unwrap_or(terms.usd), ..terms }))
}

/// Whether the next nonce of the order's address is the next of its legs. It is not where something
/// else was sent with its key: then nobody can tell what is whose.
fn is_next(ctx: &Ctx, (served, view): (&Served, &View), sealed: &Terms) -> Result<bool, Fault> {
    if super::is_carried(sealed) {
        return Ok(true);
    }
    let ours = ctx.db.read(|conn| payouts::next_nonce(conn, sealed.chain, sealed.escrow))?;
    match served.client.nonce(&view.fin, sealed.escrow) {
        Ok(theirs) if theirs == ours => Ok(true),
        // An older block than the legs were settled by says nothing.
        Ok(theirs) if theirs < ours => Ok(false),
        Ok(_) => {
            let why = format!("{} has sent what escrow did not send", sealed.escrow);
            ctx.alarm("stray", Some(sealed.order), why)?;
            Ok(false)
        }
        Err(fault) => {
            tracing::warn!(order = %sealed.order, %fault, "what strayed waits");
            Ok(false)
        }
    }
}

fn give_back(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    state: &State,
    (case, usd): (Case, Option<UsdMicros>),
) -> Result<u32, Fault> {
    let (order, strayed) = (state.order, !case.asset.is(&state.asset));
    if plan::is_paused(ctx)? || state.held_reason.is_some() {
        return Ok(0);
    }
    let key = Arc::clone(&ctx.keys);
    let sealed = ctx.db.read(|conn| Ok(terms_of(conn, key.seal(), state, (&case, usd))))?;
    let Some(sealed) = sealed? else { return Ok(0) };
    let Some(costs) = costs(ctx, served, view, (&sealed, case.available))? else { return Ok(0) };
    if strayed && !is_next(ctx, (served, view), &sealed)? {
        return Ok(0);
    }
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
        if due(tx, &state, case.asset)? != Some(case) || state.held_reason.is_some() {
            return Ok(false);
        }
        let Some(sealed) = terms_of(tx, key.seal(), &state, (&case, usd))? else {
            return Ok(false);
        };
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
        let came = case.asset.shown(case.available);
        let comment = if strayed {
            format!("{came} came, where {} is due.", state.asset.symbol)
        } else {
            format!("{came} came in beyond the decision and goes back.")
        };
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
        if plan::store(tx, &mut state, (&sealed, &draft, &costs), now)? && strayed {
            tokens::settle_stray(tx, order, &case.asset)?;
        }
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
    match costs::ask(served, view, sealed, &draft) {
        Ok(costs) => Ok(costs),
        Err(fault) => {
            tracing::warn!(order = %sealed.order, %fault, "late money waits");
            ctx.reach("residual: provider failed")?;
            Ok(None)
        }
    }
}

/// The case that is due: the order has ended, nothing of it is on its way, and more came in of an asset
/// than earlier cases settled.
pub(super) fn due(conn: &mut Conn, state: &State, asset: Asset) -> Result<Option<Case>, DbError> {
    if !state.status.is_terminal() {
        return Ok(None);
    }
    let earlier: Vec<Payout> = payouts::of_order(conn, state.order)?;
    if earlier.iter().any(|payout| payout.state != PayoutState::Done) {
        return Ok(None);
    }
    let (available, watermark) = if asset.is(&state.asset) {
        let own = astray::of_asset(conn, earlier.clone(), &asset)?;
        let settled = own.iter().map(|payout| payout.watermark).max().unwrap_or_default();
        (state.credited.minus(settled), state.credited)
    } else {
        let strays = tokens::strays_of(conn, state.order)?;
        let there = strays.iter().find(|stray| stray.asset.is(&asset)).map(|stray| stray.amount);
        (there.unwrap_or_default(), there.unwrap_or_default())
    };
    if available.is_zero() {
        return Ok(None);
    }
    let number = earlier.iter().map(|payout| payout.case).max().unwrap_or(0).saturating_add(1);
    Ok(Some(Case { number, asset, available, watermark }))
}
