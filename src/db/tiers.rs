//! Changes of a store's tier: who made them, when and why. They stand for ever.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::{StoreId, UserId};
use domain::store::Tier;

use crate::codec;
use crate::conn::Conn;
use crate::doors::WebTx;
use crate::error::DbError;
use crate::schema::{store_tiers, users};

/// A change of a store's tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierChange {
    /// What it was before.
    pub was: Tier,
    /// What it is since.
    pub tier: Tier,
    /// The staff member who changed it.
    pub staff: UserId,
    /// That member's name; empty where it is to be written.
    pub staff_name: String,
    /// Why.
    pub reason: String,
    /// The request it came with.
    pub request_id: String,
    /// When.
    pub at: Time,
}

/// Writes a change down under the next number of its store; to be called in the store's turn.
pub fn insert(tx: &mut WebTx<'_>, store: StoreId, change: &TierChange) -> Result<(), DbError> {
    let last: Option<i32> = store_tiers::table
        .filter(store_tiers::store_id.eq(store.to_string()))
        .select(diesel::dsl::max(store_tiers::n))
        .first(tx.conn())?;
    diesel::insert_into(store_tiers::table)
        .values((
            store_tiers::store_id.eq(store.to_string()),
            store_tiers::n.eq(last.unwrap_or_default().saturating_add(1)),
            store_tiers::was.eq(change.was.as_str()),
            store_tiers::tier.eq(change.tier.as_str()),
            store_tiers::staff_id.eq(change.staff.to_string()),
            store_tiers::reason.eq(&change.reason),
            store_tiers::request_id.eq(&change.request_id),
            store_tiers::created_at.eq(codec::stamp(change.at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Up to `limit` changes of a store's tier, the newest first.
pub fn of_store(conn: &mut Conn, store: StoreId, limit: i64) -> Result<Vec<TierChange>, DbError> {
    type Found = (String, String, String, String, String, String, NaiveDateTime);
    let rows: Vec<Found> = store_tiers::table
        .inner_join(users::table.on(users::id.eq(store_tiers::staff_id)))
        .filter(store_tiers::store_id.eq(store.to_string()))
        .order(store_tiers::n.desc())
        .limit(limit)
        .select((
            store_tiers::was,
            store_tiers::tier,
            store_tiers::staff_id,
            users::username,
            store_tiers::reason,
            store_tiers::request_id,
            store_tiers::created_at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(was, tier, staff, staff_name, reason, request_id, at)| {
            Ok(TierChange {
                was: codec::parsed("store_tiers.was", &was)?,
                tier: codec::parsed("store_tiers.tier", &tier)?,
                staff: codec::parsed("store_tiers.staff_id", &staff)?,
                staff_name,
                reason,
                request_id,
                at: codec::time(at),
            })
        })
        .collect()
}
