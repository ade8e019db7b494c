//! Keys by which an agent may send a request again without doing its work twice.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::UserId;

use crate::codec::stamp;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::idempotency_keys;

/// A key that was used and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct IdempotencyRow {
    pub user_id: String,
    pub idem_key: String,
    pub request_hash: String,
    pub target_id: String,
    pub created_at: NaiveDateTime,
}

/// What an account used a key for.
pub fn find(conn: &mut Conn, user: UserId, key: &str) -> Result<Option<IdempotencyRow>, DbError> {
    idempotency_keys::table
        .find((user.to_string(), key))
        .select(IdempotencyRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Keeps a key with what comes of it, in the transaction that makes it come.
pub fn insert(tx: &mut WebTx<'_>, row: &IdempotencyRow) -> Result<(), DbError> {
    diesel::insert_into(idempotency_keys::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Forgets keys used before `before`.
pub fn prune(tx: &mut WebTx<'_>, before: Time) -> Result<(), DbError> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(stamp(before))))
        .execute(tx.conn())?;
    Ok(())
}
