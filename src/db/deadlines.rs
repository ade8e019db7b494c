//! Deadlines of funded orders, and the clock that they run by.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::clock::Time;
use domain::deadline::{self, DeadlineKind, RunClock};
use domain::ids::OrderId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::inbox::is_key;
use crate::schema::{
    alarms, escrow_heartbeat, order_deadlines, order_state, payout_holds, shipment_events,
};

const ONE: i32 = 1;

/// The statuses in which a deadline can run, as words.
fn open_words() -> impl Iterator<Item = &'static str> {
    deadline::statuses().map(OrderStatus::as_str)
}

/// The kinds of deadlines that a dispute does not stop, as words.
fn of_disputes() -> impl Iterator<Item = &'static str> {
    let kinds = DeadlineKind::ALL.iter().copied().filter(|kind| deadline::is_of_dispute(*kind));
    kinds.map(DeadlineKind::as_str)
}

/// The deadline that runs for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The order.
    pub order: OrderId,
    /// What is to happen by then.
    pub kind: DeadlineKind,
    /// The reading of [`RunClock`] at which it fires, in microseconds.
    pub due: i64,
    /// The buyer has taken more time.
    pub extended: bool,
}

/// The clock of deadlines; none before escrow's first beat.
pub fn clock(conn: &mut Conn) -> Result<Option<RunClock>, DbError> {
    type Found = (i64, Option<NaiveDateTime>, Option<NaiveDateTime>);
    let found: Option<Found> = escrow_heartbeat::table
        .find(ONE)
        .select((
            escrow_heartbeat::ran_micros,
            escrow_heartbeat::ran_at,
            escrow_heartbeat::quiet_until,
        ))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(ran, at, quiet)| {
        Some(RunClock { ran, at: codec::time(at?), quiet_until: quiet.map(codec::time) })
    }))
}

/// Writes the clock beside the heartbeat, which must be there.
pub fn set_clock(tx: &mut EscrowTx<'_>, clock: RunClock) -> Result<(), DbError> {
    diesel::update(escrow_heartbeat::table.find(ONE))
        .set((
            escrow_heartbeat::ran_micros.eq(clock.ran),
            escrow_heartbeat::ran_at.eq(codec::stamp(clock.at)),
            escrow_heartbeat::quiet_until.eq(clock.quiet_until.map(codec::stamp)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The deadline of an order.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Deadline>, DbError> {
    let found: Option<(String, i64, bool)> = order_deadlines::table
        .find(order.to_string())
        .select((order_deadlines::kind, order_deadlines::due_micros, order_deadlines::extended))
        .first(conn)
        .optional()?;
    found
        .map(|(kind, due, extended)| {
            let kind = codec::parsed("order_deadlines.kind", &kind)?;
            Ok(Deadline { order, kind, due, extended })
        })
        .transpose()
}

/// Sets the deadline of an order in place of an earlier one.
pub fn put(tx: &mut EscrowTx<'_>, deadline: Deadline, at: Time) -> Result<(), DbError> {
    let values = (
        order_deadlines::kind.eq(deadline.kind.as_str()),
        order_deadlines::due_micros.eq(deadline.due),
        order_deadlines::extended.eq(deadline.extended),
        order_deadlines::set_at.eq(codec::stamp(at)),
    );
    let id = deadline.order.to_string();
    if diesel::update(order_deadlines::table.find(&id)).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(order_deadlines::table)
            .values((order_deadlines::order_id.eq(id), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Takes the deadline of an order away; one that is not there is away already.
pub fn clear(tx: &mut EscrowTx<'_>, order: OrderId) -> Result<(), DbError> {
    diesel::delete(order_deadlines::table.find(order.to_string())).execute(tx.conn())?;
    Ok(())
}

/// An open order with the deadline that is set for it, as its row was read.
type Open = (String, String, bool, bool, Option<String>);

/// Orders among these rows whose deadline is not the one that their state asks for.
fn wrong(rows: Vec<Open>) -> Result<Vec<OrderId>, DbError> {
    let mut all = Vec::new();
    for (id, status, disputed, dispatched, kind) in rows {
        let status = codec::parsed("order_state.status", &status)?;
        let wanted = deadline::running(status, disputed, dispatched);
        if wanted.is_some() && kind.as_deref() != wanted.map(DeadlineKind::as_str) {
            all.push(codec::parsed("order_state.order_id", &id)?);
        }
    }
    Ok(all)
}

/// Rows of open orders that may have a deadline, with what decides about it.
macro_rules! open {
    () => {
        order_state::table
            .left_join(
                order_deadlines::table.on(order_deadlines::order_id.eq(order_state::order_id)),
            )
            .filter(order_state::deposit.eq(false))
            .filter(order_state::paying.eq(false))
            .filter(order_state::held_reason.is_null())
            .select((
                order_state::order_id,
                order_state::status,
                order_state::disputed,
                exists(
                    shipment_events::table
                        .filter(shipment_events::order_id.eq(order_state::order_id)),
                ),
                order_deadlines::kind.nullable(),
            ))
    };
}

/// Orders that changed or were dispatched since a moment and whose deadline is not the one that
/// their state asks for ([`deadline::running`]), up to `limit` of each kind.
pub fn unset_since(conn: &mut Conn, since: Time, limit: i64) -> Result<Vec<OrderId>, DbError> {
    let since = codec::stamp(since);
    let mut rows: Vec<Open> = Vec::new();
    for status in deadline::statuses() {
        let changed = open!()
            .filter(order_state::status.eq(status.as_str()))
            .filter(order_state::updated_at.ge(since))
            .order(order_state::updated_at.desc())
            .limit(limit);
        rows.extend(changed.load::<Open>(conn)?);
    }
    let sent: Vec<String> = shipment_events::table
        .filter(shipment_events::created_at.ge(since))
        .filter(is_key!(shipment_events.order_id))
        .order(shipment_events::created_at.desc())
        .limit(limit)
        .select(shipment_events::order_id)
        .load(conn)?;
    if !sent.is_empty() {
        let sent = open!()
            .filter(order_state::order_id.eq_any(sent))
            .filter(order_state::status.eq_any(open_words()));
        rows.extend(sent.load::<Open>(conn)?);
    }
    wrong(rows)
}

/// Looks at the next `limit` open orders of a status, in the order of their ids behind `after`:
/// those whose deadline is not the one that their state asks for, and the last one looked at, if
/// there may be more.
pub fn unset_after(
    conn: &mut Conn,
    (status, after): (OrderStatus, &str),
    limit: i64,
) -> Result<(Vec<OrderId>, Option<String>), DbError> {
    let rows: Vec<Open> = open!()
        .filter(order_state::status.eq(status.as_str()))
        .filter(order_state::order_id.gt(after))
        .order(order_state::order_id)
        .limit(limit)
        .load(conn)?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
    let last = rows.last().filter(|_| full).map(|row| row.0.clone());
    Ok((wrong(rows)?, last))
}

/// Deadlines that are over at the reading `ran` and not acted on yet, the earliest first, up to
/// `limit`.
pub fn due(conn: &mut Conn, ran: i64, limit: i64) -> Result<Vec<OrderId>, DbError> {
    let announced = exists(
        payout_holds::table
            .filter(payout_holds::order_id.eq(order_deadlines::order_id))
            .filter(payout_holds::state.eq("held")),
    );
    let ids: Vec<String> = order_deadlines::table
        .inner_join(order_state::table.on(order_state::order_id.eq(order_deadlines::order_id)))
        .filter(order_deadlines::due_micros.le(ran))
        .filter(order_state::status.eq_any(open_words()))
        .filter(order_state::paying.eq(false))
        .filter(order_state::disputed.eq(false).or(order_deadlines::kind.eq_any(of_disputes())))
        .filter(order_state::held_reason.is_null())
        .filter(diesel::dsl::not(announced))
        .order(order_deadlines::due_micros)
        .limit(limit)
        .select(order_deadlines::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("order_deadlines.order_id", id)).collect()
}

/// Orders that were funded before a moment, have come to no end and stand in no alarm of this kind,
/// the longest funded first, up to `limit`.
pub fn stuck(
    conn: &mut Conn,
    (funded_before, alarm): (Time, &str),
    limit: i64,
) -> Result<Vec<OrderId>, DbError> {
    let told = alarms::table
        .filter(alarms::order_id.eq(order_state::order_id.nullable()))
        .filter(alarms::kind.eq(alarm.to_owned()));
    let ids: Vec<String> = order_state::table
        .filter(order_state::status.eq_any(open_words()))
        .filter(order_state::deposit.eq(false))
        .filter(order_state::funded_at.lt(codec::stamp(funded_before)))
        .filter(diesel::dsl::not(exists(told)))
        .order(order_state::funded_at)
        .limit(limit)
        .select(order_state::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("order_state.order_id", id)).collect()
}

/// How many orders were funded before a moment and have come to no end, counted up to `most`.
pub fn count_stuck(conn: &mut Conn, funded_before: Time, most: i64) -> Result<i64, DbError> {
    let found: Vec<i32> = order_state::table
        .filter(order_state::status.eq_any(open_words()))
        .filter(order_state::deposit.eq(false))
        .filter(order_state::funded_at.lt(codec::stamp(funded_before)))
        .limit(most)
        .select(order_state::last_seq)
        .load(conn)?;
    codec::number("order_state", found.len())
}
