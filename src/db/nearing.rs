//! Orders of which somebody is to be reminded, and has not been: what ends first comes first.

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::clock::{Span, Time};
use domain::deadline::{self, DeadlineKind};
use domain::ids::OrderId;
use domain::money::Amount;
use domain::notice::What;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::error::DbError;
use crate::held::Held;
use crate::payouts::PayoutState;
use crate::schema::{order_deadlines, order_state, outbox, payouts, rulings};

/// Held payouts that are looked at; of those whose time is about to end there are few.
const HELD_MAX: i64 = 1_000;

/// Orders with a running deadline of a kind whose reading lies in `(from, until]` and that was set
/// before a moment, unless somebody was told `what` of that reading; with the reading.
pub fn deadlines(
    conn: &mut Conn,
    (kind, what): (DeadlineKind, What),
    (from, until): (i64, i64),
    set_before: Time,
    limit: i64,
) -> Result<Vec<(OrderId, i64)>, DbError> {
    let told = outbox::table
        .filter(outbox::order_id.eq(order_deadlines::order_id))
        .filter(outbox::what.eq(what.as_str()))
        .filter(outbox::occasion.eq(order_deadlines::due_micros));
    let found: Vec<(String, i64)> = order_deadlines::table
        .inner_join(order_state::table.on(order_state::order_id.eq(order_deadlines::order_id)))
        .filter(order_deadlines::due_micros.gt(from))
        .filter(order_deadlines::due_micros.le(until))
        .filter(order_deadlines::kind.eq(kind.as_str()))
        .filter(order_deadlines::set_at.le(codec::stamp(set_before)))
        .filter(order_state::paying.eq(false))
        .filter(order_state::held_reason.is_null())
        .filter(order_state::disputed.eq(deadline::is_of_dispute(kind)))
        .filter(not(exists(told)))
        .order((order_deadlines::due_micros, order_deadlines::order_id))
        .limit(limit)
        .select((order_deadlines::order_id, order_deadlines::due_micros))
        .load(conn)?;
    found
        .iter()
        .map(|(id, due)| Ok((codec::parsed("order_deadlines.order_id", id)?, *due)))
        .collect()
}

/// Unpaid orders in a stablecoin whose time to pay ends within a span, unless the buyer was told;
/// with the end of that time. One for which money is on its way is left out.
pub fn payments(
    conn: &mut Conn,
    (now, within): (Time, Span),
    limit: i64,
) -> Result<Vec<(OrderId, Time)>, DbError> {
    let told = outbox::table
        .filter(outbox::order_id.eq(order_state::order_id))
        .filter(outbox::what.eq(What::PaySoon.as_str()));
    let found: Vec<(String, NaiveDateTime)> = order_state::table
        .filter(order_state::deposit.eq(false))
        .filter(order_state::status.eq(OrderStatus::Pending.as_str()))
        .filter(order_state::expires_at.gt(codec::stamp(now)))
        .filter(order_state::expires_at.le(codec::stamp(now.after(within))))
        .filter(order_state::token_address.is_not_null())
        .filter(order_state::unfinal.eq(codec::amount_text(Amount::ZERO)))
        .filter(not(exists(told)))
        .order((order_state::expires_at, order_state::order_id))
        .limit(limit)
        .select((order_state::order_id, order_state::expires_at))
        .load(conn)?;
    found
        .iter()
        .map(|(id, at)| Ok((codec::parsed("order_state.order_id", id)?, codec::time(*at))))
        .collect()
}

/// Held payouts whose time ends within a span.
pub fn held(conn: &mut Conn, (now, within): (Time, Span)) -> Result<Vec<Held>, DbError> {
    type Row = (String, i32, String, Option<String>, Option<String>, Option<NaiveDateTime>);
    let found: Vec<Row> = payouts::table
        .filter(payouts::state.eq(PayoutState::Held.as_str()))
        .filter(payouts::held_deadline.gt(codec::stamp(now)))
        .filter(payouts::held_deadline.le(codec::stamp(now.after(within))))
        .order((payouts::held_deadline, payouts::order_id))
        .limit(HELD_MAX)
        .select((
            payouts::order_id,
            payouts::case_no,
            payouts::kind,
            payouts::held_reason,
            payouts::held_owner,
            payouts::held_deadline,
        ))
        .load(conn)?;
    found.into_iter().map(crate::held::read).collect()
}

/// Staff who have ruled about an order.
pub fn judges(conn: &mut Conn, order: OrderId) -> Result<Vec<String>, DbError> {
    rulings::table
        .filter(rulings::order_id.eq(order.to_string()))
        .select(rulings::staff_id)
        .load(conn)
        .map_err(DbError::from)
}
