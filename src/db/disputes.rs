//! Disputes as the parties open them. One becomes effective when escrow writes its FROZEN event.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::ids::OrderId;

use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence;
use crate::schema::disputes;

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

/// The dispute of an order.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<DisputeRow>, DbError> {
    disputes::table
        .find(order.to_string())
        .select(DisputeRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
