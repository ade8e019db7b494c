//! API keys. A key is random enough that its plain hash gives nothing away.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{KeyId, UserId};

use crate::codec::stamp;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{api_keys, users};
use crate::sessions::ViewerRow;

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct KeyRow {
    pub id: String,
    pub user_id: String,
    pub name: String,
    pub prefix: String,
    pub key_hash: String,
    pub scope: String,
    pub created_at: NaiveDateTime,
    pub expires_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
    pub revoked_at: Option<NaiveDateTime>,
}

/// Adds a key.
pub fn insert(tx: &mut WebTx<'_>, row: &KeyRow) -> Result<(), DbError> {
    diesel::insert_into(api_keys::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// The key of this hash that holds now, with its account. Keys of closed accounts hold no more.
pub fn look(
    conn: &mut Conn,
    key_hash: &str,
    now: Time,
) -> Result<Option<(KeyRow, ViewerRow)>, DbError> {
    api_keys::table
        .inner_join(users::table.on(users::id.eq(api_keys::user_id)))
        .filter(api_keys::key_hash.eq(key_hash))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expires_at.is_null().or(api_keys::expires_at.gt(stamp(now))))
        .filter(users::banned_at.is_null())
        .select((KeyRow::as_select(), ViewerRow::as_select()))
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// The keys of an account that are not revoked, newest first; expired ones as well.
pub fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<KeyRow>, DbError> {
    api_keys::table
        .filter(api_keys::user_id.eq(user.to_string()))
        .filter(api_keys::revoked_at.is_null())
        .order((api_keys::created_at.desc(), api_keys::id.desc()))
        .select(KeyRow::as_select())
        .limit(100)
        .load(conn)
        .map_err(DbError::from)
}

/// How many keys of an account are not revoked.
pub fn count(conn: &mut Conn, user: UserId) -> Result<i64, DbError> {
    api_keys::table
        .filter(api_keys::user_id.eq(user.to_string()))
        .filter(api_keys::revoked_at.is_null())
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

/// Notes that a key was used.
pub fn touch(tx: &mut WebTx<'_>, id: KeyId, at: Time) -> Result<(), DbError> {
    diesel::update(api_keys::table.find(id.to_string()))
        .set(api_keys::last_used_at.eq(stamp(at)))
        .execute(tx.conn())?;
    Ok(())
}

/// Revokes a key of an account; `false` if it has no such key, or revoked it before.
pub fn revoke(tx: &mut WebTx<'_>, user: UserId, id: KeyId, at: Time) -> Result<bool, DbError> {
    let key = api_keys::table
        .find(id.to_string())
        .filter(api_keys::user_id.eq(user.to_string()))
        .filter(api_keys::revoked_at.is_null());
    let revoked = diesel::update(key).set(api_keys::revoked_at.eq(stamp(at))).execute(tx.conn())?;
    Ok(revoked == 1)
}

/// Revokes every key of an account.
pub fn revoke_all(tx: &mut WebTx<'_>, user: UserId, at: Time) -> Result<(), DbError> {
    let keys = api_keys::table
        .filter(api_keys::user_id.eq(user.to_string()))
        .filter(api_keys::revoked_at.is_null());
    diesel::update(keys).set(api_keys::revoked_at.eq(stamp(at))).execute(tx.conn())?;
    Ok(())
}

/// Those of `hashes` that belong to keys which are not revoked; at most 500 are looked at.
pub fn standing(conn: &mut Conn, hashes: &[String]) -> Result<Vec<String>, DbError> {
    api_keys::table
        .filter(api_keys::key_hash.eq_any(hashes.iter().take(500)))
        .filter(api_keys::revoked_at.is_null())
        .select(api_keys::key_hash)
        .load(conn)
        .map_err(DbError::from)
}

/// Revokes the key of this hash, whosever it is; `false` if there is none.
pub fn revoke_by_hash(tx: &mut WebTx<'_>, key_hash: &str, at: Time) -> Result<bool, DbError> {
    let key = api_keys::table
        .filter(api_keys::key_hash.eq(key_hash))
        .filter(api_keys::revoked_at.is_null());
    let revoked = diesel::update(key).set(api_keys::revoked_at.eq(stamp(at))).execute(tx.conn())?;
    Ok(revoked == 1)
}
