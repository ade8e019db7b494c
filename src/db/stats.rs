//! What courier keeps: its heartbeat, and numbers that pages show beside a store.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::clock::Time;
use domain::ids::StoreId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::CourierTx;
use crate::error::DbError;
use crate::schema::{courier_heartbeat, order_state, store_stats};

const ONE: i32 = 1;

/// A sign of life of the courier that started at `started_at`.
pub fn beat(tx: &mut CourierTx<'_>, started_at: Time, now: Time) -> Result<(), DbError> {
    let values = (
        courier_heartbeat::started_at.eq(codec::stamp(started_at)),
        courier_heartbeat::beat_at.eq(codec::stamp(now)),
    );
    if diesel::update(courier_heartbeat::table.find(ONE)).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(courier_heartbeat::table)
            .values((courier_heartbeat::id.eq(ONE), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// When courier last gave a sign of life; `None` if it never ran.
pub fn last_beat(conn: &mut Conn) -> Result<Option<Time>, DbError> {
    let found = courier_heartbeat::table
        .find(ONE)
        .select(courier_heartbeat::beat_at)
        .first(conn)
        .optional()?;
    Ok(found.map(codec::time))
}

/// Counts each store's released orders afresh and writes those numbers that changed; answers how
/// many did.
pub fn recount(tx: &mut CourierTx<'_>, now: Time) -> Result<usize, DbError> {
    let counted: Vec<(String, i64)> = order_state::table
        .filter(order_state::status.eq(OrderStatus::Released.as_str()))
        .group_by(order_state::store_id)
        .select((order_state::store_id, diesel::dsl::count_star()))
        .load(tx.conn())?;
    let known: Vec<(String, i64)> = store_stats::table
        .select((store_stats::store_id, store_stats::released_orders))
        .load(tx.conn())?;
    let known: HashMap<String, i64> = known.into_iter().collect();
    let mut changed = 0_usize;
    for (store, released) in counted {
        let values = (
            store_stats::released_orders.eq(released),
            store_stats::counted_at.eq(codec::stamp(now)),
        );
        match known.get(&store) {
            Some(before) if *before == released => continue,
            Some(_) => {
                diesel::update(store_stats::table.find(&store)).set(values).execute(tx.conn())?;
            }
            None => {
                diesel::insert_into(store_stats::table)
                    .values((store_stats::store_id.eq(&store), values))
                    .execute(tx.conn())?;
            }
        }
        changed = changed.saturating_add(1);
    }
    Ok(changed)
}

/// How many orders of a store were released, as last counted.
pub fn released(conn: &mut Conn, store: StoreId) -> Result<i64, DbError> {
    let found = store_stats::table
        .find(store.to_string())
        .select(store_stats::released_orders)
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or_default())
}
