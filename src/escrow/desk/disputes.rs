//! Disputes: one that stands when escrow looks takes effect, and with it every payout that was
//! only announced is withdrawn.

use db::holds::{self, Hold};
use db::ledger::{self, State};
use db::{EscrowTx, inbox};
use domain::clock::Time;
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor};
use domain::life;
use domain::order::EventKind;
use domain::refusal::Refusal;

use crate::book::{self, Note};
use crate::ctx::Ctx;
use crate::fault::Fault;

/// Disputes in one round.
const ROUND: i64 = 200;

/// Puts disputes into effect. Answers how many.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx) -> Result<u32, Fault> {
    let orders = ctx.db.read(|conn| inbox::disputed_orders(conn, ROUND))?;
    let mut done: u32 = 0;
    for order in orders {
        let Ok(order) = order.parse::<OrderId>() else { continue };
        let now = ctx.now();
        let frozen = ctx.write("freeze", move |tx| {
            let Some(mut state) = ledger::state(tx, order)? else { return Ok(false) };
            freeze(tx, &mut state, now)
        });
        if ctx.contain("disputes", Some(order), frozen)? == Some(true) {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// Puts a dispute into effect on an order that has one and no payout, and withdraws what was
/// announced; says whether it did.
pub(crate) fn freeze(tx: &mut EscrowTx<'_>, state: &mut State, now: Time) -> Result<bool, Fault> {
    let has_place = life::after(EventKind::Frozen, book::standing(state)).is_some();
    if !has_place || !inbox::is_disputed(tx, state.order)? {
        return Ok(false);
    }
    // Whoever opened it, and if that cannot even be told: the money stays.
    let (role, by) = inbox::opener(tx, state.order)?;
    let role = role.and_then(|role| role.parse::<ActorRole>().ok());
    let actor = role.map_or(EventActor::Escrow, EventActor::from);
    let opener = by.and_then(|by| by.parse::<UserId>().ok());
    let comment = "A dispute was opened; the money stays where it is.";
    book::append(tx, state, Note::new(EventKind::Frozen, actor, comment).by(opener), now)?;
    if let Some(hold) = holds::open_hold(tx, state.order)? {
        withdraw(tx, state, &hold, &Refusal::Disputed.to_string(), now)?;
    }
    Ok(true)
}

/// Takes an announcement back and answers the intent behind it with a refusal.
pub(crate) fn withdraw(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    hold: &Hold,
    why: &str,
    now: Time,
) -> Result<(), Fault> {
    if !holds::settle(tx, hold, false, now)? {
        return Ok(());
    }
    if let Some(n) = hold.intent {
        ledger::answer(tx, (state.order, n), Some(why), now)?;
        let note = Note::new(EventKind::IntentRefused, EventActor::Escrow, why);
        book::append(tx, state, note.intent(Some(n)), now)?;
    }
    Ok(())
}
