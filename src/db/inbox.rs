//! What lies in web's tables for escrow to take up. These rows are hostile until escrow has
//! checked them: they come as they are stored, in plain columns.

use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::error::DbError;
use crate::intents::IntentRow;
use crate::orders::{LineRow, OrderRow};
use crate::schema::{
    address_book, address_requests, disputes, intent_answers, order_intents, order_lines,
    order_state, orders, payout_holds, shipment_events,
};

/// A request for the address book.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = address_requests)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct AddressRequestRow {
    pub id: String,
    pub owner_kind: String,
    pub owner_id: String,
    pub purpose: String,
    pub family: String,
    pub address: String,
}

/// Ids of orders that escrow has not taken up, oldest first, placed at or after `since` if that is
/// given. One row that cannot be read would spoil a list of rows.
pub fn new_orders(
    conn: &mut Conn,
    since: Option<Time>,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let mut query = orders::table
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .filter(order_state::order_id.is_null())
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(orders::created_at.ge(codec::stamp(since)));
    }
    query
        .order((orders::created_at, orders::id))
        .limit(limit)
        .select(orders::id)
        .load(conn)
        .map_err(DbError::from)
}

/// An order as web wrote it, under the id as it is stored.
pub fn order(conn: &mut Conn, id: &str) -> Result<Option<OrderRow>, DbError> {
    orders::table
        .find(id)
        .select(OrderRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The first `limit` lines of an order, in their order.
pub fn lines(conn: &mut Conn, id: OrderId, limit: i64) -> Result<Vec<LineRow>, DbError> {
    order_lines::table
        .filter(order_lines::order_id.eq(id.to_string()))
        .order(order_lines::n)
        .limit(limit)
        .select(LineRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}

/// Order and number of intents without an answer, oldest first, placed at or after `since` if that
/// is given. Those of orders with an open announcement wait for that and are left out.
pub fn open_intents(
    conn: &mut Conn,
    since: Option<Time>,
    limit: i64,
) -> Result<Vec<(String, i32)>, DbError> {
    let mut query = order_intents::table
        .left_join(
            intent_answers::table.on(intent_answers::order_id
                .eq(order_intents::order_id)
                .and(intent_answers::n.eq(order_intents::n))),
        )
        .left_join(payout_holds::table.on(
            payout_holds::order_id.eq(order_intents::order_id).and(payout_holds::state.eq("held")),
        ))
        .filter(intent_answers::n.is_null())
        .filter(payout_holds::order_id.is_null())
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(order_intents::created_at.ge(codec::stamp(since)));
    }
    query
        .order((order_intents::created_at, order_intents::order_id))
        .limit(limit)
        .select((order_intents::order_id, order_intents::n))
        .load(conn)
        .map_err(DbError::from)
}

/// One intent as it stands now, under the order's id as it is stored.
pub fn intent(conn: &mut Conn, order: &str, n: i32) -> Result<Option<IntentRow>, DbError> {
    order_intents::table
        .find((order, n))
        .select(IntentRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The request of an order that is to be answered next: the one after the `answered`.
pub fn next_intent(
    conn: &mut Conn,
    order: OrderId,
    answered: i64,
) -> Result<Option<IntentRow>, DbError> {
    let Ok(n) = i32::try_from(answered.saturating_add(1)) else { return Ok(None) };
    intent(conn, &order.to_string(), n)
}

/// Orders in whose escrow the money is, with a dispute that is not in effect yet and no payout that
/// was quicker.
pub fn disputed_orders(conn: &mut Conn, limit: i64) -> Result<Vec<String>, DbError> {
    order_state::table
        .inner_join(disputes::table.on(disputes::order_id.eq(order_state::order_id)))
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .filter(order_state::paying.eq(false))
        .filter(order_state::disputed.eq(false))
        .order(disputes::created_at)
        .limit(limit)
        .select(order_state::order_id)
        .load(conn)
        .map_err(DbError::from)
}

/// Whether a dispute stands in web's table.
pub fn is_disputed(conn: &mut Conn, order: OrderId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(disputes::table.find(order.to_string())))
        .get_result(conn)
        .map_err(DbError::from)
}

/// Whether the vendor had marked the order as shipped by a moment, as web dates it.
pub fn was_dispatched(conn: &mut Conn, order: OrderId, by: Time) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        shipment_events::table
            .filter(shipment_events::order_id.eq(order.to_string()))
            .filter(shipment_events::created_at.le(codec::stamp(by))),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// Whether the vendor marked the order as shipped.
pub fn is_dispatched(conn: &mut Conn, order: OrderId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        shipment_events::table.filter(shipment_events::order_id.eq(order.to_string())),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// Ids of requests that are not in the address book, oldest first.
pub fn address_requests(conn: &mut Conn, limit: i64) -> Result<Vec<String>, DbError> {
    address_requests::table
        .left_join(address_book::table.on(address_book::request_id.eq(address_requests::id)))
        .filter(address_book::request_id.is_null())
        .order((address_requests::created_at, address_requests::id))
        .limit(limit)
        .select(address_requests::id)
        .load(conn)
        .map_err(DbError::from)
}

/// One request for the address book.
pub fn address_request(conn: &mut Conn, id: &str) -> Result<Option<AddressRequestRow>, DbError> {
    address_requests::table
        .find(id)
        .select(AddressRequestRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
