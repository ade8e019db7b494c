//! What people are told: from what escrow and web wrote, into the outbox.
//!
//! Each part is one write, which tells at most so much; what is left comes the next time. Whatever
//! was told is known by whom, of what and on which occasion, so that a part may run again after it
//! was cut off anywhere.

use std::collections::HashSet;

use db::feeds::{self, Item, Place};
use db::held::Held;
use db::{Conn, CourierTx, DbError, codec, deadlines, held, nearing, outbox, reseals, rulings};
use domain::chain::STABLE_QUOTE;
use domain::clock::{Span, Time};
use domain::deadline::{DeadlineKind, RunClock};
use domain::ids::{OrderId, UserId};
use domain::intent::{ActorRole, EventActor};
use domain::limits::{
    DISPUTE_REMINDER, DISPUTE_TIME, DUE_REMINDER, INSPECTION_REMINDERS, NOTICES_KEPT,
    REMINDER_QUIET,
};
use domain::notice::{self, Notice, What};
use domain::order::EventKind;

/// Rows of a feed that are read at once.
const ROUND: i64 = 200;
/// Members of a store, and staff, that are told; no site has more.
const PEOPLE_MAX: i64 = 1_000;
/// The kind of the alarms that staff are told of.
const STUCK: &str = "stuck";

/// Everybody whom an order concerns.
struct People(Vec<(UserId, ActorRole)>);

impl People {
    /// The parties of an order and staff. Who is a party in it is not told as staff.
    fn of(conn: &mut Conn, order: OrderId, roles: &[ActorRole]) -> Result<Self, DbError> {
        let Some((buyer, store)) = feeds::parties(conn, order)? else {
            return Ok(Self(Vec::new()));
        };
        let members = feeds::members(conn, store, PEOPLE_MAX)?;
        let mut all = vec![(buyer, ActorRole::Buyer)];
        all.extend(members.into_iter().map(|user| (user, ActorRole::Vendor)));
        if roles.contains(&ActorRole::Staff) {
            let parties: HashSet<UserId> = all.iter().map(|(user, _)| *user).collect();
            let staff = feeds::staff(conn, PEOPLE_MAX)?;
            let others = staff.into_iter().filter(|user| !parties.contains(user));
            all.extend(others.map(|user| (user, ActorRole::Staff)));
        }
        all.retain(|(_, role)| roles.contains(role));
        Ok(Self(all))
    }

    /// A notice to each of them.
    fn told(self, notice: &Notice) -> Vec<Notice> {
        let to = |(user, role)| Notice { user, role, ..notice.clone() };
        self.0.into_iter().map(to).collect()
    }
}

/// What is the same for everybody who is told.
fn notice(order: OrderId, what: What, occasion: i64, happened_at: Time) -> Notice {
    Notice {
        // Each copy gets its own.
        user: UserId::from_random([0; 16]),
        role: ActorRole::Buyer,
        order,
        what,
        occasion,
        note: String::new(),
        happened_at,
        due_at: None,
    }
}

/// Reads a feed on and tells what is new in it. A row that cannot be read is left out, and logged.
/// Answers how many were told.
fn read_on(
    tx: &mut CourierTx<'_>,
    (feed, now): (&'static str, Time),
    list: impl FnOnce(&mut Conn, &Place, i64) -> Result<Vec<Item>, DbError>,
    what: impl Fn(&Item) -> Option<What>,
    tell: impl Fn(&mut Conn, &Item, What) -> Result<Vec<Notice>, DbError>,
) -> Result<usize, DbError> {
    let from = feeds::place(tx, feed, now)?;
    let items = list(tx, &from, ROUND)?;
    let told = {
        let orders: HashSet<&str> = items.iter().map(|item| item.order.as_str()).collect();
        outbox::told(tx, &orders)?
    };
    let mut new: usize = 0;
    for item in &items {
        let Some(what) = what(item) else { continue };
        // What is so old was removed if it was told, and is no news if it was not.
        if item.place.at < now.before(NOTICES_KEPT) {
            continue;
        }
        let key = (item.order.clone(), what.as_str().to_owned(), i64::from(item.n));
        if told.contains(&key) {
            continue;
        }
        match tell(tx, item, what) {
            Ok(notices) => new = new.saturating_add(outbox::put(tx, &notices, now)?),
            Err(error @ DbError::Corrupt(_)) => {
                tracing::error!(feed, order = item.order, %error, "a row is not told");
            }
            Err(error) => return Err(error),
        }
    }
    let full = i64::try_from(items.len()).is_ok_and(|count| count >= ROUND);
    let to = items.last().filter(|_| full).map(|item| item.place.clone());
    feeds::read_to(tx, feed, (from, to), now)?;
    Ok(new)
}

/// Tells of escrow's events.
///
/// # Errors
/// What the database says.
pub(crate) fn events(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let kind = |item: &Item| item.kind.parse::<EventKind>().ok();
    let what = move |item: &Item| kind(item).and_then(notice::of_event).map(|(what, _)| what);
    read_on(tx, ("events", now), feeds::events, what, move |conn, item, what| {
        let roles = kind(item).and_then(notice::of_event).map(|(_, roles)| roles);
        of_item(conn, item, (what, roles.unwrap_or_default()), now)
    })
}

/// Tells of what vendors sent.
///
/// # Errors
/// What the database says.
pub(crate) fn shipments(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let what = |_: &Item| Some(What::Dispatched);
    read_on(tx, ("shipments", now), feeds::shipments, what, move |conn, item, what| {
        of_item(conn, item, (what, &[ActorRole::Buyer]), now)
    })
}

/// Tells staff of orders that are stuck.
///
/// # Errors
/// What the database says.
pub(crate) fn alarms(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let list = |conn: &mut Conn, place: &Place, limit| feeds::alarms(conn, STUCK, place, limit);
    let what = |_: &Item| Some(What::Stuck);
    read_on(tx, ("alarms", now), list, what, move |conn, item, what| {
        of_item(conn, item, (what, &[ActorRole::Staff]), now)
    })
}

/// What a row of a feed comes to.
fn of_item(
    conn: &mut Conn,
    item: &Item,
    (what, roles): (What, &[ActorRole]),
    now: Time,
) -> Result<Vec<Notice>, DbError> {
    let order: OrderId = codec::parsed("order_id", &item.order)?;
    let actor: EventActor = codec::parsed("actor_role", &item.actor)?;
    let by: Option<UserId> = codec::parsed_opt("actor_id", item.by.as_deref())?;
    let mut notice = notice(order, what, i64::from(item.n), item.place.at);
    match what {
        What::PayoutHeld => {
            let case = item.case.unwrap_or_default();
            notice.note = match held::one(conn, order, case)? {
                Some(held) => {
                    notice.due_at = held.deadline;
                    waits_for(&held)
                }
                // It went on meanwhile.
                None => item.comment.clone(),
            };
        }
        What::Ruled => {
            let last = rulings::last(conn, order)?.map(|ruling| ruling.due);
            notice.due_at = moment(conn, last, now)?;
        }
        What::ResealAsked => {
            let party = item.actor.parse::<ActorRole>().unwrap_or(ActorRole::Buyer);
            let due = reseals::one(conn, (order, party))?.map(|reseal| reseal.due);
            notice.due_at = moment(conn, due, now)?;
        }
        What::ResealEnded => notice.note.clone_from(&item.comment),
        _ => {}
    }
    let mut people = People::of(conn, order, roles)?;
    people.0.retain(|whom| notice::concerns(*whom, (actor, by)));
    Ok(people.told(&notice))
}

/// Why a payout waits, and for whom.
fn waits_for(held: &Held) -> String {
    let whom = match held.owner.as_str() {
        "buyer" => "the buyer",
        "vendor" => "the vendor",
        "issuer" => "the issuer of the token",
        "escrow" => "escrow, which tries again",
        _ => "the operator",
    };
    format!("It waits for {whom}: {}.", held.reason)
}

/// When the clock of deadlines will come to a reading, if nothing stops it.
fn moment(conn: &mut Conn, due: Option<i64>, now: Time) -> Result<Option<Time>, DbError> {
    let clock = deadlines::clock(conn)?;
    Ok(due.zip(clock).map(|(due, clock)| clock.moment(due, now)))
}

/// A reminder of a deadline: which, how long before its end, and to whom.
type Reminder = (DeadlineKind, What, Span, ActorRole);

/// The reminders of deadlines, but for those of a kind the longest before the end first.
fn reminders_of_deadlines() -> [Reminder; 4] {
    let [first, last] = INSPECTION_REMINDERS;
    let open = DISPUTE_TIME.as_secs().saturating_sub(DISPUTE_REMINDER.as_secs());
    let open = Span::secs(u32::try_from(open).unwrap_or_default());
    [
        (DeadlineKind::Handling, What::DispatchSoon, DUE_REMINDER, ActorRole::Vendor),
        (DeadlineKind::Inspection, What::InspectSoon, first, ActorRole::Buyer),
        (DeadlineKind::Inspection, What::InspectLast, last, ActorRole::Buyer),
        (DeadlineKind::Dispute, What::SecondLook, open, ActorRole::Staff),
    ]
}

/// Reminds of what ends soon: deadlines, the time to pay, the time of held payouts. While the clock
/// of deadlines stands still nobody is reminded of deadlines; while it is quiet after a gap people
/// are, also of those that are over and come as soon as it is not. Answers how many were.
///
/// # Errors
/// What the database says.
pub(crate) fn reminders(tx: &mut CourierTx<'_>, now: Time, runs: bool) -> Result<usize, DbError> {
    let mut new = payments(tx, now)?.saturating_add(held_soon(tx, now)?);
    let Some(clock) = deadlines::clock(tx)?.filter(|_| runs) else {
        return Ok(new);
    };
    for reminder in reminders_of_deadlines() {
        new = new.saturating_add(remind(tx, reminder, clock, now)?);
    }
    Ok(new)
}

fn remind(
    tx: &mut CourierTx<'_>,
    (kind, what, before, role): Reminder,
    clock: RunClock,
    now: Time,
) -> Result<usize, DbError> {
    // Of two reminders of one deadline the later alone is due near its end.
    let from = match what {
        What::InspectSoon => clock.after(INSPECTION_REMINDERS[1]),
        _ if clock.fires(now) => clock.ran,
        _ => i64::MIN,
    };
    let set_before = now.before(REMINDER_QUIET);
    let until = clock.after(before);
    let mut new: usize = 0;
    for (order, due) in nearing::deadlines(tx, (kind, what), (from, until), set_before, ROUND)? {
        let mut notice = notice(order, what, due, now);
        notice.due_at = Some(clock.moment(due, now));
        let mut people = People::of(tx, order, &[role])?;
        if what == What::SecondLook {
            // Whoever ruled has looked at it; it is another one's turn.
            let judges = nearing::judges(tx, order)?;
            people.0.retain(|(user, _)| !judges.contains(&user.to_string()));
        }
        new = new.saturating_add(outbox::put(tx, &people.told(&notice), now)?);
    }
    Ok(new)
}

/// Half of the time to pay is over, and nothing is on its way.
fn payments(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let half = Span::secs(u32::try_from(STABLE_QUOTE.as_secs() / 2).unwrap_or_default());
    let mut new: usize = 0;
    for (order, expires_at) in nearing::payments(tx, (now, half), ROUND)? {
        let mut notice = notice(order, What::PaySoon, 0, now);
        notice.due_at = Some(expires_at);
        let people = People::of(tx, order, &[ActorRole::Buyer])?;
        new = new.saturating_add(outbox::put(tx, &people.told(&notice), now)?);
    }
    Ok(new)
}

/// The time of a held payout ends within a day: told to whoever can help it on.
fn held_soon(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let mut new: usize = 0;
    for held in nearing::held(tx, (now, DUE_REMINDER))? {
        let role = match held.owner.as_str() {
            "buyer" => ActorRole::Buyer,
            "vendor" => ActorRole::Vendor,
            _ => ActorRole::Staff,
        };
        let occasion = held.deadline.map_or(0, Time::as_micros);
        let mut notice = notice(held.order, What::HeldSoon, occasion, now);
        notice.due_at = held.deadline;
        notice.note = waits_for(&held);
        let people = People::of(tx, held.order, &[role])?;
        new = new.saturating_add(outbox::put(tx, &people.told(&notice), now)?);
    }
    Ok(new)
}
