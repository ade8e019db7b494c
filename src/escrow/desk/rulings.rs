//! Rulings: staff ask for one, escrow keeps it under notice by its own clock, a party may call a second
//! staff member, and what nobody stops is announced as a split when its time has come.

use db::holds::{self, Share};
use db::ledger::{self, State};
use db::rulings::{self, RequestRow, Ruling};
use db::{DbError, EscrowTx, deadlines, placing, staff};
use domain::clock::{Span, Time};
use domain::deadline::{DeadlineKind, RunClock};
use domain::dispute::{self, Judge, RulingState};
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor};
use domain::limits::{RULED_A_DAY, RULING_LENGTH, RULING_NOTICE, SECOND_TIME, STAFF_SENIOR};
use domain::money::Bps;
use domain::order::EventKind;
use domain::refusal::Refusal;
use domain::settle::PayoutKind;
use domain::text;

use super::intents::Asked;
use super::{consents, offers};
use crate::book::{self, Note};
use crate::ctx::{self, Ctx};
use crate::fault::Fault;

/// Rulings in one round.
const ROUND: i64 = 200;
/// Staff that are looked at; no site has more.
const STAFF_MAX: i64 = 1_000;

/// What a request came to: the event that tells of it, or why it is refused.
pub(crate) type Answered = Result<(EventKind, String), Refusal>;

/// Announces the rulings whose notice is over, and in a full round notes who is staff. Answers how
/// many were moved on.
///
/// # Errors
/// [`Fault`] when the database fails.
pub fn run_once(ctx: &Ctx, full: bool) -> Result<u32, Fault> {
    let now = ctx.now();
    if full {
        match note_staff(ctx, now) {
            // A file or a row of web's that is spoilt there holds up no ruling that was taken down.
            Err(Fault::Db(error)) if error.is_of_file() || matches!(error, DbError::Corrupt(_)) => {
                ctx.alarm("files", None, format!("who is staff cannot be read: {error}"))?;
            }
            noted => noted?,
        }
    }
    let Some(clock) = ctx.db.read(deadlines::clock)? else { return Ok(0) };
    if !clock.fires(now) || ctx.db.read(placing::paused)? {
        return Ok(0);
    }
    let mut done: u32 = 0;
    for order in ctx.db.read(|conn| rulings::due(conn, clock.ran, ROUND))? {
        let fired = ctx.write("fire-ruling", move |tx| fire(tx, order, now));
        if ctx.contain("rulings", Some(order), fired)? == Some(true) {
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// Notes those who are staff by now and forgets those who are no more. Web's table is looked at
/// apart from the write, which is needed only where somebody comes or goes.
fn note_staff(ctx: &Ctx, now: Time) -> Result<(), Fault> {
    let (appointed, seen) =
        ctx.db.read(|conn| Ok((staff::appointed(conn, STAFF_MAX)?, staff::seen(conn)?)))?;
    let without = |all: &[String], others: &[String]| -> Vec<String> {
        all.iter().filter(|user| !others.contains(user)).cloned().collect()
    };
    let (new, gone) = (without(&appointed, &seen), without(&seen, &appointed));
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    ctx.write("note-staff", move |tx| {
        let signed = consents::are_signed(tx)?;
        for user in &new {
            staff::note(tx, user, now)?;
            if signed {
                let shown: String = user.chars().filter(char::is_ascii_hexdigit).collect();
                let message = format!("{shown} is staff by now, and may sign rulings in two days");
                ctx::alarm(tx, "staff", None, &message, now)?;
            }
        }
        for user in &gone {
            staff::forget(tx, user)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn fire(tx: &mut EscrowTx<'_>, order: OrderId, now: Time) -> Result<bool, Fault> {
    let Some(state) = ledger::state(tx, order)? else { return Ok(false) };
    if holds::open_hold(tx, order)?.is_some() {
        return Ok(false);
    }
    let Some(share) = asks_for(tx, &state)? else { return Ok(false) };
    holds::announce(tx, order, (PayoutKind::Split, Some(share)), None, now)?;
    Ok(true)
}

/// How a ruling whose notice is over divides the money of an order now.
///
/// # Errors
/// [`Fault`] when the database fails.
pub(crate) fn asks_for(tx: &mut EscrowTx<'_>, state: &State) -> Result<Option<Share>, Fault> {
    if !state.disputed || state.paying || state.held_reason.is_some() {
        return Ok(None);
    }
    let Some(clock) = deadlines::clock(tx)? else { return Ok(None) };
    let last = rulings::last(tx, state.order)?.filter(|last| last.standing().is_to_be());
    let over = last.filter(|last| last.due <= clock.ran);
    Ok(over.map(|ruling| Share { buyer: ruling.buyer, ruling: Some(ruling.n) }))
}

/// Whether a ruling that waits for nobody will be carried out: until then no deadline fires.
pub(crate) fn is_to_be(tx: &mut EscrowTx<'_>, order: OrderId) -> Result<bool, Fault> {
    Ok(rulings::last(tx, order)?.is_some_and(|last| last.standing().is_to_be()))
}

/// Who is about to rule; none where that is no staff member, or a party.
fn judge(
    tx: &mut EscrowTx<'_>,
    state: &State,
    user: UserId,
    now: Time,
) -> Result<Option<Judge>, Fault> {
    let party = offers::is_party(tx, state, (ActorRole::Buyer, user))?
        || offers::is_party(tx, state, (ActorRole::Vendor, user))?;
    if party || !staff::is_appointed(tx, user)? {
        return Ok(None);
    }
    let since = staff::seen_since(tx, user)?;
    if since.is_none() {
        staff::note(tx, &user.to_string(), now)?;
    }
    let senior = since.is_some_and(|since| now.since(since) >= STAFF_SENIOR);
    Ok(Some(Judge { id: user, senior }))
}

/// Takes a ruling down, under notice from now on. Where it is about more than its author may rule in a
/// day, it waits for a second staff member from the start.
pub(crate) fn rule(
    tx: &mut EscrowTx<'_>,
    state: &State,
    asked: Asked,
    now: Time,
) -> Result<Answered, Fault> {
    let Some(judge) = judge(tx, state, asked.actor, now)? else {
        return Ok(Err(Refusal::NotStaff));
    };
    let Some(wanted) = wanted(tx, state.order, asked)? else {
        let why = "what a ruling is to say cannot be read";
        ctx::alarm(tx, "intent", Some(state.order), why, now)?;
        return Ok(Err(Refusal::Unreadable));
    };
    let Some(clock) = deadlines::clock(tx)? else { return Ok(Err(Refusal::Preparing)) };
    let last = rulings::last(tx, state.order)?;
    let second = match dispute::may_rule(judge, last.as_ref().map(Ruling::standing).as_ref()) {
        Ok(second) => second,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(total) = total(tx, state)? else { return Ok(Err(Refusal::Unreadable)) };
    let today = rulings::ruled_since(tx, judge.id, now.before(Span::days(1)))?;
    let beyond = !second && today.saturating_add(total.get()) > RULED_A_DAY;
    if let Some(last) = &last {
        rulings::set_state(tx, (state.order, last.n), RulingState::Replaced)?;
    }
    let ruling = Ruling {
        n: last.map_or(1, |last| last.n.saturating_add(1)),
        staff: judge.id,
        buyer: wanted.0,
        reason: wanted.1,
        state: if beyond { RulingState::Contested } else { RulingState::Notice },
        second,
        contested_by: beyond.then(|| "limit".to_owned()),
        confirmed_by: None,
        due: clock.after(RULING_NOTICE),
        total,
        noted_at: now,
    };
    rulings::insert(tx, state.order, &ruling)?;
    let mut comment = format!("{} to the buyer.", ruling.buyer);
    if beyond {
        leave_time(tx, state.order, clock, now)?;
        comment.push_str(" It needs a second staff member, because of the sum.");
    }
    comment.push_str(&consents::told(tx, judge.id, now)?);
    Ok(Ok((EventKind::Ruled, comment)))
}

/// Share and reason of what web wrote under the number that a request names.
pub(crate) fn wanted(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    asked: Asked,
) -> Result<Option<(Bps, String)>, Fault> {
    let Some(n) = asked.about else { return Ok(None) };
    let row = rulings::requested(tx, order, n)?;
    let own = |row: &RequestRow| row.staff_id == asked.actor.to_string();
    Ok(row.filter(own).and_then(|row| {
        let buyer = u16::try_from(row.buyer_bps).ok().and_then(Bps::new)?;
        Some((buyer, text::paragraphs(&row.reason, RULING_LENGTH).ok()?))
    }))
}

/// What an order came to in cents, by its sealed terms.
fn total(tx: &mut EscrowTx<'_>, state: &State) -> Result<Option<domain::money::Cents>, Fault> {
    Ok(db::story::sealed_terms(tx, state.order)?.map(|sealed| sealed.terms.total))
}

/// Lets a ruling wait for a second staff member, because a party wants it.
pub(crate) fn contest(
    tx: &mut EscrowTx<'_>,
    state: &State,
    asked: Asked,
    now: Time,
) -> Result<Answered, Fault> {
    if !offers::is_party(tx, state, (asked.role, asked.actor))? {
        return Ok(Err(Refusal::NotYours));
    }
    let last = named(tx, state.order, asked)?;
    let last = match last.and_then(|last| dispute::may_contest(Some(&last)).map(|()| last)) {
        Ok(last) => last,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(clock) = deadlines::clock(tx)? else { return Ok(Err(Refusal::Preparing)) };
    rulings::contest(tx, (state.order, last.n), asked.role.as_str())?;
    leave_time(tx, state.order, clock, now)?;
    let comment = "The ruling waits until a second staff member has looked at it.";
    Ok(Ok((EventKind::Contested, comment.to_owned())))
}

/// Whether the ruling that a request names may be contested now.
pub(crate) fn may_be_contested(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    asked: Asked,
) -> Result<bool, Fault> {
    let last = named(tx, order, asked)?;
    Ok(last.is_ok_and(|last| dispute::may_contest(Some(&last)).is_ok()))
}

/// A second staff member agrees. The notice goes on, or is over already.
pub(crate) fn confirm(
    tx: &mut EscrowTx<'_>,
    state: &State,
    asked: Asked,
    now: Time,
) -> Result<Answered, Fault> {
    let Some(judge) = judge(tx, state, asked.actor, now)? else {
        return Ok(Err(Refusal::NotStaff));
    };
    let last = named(tx, state.order, asked)?;
    let last = match last.and_then(|last| dispute::may_confirm(judge, Some(&last)).map(|()| last)) {
        Ok(last) => last,
        Err(refusal) => return Ok(Err(refusal)),
    };
    rulings::confirm(tx, (state.order, last.n), judge.id)?;
    let signed = consents::told(tx, judge.id, now)?;
    let comment = format!("{} to the buyer.{signed}", last.buyer);
    Ok(Ok((EventKind::RulingConfirmed, comment)))
}

/// The last ruling, if it is the one that a request names.
pub(crate) fn named(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    asked: Asked,
) -> Result<Result<dispute::Ruling, Refusal>, Fault> {
    let last = rulings::last(tx, order)?.as_ref().map(Ruling::standing);
    Ok(match last {
        None => Err(Refusal::Unruled),
        Some(last) if asked.about == Some(last.n) => Ok(last),
        Some(_) => Err(Refusal::OtherRuling),
    })
}

/// The dispute does not run out before a second staff member had some time.
fn leave_time(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    clock: RunClock,
    now: Time,
) -> Result<(), Fault> {
    let known = deadlines::of_order(tx, order)?;
    let Some(running) = known.filter(|known| known.kind == DeadlineKind::Dispute) else {
        return Ok(());
    };
    let due = running.due.max(clock.after(SECOND_TIME));
    deadlines::put(tx, deadlines::Deadline { due, ..running }, now)?;
    Ok(())
}

/// Writes down what a request came to.
pub(crate) fn tell(
    tx: &mut EscrowTx<'_>,
    state: &mut State,
    asked: Asked,
    (kind, comment): (EventKind, String),
    now: Time,
) -> Result<(), Fault> {
    let note = Note::new(kind, EventActor::from(asked.role), comment)
        .by(Some(asked.actor))
        .intent(Some(asked.n));
    ledger::answer(tx, (asked.order, asked.n), None, now)?;
    book::append(tx, state, note, now)
}
