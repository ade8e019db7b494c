//! Deadlines of funded orders, and the clock that they run by.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::clock::Time;
use domain::deadline::{DeadlineKind, RunClock};
use domain::ids::OrderId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{
    escrow_heartbeat, order_deadlines, order_state, payout_holds, shipment_events,
};

const ONE: i32 = 1;

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

/// Open orders whose deadline is not the one that their state asks for
/// ([`domain::deadline::running`]), up to `limit`.
pub fn unset(conn: &mut Conn, limit: i64) -> Result<Vec<OrderId>, DbError> {
    let dispatched = || {
        exists(shipment_events::table.filter(shipment_events::order_id.eq(order_state::order_id)))
    };
    let kind_is_not = |kind: DeadlineKind| {
        order_deadlines::kind
            .nullable()
            .is_null()
            .or(order_deadlines::kind.nullable().ne(kind.as_str()))
    };
    let funded = order_state::status.eq(OrderStatus::Completed.as_str());
    let frozen = order_state::status.eq(OrderStatus::Frozen.as_str());
    let ids: Vec<String> = order_state::table
        .left_join(order_deadlines::table.on(order_deadlines::order_id.eq(order_state::order_id)))
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .filter(order_state::paying.eq(false))
        .filter(order_state::held_reason.is_null())
        .filter(
            funded
                .and(order_state::disputed.eq(false))
                .and(diesel::dsl::not(dispatched()))
                .and(kind_is_not(DeadlineKind::Handling))
                .or(funded
                    .and(order_state::disputed.eq(false))
                    .and(dispatched())
                    .and(kind_is_not(DeadlineKind::Inspection)))
                .or(frozen
                    .and(order_state::disputed.eq(false))
                    .and(kind_is_not(DeadlineKind::Refund)))
                .or(frozen
                    .and(order_state::disputed.eq(true))
                    .and(kind_is_not(DeadlineKind::Dispute))),
        )
        .limit(limit)
        .select(order_state::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("order_state.order_id", id)).collect()
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
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .filter(order_state::paying.eq(false))
        .filter(
            order_state::disputed
                .eq(false)
                .or(order_deadlines::kind.eq(DeadlineKind::Dispute.as_str())),
        )
        .filter(order_state::held_reason.is_null())
        .filter(diesel::dsl::not(announced))
        .order(order_deadlines::due_micros)
        .limit(limit)
        .select(order_deadlines::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("order_deadlines.order_id", id)).collect()
}

/// Orders that were funded before a moment and have come to no end, up to `limit`.
pub fn stuck(conn: &mut Conn, funded_before: Time, limit: i64) -> Result<Vec<OrderId>, DbError> {
    let ids: Vec<String> = order_state::table
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .filter(order_state::funded_at.lt(codec::stamp(funded_before)))
        .limit(limit)
        .select(order_state::order_id)
        .load(conn)?;
    ids.iter().map(|id| codec::parsed("order_state.order_id", id)).collect()
}
