//! What the parties and staff say about a dispute.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::ids::{OrderId, UserId};

use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence;
use crate::schema::{dispute_claims, users};

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispute_claims)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ClaimRow {
    pub order_id: String,
    pub n: i32,
    pub author_id: String,
    pub author_role: String,
    pub body: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
}

/// Adds a statement under the number it carries; a taken one fails with [`DbError::Unique`].
pub fn insert(tx: &mut WebTx<'_>, row: &ClaimRow) -> Result<(), DbError> {
    diesel::insert_into(dispute_claims::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// The number that the next statement about an order carries.
pub fn next_number(conn: &mut Conn, order: OrderId) -> Result<i32, DbError> {
    let last: Option<i32> = dispute_claims::table
        .filter(dispute_claims::order_id.eq(order.to_string()))
        .select(diesel::dsl::max(dispute_claims::n))
        .first(conn)?;
    Ok(last.unwrap_or_default().saturating_add(1))
}

/// One statement.
pub fn by_number(conn: &mut Conn, order: OrderId, n: i32) -> Result<Option<ClaimRow>, DbError> {
    dispute_claims::table
        .find((order.to_string(), n))
        .select(ClaimRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// How many statements somebody made about an order.
pub fn count(conn: &mut Conn, order: OrderId, author: UserId) -> Result<i64, DbError> {
    dispute_claims::table
        .filter(dispute_claims::order_id.eq(order.to_string()))
        .filter(dispute_claims::author_id.eq(author.to_string()))
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// The statements about an order with the names of their authors, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<(ClaimRow, String)>, DbError> {
    dispute_claims::table
        .inner_join(users::table.on(users::id.eq(dispute_claims::author_id)))
        .filter(dispute_claims::order_id.eq(order.to_string()))
        .order(dispute_claims::n)
        .select((ClaimRow::as_select(), users::username))
        .load(conn)
        .map_err(DbError::from)
}
