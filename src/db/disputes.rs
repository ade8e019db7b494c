//! Disputes as the parties open them. One becomes effective when escrow writes its FROZEN event.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::deadline::DeadlineKind;
use domain::dispute::RulingState;
use domain::ids::OrderId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence;
use crate::rulings;
use crate::schema::{disputes, order_deadlines, order_state, orders, stores, users};

/// A dispute about an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = disputes)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct DisputeRow {
    pub order_id: String,
    pub opened_by: String,
    pub opener_role: String,
    pub reason: String,
    pub statement: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// Opens a dispute; a second one of the same order fails with [`DbError::Unique`].
pub fn insert(tx: &mut WebTx<'_>, row: &DisputeRow) -> Result<(), DbError> {
    diesel::insert_into(disputes::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// An open dispute in the list of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDispute {
    /// The dispute.
    pub dispute: DisputeRow,
    /// Name of the store.
    pub store_name: String,
    /// Name of the buyer.
    pub buyer_name: String,
    /// What the order came to, in US cents.
    pub total_cents: i64,
    /// The reading of escrow's clock at which it runs out; none before it is in effect.
    pub due: Option<i64>,
    /// Where its last ruling stands.
    pub ruling: Option<RulingState>,
}

/// Disputes of orders that have not come to an end and pay nothing out, the oldest first, after the
/// cursor (time and order of the last one shown).
pub fn open(
    conn: &mut Conn,
    after: Option<(Time, OrderId)>,
    limit: i64,
) -> Result<Vec<OpenDispute>, DbError> {
    type Found = (DisputeRow, String, String, i64, Option<i64>);
    let mut query = disputes::table
        .inner_join(orders::table.on(orders::id.eq(disputes::order_id)))
        .inner_join(stores::table.on(stores::id.eq(orders::store_id)))
        .inner_join(users::table.on(users::id.eq(orders::buyer_id)))
        .inner_join(order_state::table.on(order_state::order_id.eq(disputes::order_id)))
        .left_join(
            order_deadlines::table.on(order_deadlines::order_id
                .eq(disputes::order_id)
                .and(order_deadlines::kind.eq(DeadlineKind::Dispute.as_str()))),
        )
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .filter(order_state::paying.eq(false))
        .into_boxed();
    if let Some((time, id)) = after {
        let time = codec::stamp(time);
        let later = disputes::created_at.eq(time).and(disputes::order_id.gt(id.to_string()));
        query = query.filter(disputes::created_at.gt(time).or(later));
    }
    let found: Vec<Found> = query
        .order((disputes::created_at, disputes::order_id))
        .limit(limit)
        .select((
            DisputeRow::as_select(),
            stores::name,
            users::username,
            orders::total_cents,
            order_deadlines::due_micros.nullable(),
        ))
        .load(conn)?;
    let mut open = Vec::new();
    for (dispute, store_name, buyer_name, total_cents, due) in found {
        let order = codec::parsed("disputes.order_id", &dispute.order_id)?;
        let ruling = rulings::last(conn, order)?.map(|last| last.state);
        open.push(OpenDispute { dispute, store_name, buyer_name, total_cents, due, ruling });
    }
    Ok(open)
}

/// The dispute of an order.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<DisputeRow>, DbError> {
    disputes::table
        .find(order.to_string())
        .select(DisputeRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
