//! The shipping stream: what the vendor says about the goods. Rows are never changed.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::ids::OrderId;

use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence;
use crate::schema::shipment_events;

/// One event of the shipping stream.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shipment_events)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ShipmentRow {
    pub order_id: String,
    pub seq: i32,
    pub status: String,
    pub note: String,
    pub actor_id: String,
    pub created_at: NaiveDateTime,
}

/// Appends an event; the same number twice fails with [`DbError::Unique`].
pub fn insert(tx: &mut WebTx<'_>, row: &ShipmentRow) -> Result<(), DbError> {
    diesel::insert_into(shipment_events::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// The shipping stream of an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<ShipmentRow>, DbError> {
    shipment_events::table
        .filter(shipment_events::order_id.eq(order.to_string()))
        .order(shipment_events::seq)
        .select(ShipmentRow::as_select())
        .load(conn)
        .map_err(DbError::from)
}
