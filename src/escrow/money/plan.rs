//! Planning a payout: announce, commit, then look. The announcement stands since the desk wrote
//! it; here, in another write, escrow looks at the disputes and at the intent afresh and either
//! plans the payout or takes the announcement back.

use std::sync::Arc;

use db::holds::{self, Hold, Share};
use db::ledger::{self, State};
use db::payouts::{self, Leg, LegState, Payout, PayoutState};
use db::{Conn, EscrowTx, clamps, held, inbox, placing};
use domain::clock::Time;
use domain::intent::{ActorRole, EventActor};
use domain::money::Amount;
use domain::order::EventKind;
use domain::seal::Terms;
use domain::settle::{self, Division, Indivisible, LegRole, PayoutKind, PayoutPlan};

use super::costs::Costs;
use super::day::{fits_day, worth};
use super::{
    OPERATOR_TIME, PAYEE_TIME, asked, confirm, costs, freeze, payee, standing, terms, transfers,
};
use crate::book::{self, Note};
use crate::chain::client::View;
use crate::ctx::{self, Ctx, Place, Served};
use crate::desk::{anchors, disputes};
use crate::fault::Fault;
use crate::journal;
use crate::seal::SealKey;

/// Announcements in one round.
const ROUND: i64 = 200;
/// Why a payout waits whose payee's contract refuses the transfer.
pub(crate) const REFUSES: &str = "the recipient's contract refuses the transfer";
/// Why a payout waits whose token cannot leave the escrow address at all.
pub(crate) const SHUT_OUT: &str =
    "the token's issuer lets nothing leave the escrow address; it is tried again each week";
/// Why a payout waits whose token would move another sum than it is told to.
pub(crate) const MISMOVES: &str =
    "the token's contract does not move the sum as it should; it is tried again each week";
/// Why a payout waits whose payee has another address since.
pub(crate) const MOVED: &str = "the payee has another address since, which is asked first";

/// A payout to be stored.
pub(crate) struct Draft<'a> {
    pub(crate) kind: PayoutKind,
    pub(crate) share: Option<Share>,
    pub(crate) case: i32,
    pub(crate) watermark: Amount,
    pub(crate) available: Amount,
    pub(crate) intent: Option<(i32, ActorRole)>,
    pub(crate) plan: &'a PayoutPlan,
}

/// Whether the operator has paused payouts.
pub(crate) fn is_paused(ctx: &Ctx) -> Result<bool, Fault> {
    Ok(ctx.db.read(placing::paused)?)
}

/// Settles the announcements of a chain. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails; what a provider's trouble holds up waits.
pub fn run_once(ctx: &Ctx, served: &Served, view: &View) -> Result<u32, Fault> {
    if is_paused(ctx)? || ctx.lacks_web()? {
        return Ok(0);
    }
    let chain = served.client.spec().id;
    let list = |conn: &mut Conn, after: Option<&Place>, limit: i64| {
        holds::open_holds(conn, chain, after, limit)
    };
    let mut done: u32 = 0;
    for (order, _) in ctx.next_of((chain, "plan"), ROUND, list)? {
        let found = ctx.db.read(|conn| {
            let hold = holds::open_hold(conn, order)?;
            Ok(hold.zip(ledger::state(conn, order)?))
        });
        let settled = match found {
            Ok(Some((hold, state))) => settle_hold(ctx, (served, view), &state, hold),
            Ok(None) => Ok(false),
            Err(error) => Err(error.into()),
        };
        if ctx.contain("plan", Some(order), settled)? {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// How the money of an order is divided by an outcome.
fn divide(
    hold: &Hold,
    sealed: &Terms,
    available: Amount,
    leg_fee: Amount,
) -> Result<PayoutPlan, Indivisible> {
    let division = match (hold.kind, hold.share) {
        (_, Some(share)) => share.division(),
        (PayoutKind::Release, None) => Division::RELEASE,
        (_, None) => Division::REFUND,
    };
    settle::split(sealed, available, leg_fee, division)
}

fn settle_hold(
    ctx: &Ctx,
    (served, view): (&Served, &View),
    state: &State,
    hold: Hold,
) -> Result<bool, Fault> {
    let key = Arc::clone(&ctx.keys);
    let sealed = ctx.db.read(|conn| Ok(terms(conn, key.seal(), state)))??;
    let costs = match &sealed {
        Ok(sealed) => {
            let draft = |by: &Terms, fee: Amount| divide(&hold, by, state.credited, fee);
            match costs::ask(served, view, sealed, &draft) {
                Ok(Some(costs)) => Some(costs),
                Ok(None) => {
                    let why =
                        "the network's fees are above the sum; the payout waits for them to fall";
                    ctx.alarm("fees", Some(hold.order), why.to_owned())?;
                    None
                }
                Err(fault) => {
                    tracing::warn!(order = %hold.order, %fault, "a payout cannot be planned now");
                    None
                }
            }
        }
        Err(_) => None,
    };
    ctx.reach("plan: before the look")?;
    let now = ctx.now();
    let done = ctx.write("plan", move |tx| {
        let Some(mut state) = ledger::state(tx, hold.order)? else { return Ok(false) };
        look(tx, &mut state, &hold, (key.seal(), costs.as_ref()), now)
    })?;
    ctx.reach("plan: committed")?;
    Ok(done.unwrap_or_default())
}

/// The look after the announcement, and what follows from it, in one write.
fn look(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    hold: &Hold,
    (key, costs): (&SealKey, Option<&Costs>),
    now: Time,
) -> Result<bool, Fault> {
    let open = holds::open_hold(tx, hold.order)?.as_ref() == Some(hold);
    if !open || state.held_reason.is_some() || placing::paused(tx)? {
        return Ok(false);
    }
    if inbox::is_disputed(tx, hold.order)? && disputes::freeze(tx, state, now)? {
        return Ok(true);
    }
    let role = match asked::still_asked(tx, state, hold, key)? {
        Ok(role) => role,
        Err(why) => {
            disputes::withdraw(tx, state, hold, &why, now)?;
            return Ok(true);
        }
    };
    let sealed = match terms(tx, key, state)? {
        Ok(sealed) => sealed,
        Err(broken) => {
            freeze(tx, state, "seal", &broken.to_string(), now)?;
            return Ok(false);
        }
    };
    let Some(costs) = costs else { return Ok(false) };
    let sealed = if costs.invited { sealed } else { sealed.without_referral() };
    let Ok(plan) = divide(hold, &sealed, state.credited, costs.leg_fee) else {
        return Ok(false);
    };
    let draft = Draft {
        kind: hold.kind,
        share: hold.share,
        case: 0,
        watermark: state.credited,
        available: state.credited,
        intent: hold.intent.zip(role),
        plan: &plan,
    };
    if !fits_day(tx, (&sealed, draft.available), now)?
        || !store(tx, state, (&sealed, &draft, costs), now)?
    {
        return Ok(false);
    }
    if let Some(n) = hold.intent {
        ledger::answer(tx, (hold.order, n), None, now)?;
    }
    Ok(holds::settle(tx, hold, true, now)?)
}

/// Stores a payout with its legs, whose nonces follow the ledger's. `false` if a payee came up
/// that was not asked about.
pub(crate) fn store(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (sealed, draft, costs): (&Terms, &Draft<'_>, &Costs),
    now: Time,
) -> Result<bool, Fault> {
    let payout = Payout {
        order: state.order,
        case: draft.case,
        kind: draft.kind,
        share: draft.share,
        state: PayoutState::Planned,
        watermark: draft.watermark,
        available: draft.available,
        fee_reserve: draft.plan.fee_reserve,
        held_reason: None,
        planned_at: now,
    };
    let first = payouts::next_nonce(tx, sealed.chain, sealed.escrow)?;
    let mut legs = Vec::new();
    for ((number, nonce), leg) in (0..).zip(first..).zip(&draft.plan.legs) {
        let Some((_, gas_limit)) = costs.gas.iter().find(|(to, _)| *to == leg.to) else {
            return Ok(false);
        };
        legs.push(Leg {
            order: state.order,
            case: draft.case,
            leg: number,
            role: leg.role,
            to: leg.to,
            amount: leg.amount,
            asset: sealed.asset(),
            by_transfer: super::by_transfer(sealed),
            from: sealed.escrow,
            nonce: (!super::is_carried(sealed)).then_some(nonce),
            gas_limit: *gas_limit,
            fee_ceiling: costs.ceiling,
            state: LegState::Planned,
            tx_hash: None,
            block_hash: None,
            state_at: now,
        });
    }
    if !super::is_faithful(std::slice::from_ref(sealed), &payout, &legs) {
        return Err(Fault::Ledger(format!("the plan of order {} is not lawful", state.order)));
    }
    anchors::take(tx, now)?;
    payouts::insert(tx, &payout)?;
    let cents = worth(sealed, draft.available);
    clamps::note_payout(tx, (state.order, draft.case), (sealed.chain, cents), now)?;
    for leg in &legs {
        payouts::insert_leg(tx, leg)?;
    }
    journal::payout(tx, state, (&payout, &legs), now)?;
    let parts: Vec<String> = legs
        .iter()
        .map(|leg| format!("{} to {}", leg.asset.shown(leg.amount), payee(state, leg.role)))
        .collect();
    let comment = format!("On its way: {}.", parts.join(", "));
    let actor = draft.intent.map_or(EventActor::Escrow, |(_, role)| EventActor::from(role));
    let note = Note::new(EventKind::PayoutPlanned, actor, comment)
        .case(draft.case)
        .intent(draft.intent.map(|(n, _)| n));
    book::append(tx, state, note, now)?;
    if let Some((why, role)) = costs.refused {
        hold_for(tx, state, (&payout, why, Some(role)), now)?;
    }
    Ok(true)
}

/// Lets a payout wait for whoever can help it on: a row, an event and an alarm; no status.
pub(crate) fn hold(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (payout, why): (&Payout, &str),
    now: Time,
) -> Result<(), Fault> {
    let legs = payouts::legs_of(tx, payout.order, payout.case)?;
    hold_for(tx, state, (payout, why, waiting_for(&legs)), now)
}

/// The same, where it is known whom the leg in trouble would pay.
pub(super) fn hold_for(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    (payout, why, payee): (&Payout, &str, Option<LegRole>),
    now: Time,
) -> Result<(), Fault> {
    let (owner, time) = match why {
        SHUT_OUT | MISMOVES | transfers::UNMOVED => ("issuer", PAYEE_TIME),
        MOVED => ("escrow", OPERATOR_TIME),
        REFUSES | confirm::REVERTED => match payee {
            Some(LegRole::Vendor) => ("vendor", PAYEE_TIME),
            Some(LegRole::Buyer) => ("buyer", PAYEE_TIME),
            // It goes to the site instead, in the next round.
            Some(LegRole::Referral) => ("escrow", OPERATOR_TIME),
            Some(LegRole::Commission | LegRole::Resolver) | None => ("operator", OPERATOR_TIME),
        },
        _ => ("operator", OPERATOR_TIME),
    };
    if !held::hold(tx, (payout.order, payout.case), (why, owner), now.after(time))? {
        return Ok(());
    }
    let note = Note::new(EventKind::PayoutHeld, EventActor::Escrow, format!("Held: {why}."));
    book::append(tx, state, note.case(payout.case), now)?;
    ctx::alarm(tx, "payout", Some(state.order), why, now)
}

/// Whom the first leg would pay that is not on its way.
fn waiting_for(legs: &[Leg]) -> Option<LegRole> {
    let mut waiting =
        standing(legs).filter(|leg| matches!(leg.state, LegState::Planned | LegState::Reverted));
    waiting.next().map(|leg| leg.role)
}
