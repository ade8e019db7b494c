//! Intents: numbered requests that choose among what the sealed terms allow. A cancellation is
//! carried out here; a release or refund is announced, and planned only after another look.

use std::sync::Arc;

use db::deadlines::Deadline;
use db::intents::IntentRow;
use db::ledger::{self, State};
use db::{Conn, DbError, EscrowTx, deadlines, holds, inbox};
use domain::clock::{Span, Time};
use domain::deadline::DeadlineKind;
use domain::ids::{OrderId, UserId};
use domain::intent::{self, ActorRole, EventActor, IntentAction, Standing};
use domain::life::Change;
use domain::limits::INSPECTION_EXTENSION;
use domain::order::{EventKind, OrderStatus};
use domain::refusal::Refusal;
use domain::settle::PayoutKind;

use super::check::{self, Identity};
use super::consents::consented;
use super::{intake, offers, rulings};
use crate::book::{self, Note};
use crate::ctx::{self, Ctx};
use crate::fault::Fault;
use crate::seal::SealKey;

/// Intents in one round.
const ROUND: i64 = 200;
/// Intents placed longer ago are looked for in full rounds only.
const RECENT: Span = Span::hours(24);

const OUT_OF_TURN: &str = "a request carries a number that is not the next";

/// A request, read from its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) order: OrderId,
    pub(crate) n: i32,
    pub(crate) action: IntentAction,
    pub(crate) role: ActorRole,
    pub(crate) actor: UserId,
    /// Number of the offer or ruling that it is about.
    pub(crate) about: Option<i32>,
}

/// Says whether the wallet that has to sign agrees, or why that does not count.
type Consents<'a> = &'a dyn Fn(&mut EscrowTx<'_>, &State) -> Result<Result<(), String>, Fault>;

/// Answers the intents that wait, or announces what they ask for. A full round looks at all of
/// them, else at recent ones only. Answers how many were moved on.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx, full: bool) -> Result<u32, Fault> {
    let since = (!full).then(|| ctx.now().before(RECENT));
    let list = if full { ctx::all!("intents") } else { "intents" };
    let read = |conn: &mut Conn, part| inbox::open_intents(conn, since, part);
    ctx.walk(list, ROUND, read, |(order, n)| {
        ctx.contain("intents", order.parse().ok(), look_up(ctx, &order, n))
    })
}

fn look_up(ctx: &Ctx, order: &str, n: i32) -> Result<bool, Fault> {
    let row = ctx.db.read(|conn| inbox::intent(conn, order, n))?;
    if let Some((asked, row)) = row.and_then(|row| Some((read(&row)?, row))) {
        return take_up(ctx, asked, row);
    }
    let shown: String = order.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    ctx.alarm("intent", None, format!("a request about order {shown} cannot be read"))?;
    Ok(false)
}

pub(crate) fn read(row: &IntentRow) -> Option<Asked> {
    Some(Asked {
        order: row.order_id.parse().ok()?,
        n: row.n,
        action: row.action.parse().ok()?,
        role: row.actor_role.parse().ok()?,
        actor: row.actor_id.parse().ok()?,
        about: row.about_n,
    })
}

fn take_up(ctx: &Ctx, asked: Asked, row: IntentRow) -> Result<bool, Fault> {
    let now = ctx.now();
    // Looked at before as well: a flood of numbers costs no write.
    if !ctx.db.read(|conn| is_next(conn, asked))? {
        ctx.alarm("intent", Some(asked.order), OUT_OF_TURN.to_owned())?;
        return Ok(false);
    }
    let fresh = fresh_order(ctx, asked)?;
    let keys = Arc::clone(&ctx.keys);
    let moved = ctx.write("intent", move |tx| {
        let consents = |tx: &mut EscrowTx<'_>, state: &State| {
            consented(tx, keys.seal(), state, (asked, &row), now)
        };
        act(tx, asked, fresh.as_ref(), &consents, now)
    })?;
    ctx.reach("intents: announced")?;
    Ok(moved.unwrap_or_default())
}

/// An order that escrow could not take up yet can still be called off.
fn fresh_order(ctx: &Ctx, asked: Asked) -> Result<Option<Identity>, Fault> {
    let row = ctx.db.read(|conn| match ledger::state(conn, asked.order)? {
        Some(_) => Ok(None),
        None => inbox::order(conn, &asked.order.to_string()),
    })?;
    Ok(row.as_ref().and_then(check::identity))
}

/// Whether a request carries the next number of its order.
fn is_next(conn: &mut Conn, asked: Asked) -> Result<bool, DbError> {
    Ok(i64::from(asked.n) == ledger::answered(conn, asked.order)?.saturating_add(1))
}

/// Everything about an intent that needs no look at web's other tables, in one write.
fn act(
    tx: &mut EscrowTx<'_>,
    asked: Asked,
    fresh: Option<&Identity>,
    consents: Consents<'_>,
    now: Time,
) -> Result<bool, Fault> {
    let mut state = match (ledger::state(tx, asked.order)?, fresh) {
        (Some(state), _) => state,
        (None, Some(id)) => intake::fresh(id, now),
        (None, None) => return Ok(false),
    };
    if !is_next(tx, asked)? {
        ctx::alarm(tx, "intent", Some(asked.order), OUT_OF_TURN, now)?;
        return Ok(false);
    }
    if holds::open_hold(tx, asked.order)?.is_some() {
        // Announced already.
        return Ok(false);
    }
    let allowed = match is_own(&state, asked) {
        true => intent::check(asked.action, asked.role, standing(tx, &state)?),
        false => Err(Refusal::NotYours),
    };
    let allowed = match allowed {
        Ok(own) => consents(tx, &state)?.map(|()| own.change),
        Err(refusal) => Err(refusal.to_string()),
    };
    match (allowed, asked.action) {
        (Err(why), _) => refuse(tx, &mut state, asked, &why, now)?,
        (Ok(Change::Pay(kind)), IntentAction::Release | IntentAction::Refund) => {
            holds::announce(tx, asked.order, (kind, None), Some(asked.n), now)?;
        }
        (Ok(_), IntentAction::Cancel) => cancel(tx, &mut state, asked, now)?,
        (Ok(_), IntentAction::Extend) => extend(tx, &mut state, asked, now)?,
        (Ok(_), IntentAction::Resume) => resume(tx, &mut state, asked, now)?,
        (Ok(_), _) => in_dispute(tx, &mut state, asked, now)?,
    }
    Ok(true)
}

/// Requests about offers and rulings.
fn in_dispute(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    asked: Asked,
    now: Time,
) -> Result<(), Fault> {
    let answered = match asked.action {
        IntentAction::Rule => rulings::rule(tx, state, asked, now)?,
        IntentAction::Contest => rulings::contest(tx, state, asked, now)?,
        IntentAction::Confirm => rulings::confirm(tx, state, asked, now)?,
        _ => match offers::accepted(tx, state, asked)? {
            Ok(share) => {
                let split = (PayoutKind::Split, Some(share));
                holds::announce(tx, asked.order, split, Some(asked.n), now)?;
                return Ok(());
            }
            Err(refusal) => Err(refusal),
        },
    };
    match answered {
        Ok(told) => rulings::tell(tx, state, asked, told, now),
        Err(refusal) => refuse(tx, state, asked, &refusal.to_string(), now),
    }
}

/// Whether a party asks for something that comes before what is done without it: until that is
/// answered, no ruling is carried out and no dispute runs out.
pub(crate) fn is_pending(
    tx: &mut EscrowTx<'_>,
    key: &SealKey,
    state: &State,
    at: Time,
) -> Result<bool, Fault> {
    let answered = ledger::answered(tx, state.order)?;
    let row = inbox::next_intent(tx, state.order, answered)?;
    let Some((asked, row)) = row.and_then(|row| Some((read(&row)?, row))) else {
        return Ok(false);
    };
    if !offers::is_party(tx, state, (asked.role, asked.actor))?
        || intent::check(asked.action, asked.role, standing(tx, state)?).is_err()
        || consented(tx, key, state, (asked, &row), at)?.is_err()
    {
        return Ok(false);
    }
    Ok(match asked.action {
        IntentAction::Release | IntentAction::Refund => true,
        IntentAction::Accept => offers::accepted(tx, state, asked)?.is_ok(),
        IntentAction::Contest => rulings::may_be_contested(tx, state.order, asked)?,
        _ => false,
    })
}

/// How an order stands by escrow's own tables and by what the vendor says of the goods.
pub(crate) fn standing(tx: &mut EscrowTx<'_>, state: &State) -> Result<Standing, Fault> {
    Ok(Standing {
        dispatched: inbox::is_dispatched(tx, state.order)?,
        extended: deadlines::of_order(tx, state.order)?.is_some_and(|deadline| deadline.extended),
        ..book::standing(state)
    })
}

/// Who acts as the buyer must be the buyer that escrow took down.
pub(crate) fn is_own(state: &State, asked: Asked) -> bool {
    asked.role != ActorRole::Buyer || asked.actor == state.buyer
}

fn refuse(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    asked: Asked,
    why: &str,
    now: Time,
) -> Result<(), Fault> {
    ledger::answer(tx, (asked.order, asked.n), Some(why), now)?;
    if state.status == OrderStatus::New {
        // An event needs an order that was taken up; the answer says it all.
        return Ok(());
    }
    let note = Note::new(EventKind::IntentRefused, EventActor::Escrow, why).intent(Some(asked.n));
    book::append(tx, state, note, now)
}

fn cancel(tx: &mut EscrowTx<'_>, state: &mut State, asked: Asked, now: Time) -> Result<(), Fault> {
    let note = Note::new(EventKind::Cancelled, EventActor::from(asked.role), "Called off.")
        .by(Some(asked.actor))
        .intent(Some(asked.n));
    state.next_check_at = now;
    ledger::answer(tx, (asked.order, asked.n), None, now)?;
    book::append(tx, state, note, now)
}

/// More time to look at what came. A deadline that escrow has not set yet is waited for: the request
/// stays open.
fn extend(tx: &mut EscrowTx<'_>, state: &mut State, asked: Asked, now: Time) -> Result<(), Fault> {
    let Some(running) = deadlines::of_order(tx, asked.order)? else { return Ok(()) };
    if running.kind != DeadlineKind::Inspection {
        return Ok(());
    }
    let more = Time::from_micros(running.due).after(INSPECTION_EXTENSION).as_micros();
    deadlines::put(tx, Deadline { due: more, extended: true, ..running }, now)?;
    let comment = "Seven days more to look at what came.";
    granted(tx, state, asked, (EventKind::Extended, comment), now)
}

/// The buyer takes a late dispatch after all: the order goes on, and the time to look at what comes
/// begins.
fn resume(tx: &mut EscrowTx<'_>, state: &mut State, asked: Asked, now: Time) -> Result<(), Fault> {
    granted(tx, state, asked, (EventKind::Resumed, "The late dispatch was accepted."), now)
}

fn granted(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    asked: Asked,
    (kind, comment): (EventKind, &str),
    now: Time,
) -> Result<(), Fault> {
    let note = Note::new(kind, EventActor::from(asked.role), comment)
        .by(Some(asked.actor))
        .intent(Some(asked.n));
    ledger::answer(tx, (asked.order, asked.n), None, now)?;
    book::append(tx, state, note, now)
}
