//! Sessions of browsers. The token itself is in the cookie alone; here is its keyed hash.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::UserId;

use crate::accounts::UserRow;
use crate::codec::stamp;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{sessions, store_users, users};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct SessionRow {
    pub token_hash: String,
    pub user_id: String,
    pub created_at: NaiveDateTime,
    pub seen_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub authenticated_at: NaiveDateTime,
}

/// What a request needs to know about whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct ViewerRow {
    pub id: String,
    pub username: String,
    pub role: String,
    pub refund_address: Option<String>,
    pub banned_at: Option<NaiveDateTime>,
}

impl From<UserRow> for ViewerRow {
    fn from(row: UserRow) -> Self {
        let UserRow { id, username, role, refund_address, banned_at, .. } = row;
        Self { id, username, role, refund_address, banned_at }
    }
}

/// A session that holds now, with its account and whether that is a member of any store.
pub fn look(
    conn: &mut Conn,
    token_hash: &str,
    now: Time,
) -> Result<Option<(SessionRow, ViewerRow, bool)>, DbError> {
    sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::expires_at.gt(stamp(now)))
        .select((
            SessionRow::as_select(),
            ViewerRow::as_select(),
            exists(store_users::table.filter(store_users::user_id.eq(users::id))),
        ))
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Begins a session.
pub fn insert(tx: &mut WebTx<'_>, row: &SessionRow) -> Result<(), DbError> {
    diesel::insert_into(sessions::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Lets a session live on until `expires_at`.
pub fn touch(
    tx: &mut WebTx<'_>,
    token_hash: &str,
    seen_at: Time,
    expires_at: Time,
) -> Result<(), DbError> {
    diesel::update(sessions::table.find(token_hash))
        .set((sessions::seen_at.eq(stamp(seen_at)), sessions::expires_at.eq(stamp(expires_at))))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends a session; one that is not there is ended already.
pub fn delete(tx: &mut WebTx<'_>, token_hash: &str) -> Result<(), DbError> {
    diesel::delete(sessions::table.find(token_hash)).execute(tx.conn())?;
    Ok(())
}

/// Ends every session of an account.
pub fn delete_all(tx: &mut WebTx<'_>, user: UserId) -> Result<(), DbError> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(user.to_string())))
        .execute(tx.conn())?;
    Ok(())
}

/// Removes sessions whose time is over.
pub fn prune(tx: &mut WebTx<'_>, now: Time) -> Result<(), DbError> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(stamp(now))))
        .execute(tx.conn())?;
    Ok(())
}
