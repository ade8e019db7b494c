//! People: accounts and the codes by which a lost password is replaced.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::UserId;

use crate::codec::stamp;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{recovery_codes, users};
use crate::turns;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
#[expect(missing_docs, reason = "columns are told in docs/DATA_MODEL.md")]
pub struct UserRow {
    pub id: String,
    pub username: String,
    pub username_key: String,
    pub password_hash: String,
    pub role: String,
    pub refund_address: Option<String>,
    pub banned_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    pub password_changed_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = recovery_codes)]
struct CodeRow {
    user_id: String,
    code_hash: String,
    created_at: NaiveDateTime,
    used_at: Option<NaiveDateTime>,
}

/// Adds an account; a name that is taken fails with `Unique("username_key")`.
pub fn insert(tx: &mut WebTx<'_>, row: &UserRow) -> Result<(), DbError> {
    diesel::insert_into(users::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// The account of this id.
pub fn by_id(conn: &mut Conn, id: UserId) -> Result<UserRow, DbError> {
    Ok(users::table.find(id.to_string()).select(UserRow::as_select()).first(conn)?)
}

/// The account of this name in the form that names are compared by.
pub fn by_key(conn: &mut Conn, username_key: &str) -> Result<Option<UserRow>, DbError> {
    users::table
        .filter(users::username_key.eq(username_key))
        .select(UserRow::as_select())
        .first(conn)
        .optional()
        .map_err(DbError::from)
}

/// Ids with names of those of `ids` that exist, in no particular order; at most 500 at a time.
pub fn names(conn: &mut Conn, ids: &[UserId]) -> Result<Vec<(String, String)>, DbError> {
    let ids: Vec<String> = ids.iter().take(500).map(ToString::to_string).collect();
    users::table
        .filter(users::id.eq_any(ids))
        .select((users::id, users::username))
        .load(conn)
        .map_err(DbError::from)
}

/// Gives an account another password.
pub fn set_password(tx: &mut WebTx<'_>, id: UserId, hash: &str, at: Time) -> Result<(), DbError> {
    let changed = diesel::update(users::table.find(id.to_string()))
        .set((users::password_hash.eq(hash), users::password_changed_at.eq(stamp(at))))
        .execute(tx.conn())?;
    found(changed)
}

/// Stores the same password under newer parameters, if it is still the one of `old_hash`.
pub fn rehash(
    tx: &mut WebTx<'_>,
    id: UserId,
    old_hash: &str,
    new_hash: &str,
) -> Result<(), DbError> {
    diesel::update(users::table.find(id.to_string()).filter(users::password_hash.eq(old_hash)))
        .set(users::password_hash.eq(new_hash))
        .execute(tx.conn())?;
    Ok(())
}

/// Sets where refunds go unless an order says otherwise; `None` takes the address away.
pub fn set_refund_address(
    tx: &mut WebTx<'_>,
    id: UserId,
    address: Option<&EvmAddress>,
) -> Result<(), DbError> {
    let changed = diesel::update(users::table.find(id.to_string()))
        .set(users::refund_address.eq(address.map(ToString::to_string)))
        .execute(tx.conn())?;
    found(changed)
}

/// Closes an account from `at` on, or opens it again with `None`.
pub fn set_banned(tx: &mut WebTx<'_>, id: UserId, at: Option<Time>) -> Result<(), DbError> {
    let changed = diesel::update(users::table.find(id.to_string()))
        .set(users::banned_at.eq(at.map(stamp)))
        .execute(tx.conn())?;
    found(changed)
}

/// Gives an account new recovery codes in place of all earlier ones.
pub fn replace_codes(
    tx: &mut WebTx<'_>,
    id: UserId,
    hashes: &[String],
    at: Time,
) -> Result<(), DbError> {
    turns::of_user(tx, id)?;
    let user_id = id.to_string();
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(&user_id)))
        .execute(tx.conn())?;
    for hash in hashes {
        let row = CodeRow {
            user_id: user_id.clone(),
            code_hash: hash.clone(),
            created_at: stamp(at),
            used_at: None,
        };
        diesel::insert_into(recovery_codes::table).values(row).execute(tx.conn())?;
    }
    Ok(())
}

/// Uses up a recovery code; `false` if the account has no such code that is unused.
pub fn use_code(tx: &mut WebTx<'_>, id: UserId, hash: &str, at: Time) -> Result<bool, DbError> {
    let code = recovery_codes::table
        .find((id.to_string(), hash))
        .filter(recovery_codes::used_at.is_null());
    let used =
        diesel::update(code).set(recovery_codes::used_at.eq(stamp(at))).execute(tx.conn())?;
    Ok(used == 1)
}

/// How many recovery codes an account has left.
pub fn codes_left(conn: &mut Conn, id: UserId) -> Result<i64, DbError> {
    recovery_codes::table
        .filter(recovery_codes::user_id.eq(id.to_string()))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn)
        .map_err(DbError::from)
}

const fn found(changed: usize) -> Result<(), DbError> {
    if changed == 0 { Err(DbError::NotFound) } else { Ok(()) }
}
