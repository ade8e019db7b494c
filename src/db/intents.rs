//! Intents: numbered requests from web to escrow, one open at a time.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::ids::OrderId;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::evidence;
use crate::schema::{intent_answers, order_intents};

/// A request to escrow about an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_intents)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct IntentRow {
    pub order_id: String,
    pub n: i32,
    pub action: String,
    pub actor_id: String,
    pub actor_role: String,
    pub request_id: String,
    pub created_at: NaiveDateTime,
    pub about_n: Option<i32>,
    pub signature: Option<String>,
    pub signature_expires: Option<i64>,
}

/// Places a request under the number it carries. Two at once meet in the primary key: the later
/// one fails with [`DbError::Unique`].
pub fn insert(tx: &mut WebTx<'_>, row: &IntentRow) -> Result<(), DbError> {
    diesel::insert_into(order_intents::table).values(row).execute(tx.conn())?;
    evidence::note(tx, row)
}

/// The number that the next request of an order carries: answered ones plus one.
pub fn next_number(conn: &mut Conn, order: OrderId) -> Result<i32, DbError> {
    let answered: i64 = intent_answers::table
        .filter(intent_answers::order_id.eq(order.to_string()))
        .count()
        .get_result(conn)?;
    codec::column("order_intents.n", answered.saturating_add(1))
}

/// The request of an order that escrow has not answered.
pub fn open(conn: &mut Conn, order: OrderId) -> Result<Option<IntentRow>, DbError> {
    order_intents::table
        .left_join(
            intent_answers::table.on(intent_answers::order_id
                .eq(order_intents::order_id)
                .and(intent_answers::n.eq(order_intents::n))),
        )
        .filter(order_intents::order_id.eq(order.to_string()))
        .filter(intent_answers::n.is_null())
        .order(order_intents::n.desc())
        .select(IntentRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}
