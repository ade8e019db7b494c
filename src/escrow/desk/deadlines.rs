//! Deadlines of funded orders: setting the one that an order's state asks for, and doing what was
//! agreed when it is over. Nothing is paid from here: a payout is announced and goes the way of all
//! others, with another look at the disputes.

use std::collections::BTreeSet;

use db::deadlines::{self, Deadline};
use db::holds::Share;
use db::ledger::{self, State};
use db::{Conn, EscrowTx, held, holds, inbox, placing, story};
use domain::chain::ChainId;
use domain::clock::{Span, Time};
use domain::deadline::{self, DeadlineKind, RunClock};
use domain::dispute;
use domain::ids::OrderId;
use domain::intent::EventActor;
use domain::life::{self, Change};
use domain::limits::{DISPUTE_TIME, REFUND_AFTER, STUCK_AFTER};
use domain::order::EventKind;
use domain::settle::PayoutKind;

use super::{offers, rulings};
use crate::book::{self, Note};
use crate::ctx::Ctx;
use crate::fault::Fault;
use crate::money::{freeze, terms};
use crate::seal::SealKey;

/// Orders in one round, of each kind.
const ROUND: i64 = 200;
/// Open orders of each status that a round looks at beside those that changed.
const WALK: i64 = 500;
/// What changed within this is looked at in each round.
const RECENT: Span = Span::minutes(2);
/// The kinds of the alarms that are raised here.
const STUCK: &str = "stuck";
const HELD: &str = "held";

/// Sets deadlines and lets those fire that are over. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    let Some(clock) = ctx.db.read(deadlines::clock)? else { return Ok(0) };
    let mut done: u32 = 0;
    for order in unset(ctx)? {
        let key = std::sync::Arc::clone(&ctx.keys);
        let now = ctx.now();
        let set = ctx.write("set-deadline", move |tx| set(tx, (order, key.seal()), clock, now));
        done = done.saturating_add(u32::from(
            ctx.contain("deadlines", Some(order), set)?.unwrap_or_default(),
        ));
    }
    let now = ctx.now();
    if !clock.fires(now) || ctx.db.read(placing::paused)? {
        return Ok(done);
    }
    for order in ctx.db.read(|conn| deadlines::due(conn, clock.ran, ROUND))? {
        let fired = ctx.write("fire-deadline", move |tx| fire(tx, order, now));
        done = done.saturating_add(u32::from(
            ctx.contain("deadlines", Some(order), fired)?.unwrap_or_default(),
        ));
    }
    alarm_stuck(ctx, now)?;
    Ok(done)
}

/// Orders of which the deadline is to be set: those that changed or were sent a little while ago at
/// once, and of all others a part each round, so that none is forgotten and no round looks at all.
fn unset(ctx: &Ctx) -> Result<BTreeSet<OrderId>, Fault> {
    let since = ctx.now().before(RECENT);
    let mut found: BTreeSet<OrderId> =
        ctx.db.read(|conn| deadlines::unset_since(conn, since, ROUND))?.into_iter().collect();
    for status in deadline::statuses() {
        let list = (ChainId::from(0), status.as_str());
        let part =
            |conn: &mut Conn, after: &str| deadlines::unset_after(conn, (status, after), WALK);
        found.extend(ctx.go_on(list, part)?);
    }
    Ok(found)
}

/// Sets the deadline that runs as an order stands.
fn set(
    tx: &mut EscrowTx<'_>,
    (order, key): (OrderId, &SealKey),
    clock: RunClock,
    now: Time,
) -> Result<bool, Fault> {
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
    let Some(kind) = wanted(tx, &state)? else { return Ok(false) };
    let known = deadlines::of_order(tx, order)?;
    if known.is_some_and(|known| known.kind == kind) {
        return Ok(false);
    }
    let sealed = match terms(tx, key, &state)? {
        Ok(sealed) => sealed,
        Err(broken) => {
            freeze(tx, &mut state, "seal", &broken.to_string(), now)?;
            return Ok(false);
        }
    };
    let span = match kind {
        DeadlineKind::Handling => Span::hours(sealed.handling_hours),
        DeadlineKind::Inspection => Span::hours(sealed.inspection_hours),
        DeadlineKind::Refund => REFUND_AFTER,
        DeadlineKind::Dispute => DISPUTE_TIME,
    };
    deadlines::put(tx, Deadline { order, kind, due: clock.after(span), extended: false }, now)?;
    Ok(true)
}

/// The deadline that should run for an order by escrow's tables and by what the vendor says.
fn wanted(tx: &mut EscrowTx<'_>, state: &State) -> Result<Option<DeadlineKind>, Fault> {
    if state.deposit || state.paying || state.held_reason.is_some() {
        return Ok(None);
    }
    let dispatched = inbox::is_dispatched(tx, state.order)?;
    Ok(deadline::running(state.status, state.disputed, dispatched))
}

/// The deadline of an order, if it is over and still the one that should run.
fn over(tx: &mut EscrowTx<'_>, state: &State) -> Result<Option<DeadlineKind>, Fault> {
    let Some(clock) = deadlines::clock(tx)? else { return Ok(None) };
    let known = deadlines::of_order(tx, state.order)?.filter(|known| known.due <= clock.ran);
    let wanted = wanted(tx, state)?;
    Ok(known.map(|known| known.kind).filter(|kind| Some(*kind) == wanted))
}

/// The payout that the deadline of an order asks for now.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(crate) fn asks_for(
    tx: &mut EscrowTx<'_>,
    state: &State,
) -> Result<Option<(PayoutKind, Option<Share>)>, Fault> {
    let over = over(tx, state)?.and_then(life::at_end_of);
    Ok(match over.map(|over| over.change) {
        // A ruling that is to be comes before silence.
        Some(Change::Pay(PayoutKind::Split)) if rulings::is_to_be(tx, state.order)? => None,
        Some(Change::Pay(PayoutKind::Split)) => {
            Some((PayoutKind::Split, Some(silence(tx, state)?)))
        }
        Some(Change::Pay(kind)) => Some((kind, None)),
        _ => None,
    })
}

/// How the money is divided when a dispute runs out. What the vendor says of the goods counts if he
/// said it before the dispute.
fn silence(tx: &mut EscrowTx<'_>, state: &State) -> Result<Share, Fault> {
    let frozen = story::first_at(tx, state.order, EventKind::Frozen)?;
    let dispatched = match frozen {
        Some(frozen) => inbox::was_dispatched(tx, state.order, frozen)?,
        None => false,
    };
    let buyer = dispute::by_default(&offers::counting(tx, state.order)?, dispatched);
    Ok(Share { buyer, ruling: None })
}

/// Does what was agreed for the end of a deadline. A dispute that stands comes first; requests were
/// answered earlier in the round.
fn fire(tx: &mut EscrowTx<'_>, order: OrderId, now: Time) -> Result<bool, Fault> {
    let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
    let overtaken = inbox::is_disputed(tx, order)? && !state.disputed;
    if overtaken || holds::open_hold(tx, order)?.is_some() {
        return Ok(false);
    }
    if over(tx, &state)? == Some(DeadlineKind::Handling) {
        let comment = "It was not dispatched in time.";
        let note = Note::new(EventKind::Overdue, EventActor::Escrow, comment);
        book::append(tx, &mut state, note, now)?;
        return Ok(true);
    }
    let Some(payout) = asks_for(tx, &state)? else { return Ok(false) };
    holds::announce(tx, order, payout, None, now)?;
    Ok(true)
}

/// Tells the operator of orders that have come to no end for long, each once: by the calendar, because
/// nothing moves by it, but not while the operator paused escrow or it has just come back.
fn alarm_stuck(ctx: &Ctx, now: Time) -> Result<(), Fault> {
    let before = now.before(STUCK_AFTER);
    for order in ctx.db.read(|conn| deadlines::stuck(conn, (before, STUCK), ROUND))? {
        let why = "funded for a month and without an outcome; please look at it";
        ctx.alarm(STUCK, Some(order), why.to_owned())?;
    }
    for held in ctx.db.read(|conn| held::late(conn, (now, HELD), ROUND))? {
        let why = format!("a payout is held beyond its time: {}", held.reason);
        ctx.alarm(HELD, Some(held.order), why)?;
    }
    Ok(())
}
