//! Who is staff: as web says, and since when escrow has seen it say so.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::clock::Time;
use domain::ids::UserId;
use domain::limits::ADDRESS_COOLDOWN;

use crate::addresses::Purpose;
use crate::codec;
use crate::conn::Conn;
use crate::desk;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::inbox::is_key;
use crate::schema::{staff_seen, users};

/// Ids of everybody who has staff's powers by web's table, up to `limit`.
pub fn appointed(conn: &mut Conn, limit: i64) -> Result<Vec<String>, DbError> {
    users::table
        .filter(users::role.eq_any(["staff", "admin"]))
        .filter(users::banned_at.is_null())
        .filter(is_key!(users.id))
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(conn)
        .map_err(DbError::from)
}

/// Whether somebody has staff's powers by web's table.
pub fn is_appointed(conn: &mut Conn, user: UserId) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(
        users::table
            .find(user.to_string())
            .filter(users::role.eq_any(["staff", "admin"]))
            .filter(users::banned_at.is_null()),
    ))
    .get_result(conn)
    .map_err(DbError::from)
}

/// Ids of those whom escrow has seen as staff.
pub fn seen(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    staff_seen::table
        .order(staff_seen::user_id)
        .select(staff_seen::user_id)
        .load(conn)
        .map_err(DbError::from)
}

/// Since when escrow has seen somebody as staff.
pub fn seen_since(conn: &mut Conn, user: UserId) -> Result<Option<Time>, DbError> {
    let at: Option<NaiveDateTime> = staff_seen::table
        .find(user.to_string())
        .select(staff_seen::seen_at)
        .first(conn)
        .optional()?;
    Ok(at.map(codec::time))
}

/// The wallet by whose signature a staff member's rulings count, where the operator wants that. It
/// was named, and its owner seen as staff, at least the time ago after which a changed address
/// counts: here that holds for the first one, too.
pub fn wallet(conn: &mut Conn, user: UserId, now: Time) -> Result<Option<EvmAddress>, DbError> {
    let by = now.before(ADDRESS_COOLDOWN);
    if seen_since(conn, user)?.is_none_or(|since| since > by) {
        return Ok(None);
    }
    let wallet = desk::entered_by(conn, Purpose::Signer(user), by)?;
    Ok(wallet.filter(|wallet| !wallet.is_zero()))
}

/// Notes somebody as staff from now on.
pub fn note(tx: &mut EscrowTx<'_>, user: &str, at: Time) -> Result<(), DbError> {
    diesel::insert_into(staff_seen::table)
        .values((staff_seen::user_id.eq(user), staff_seen::seen_at.eq(codec::stamp(at))))
        .execute(tx.conn())?;
    Ok(())
}

/// Forgets somebody who is staff no more; as staff again he begins anew.
pub fn forget(tx: &mut EscrowTx<'_>, user: &str) -> Result<(), DbError> {
    diesel::delete(staff_seen::table.find(user)).execute(tx.conn())?;
    Ok(())
}
