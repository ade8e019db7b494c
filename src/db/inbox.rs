//! What lies in web's tables for escrow to take up. These rows are hostile until escrow has
//! checked them: they come as they are stored, in plain columns.
//!
//! On SQLite a forged file holds to no type and no length. Lists take in keys of our form alone,
//! and a row is read only if it is small, which SQLite tells without loading it. A list is walked
//! by counting over what nothing could be done about: a cursor would be a value that the forger
//! chose.

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

/// A part of a list: so many rows are passed over, and so many read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Rows passed over, the oldest.
    pub skip: i64,
    /// Rows read.
    pub limit: i64,
}

/// A condition: a key of web's has the length of an id.
macro_rules! is_key {
    ($table:ident . $column:ident) => {{
        let _there = $table::$column;
        diesel::dsl::sql::<diesel::sql_types::Bool>(concat!(
            "OCTET_LENGTH(",
            stringify!($table),
            ".",
            stringify!($column),
            ") = 32"
        ))
    }};
}

/// A condition: these columns of web's take no more than 64 KiB together.
macro_rules! is_small {
    ($table:ident: $($column:ident)+) => {{
        $(let _there = $table::$column;)+
        diesel::dsl::sql::<diesel::sql_types::Bool>(concat!(
            "0"
            $(, " + COALESCE(OCTET_LENGTH(", stringify!($table), ".", stringify!($column), "), 0)")+,
            " <= 65536"
        ))
    }};
}

pub(crate) use {is_key, is_small};

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
    pub proof: Option<String>,
}

/// Ids of orders that escrow has not taken up, oldest first, placed at or after `since` if that is
/// given. One row that cannot be read would spoil a list of rows.
pub fn new_orders(
    conn: &mut Conn,
    since: Option<Time>,
    part: Part,
) -> Result<Vec<String>, DbError> {
    let mut query = orders::table
        .left_join(order_state::table.on(order_state::order_id.eq(orders::id)))
        .filter(order_state::order_id.is_null())
        .filter(is_key!(orders.id))
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(orders::created_at.ge(codec::stamp(since)));
    }
    query
        .order((orders::created_at, orders::id))
        .limit(part.limit)
        .offset(part.skip)
        .select(orders::id)
        .load(conn)
        .map_err(DbError::from)
}

/// An order as web wrote it, under the id as it is stored; none if it is too large.
pub fn order(conn: &mut Conn, id: &str) -> Result<Option<OrderRow>, DbError> {
    orders::table
        .find(id)
        .filter(is_small!(orders: id buyer_id store_id token amount rate_id refund_address
            lines_hash request_id created_at expires_at token_address leg_fee tier referrer_id))
        .select(OrderRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The first `limit` lines of an order, in their order, but for those that are too large.
pub fn lines(conn: &mut Conn, id: OrderId, limit: i64) -> Result<Vec<LineRow>, DbError> {
    order_lines::table
        .filter(order_lines::order_id.eq(id.to_string()))
        .filter(is_small!(order_lines: kind package_id item_id title))
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
    part: Part,
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
        .filter(is_key!(order_intents.order_id))
        .filter(order_intents::n.between(1, i32::MAX))
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(order_intents::created_at.ge(codec::stamp(since)));
    }
    query
        .order((order_intents::created_at, order_intents::order_id, order_intents::n))
        .limit(part.limit)
        .offset(part.skip)
        .select((order_intents::order_id, order_intents::n))
        .load(conn)
        .map_err(DbError::from)
}

/// One intent as it stands now, under the order's id as it is stored; none if it is too large.
pub fn intent(conn: &mut Conn, order: &str, n: i32) -> Result<Option<IntentRow>, DbError> {
    order_intents::table
        .find((order, n))
        .filter(is_small!(order_intents: action actor_id actor_role request_id created_at signature signature_expires))
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
        .filter(order_state::deposit.eq(false))
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

/// In which role and by whom the dispute of an order was opened, as far as that can be read.
pub fn opener(
    conn: &mut Conn,
    order: OrderId,
) -> Result<(Option<String>, Option<String>), DbError> {
    let found = disputes::table
        .find(order.to_string())
        .filter(is_small!(disputes: opener_role opened_by))
        .select((disputes::opener_role.nullable(), disputes::opened_by.nullable()))
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or_default())
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
pub fn address_requests(conn: &mut Conn, part: Part) -> Result<Vec<String>, DbError> {
    address_requests::table
        .left_join(address_book::table.on(address_book::request_id.eq(address_requests::id)))
        .filter(address_book::request_id.is_null())
        .filter(is_key!(address_requests.id))
        .order((address_requests::created_at, address_requests::id))
        .limit(part.limit)
        .offset(part.skip)
        .select(address_requests::id)
        .load(conn)
        .map_err(DbError::from)
}

/// One request for the address book; none if it is too large.
pub fn address_request(conn: &mut Conn, id: &str) -> Result<Option<AddressRequestRow>, DbError> {
    address_requests::table
        .find(id)
        .filter(is_small!(address_requests: owner_kind owner_id purpose family address proof))
        .select(AddressRequestRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
