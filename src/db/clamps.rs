//! The bounds that the operator sets, and what is held against those on sums.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::chain::ChainId;
use domain::clamps::{Bound, Clamps};
use domain::clock::Time;
use domain::ids::OrderId;
use domain::order::OrderStatus;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::schema::{limits, order_state, order_values, payout_values};

/// The bounds as they stand.
pub fn all(conn: &mut Conn) -> Result<Clamps, DbError> {
    let rows: Vec<(String, i64)> =
        limits::table.select((limits::name, limits::value)).limit(100).load(conn)?;
    let mut clamps = Clamps::default();
    for (name, value) in rows {
        let bound: Bound = codec::parsed("limits.name", &name)?;
        clamps = clamps.with_stored(bound, codec::number("limits.value", value)?);
    }
    Ok(clamps)
}

/// Sets a bound. Only the operator's command line does so.
pub fn set(tx: &mut EscrowTx<'_>, bound: Bound, value: u64, at: Time) -> Result<(), DbError> {
    let value: i64 = codec::column("limits.value", value)?;
    let values = (limits::value.eq(value), limits::changed_at.eq(codec::stamp(at)));
    let row = limits::table.find(bound.as_str());
    if diesel::update(row).set(values).execute(tx.conn())? == 0 {
        diesel::insert_into(limits::table)
            .values((limits::name.eq(bound.as_str()), values))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Notes what an order is worth when it is sealed, in US cents.
pub fn note_order(
    tx: &mut EscrowTx<'_>,
    order: OrderId,
    cents: u64,
    at: Time,
) -> Result<(), DbError> {
    let cents: i64 = codec::column("order_values.cents", cents)?;
    diesel::insert_into(order_values::table)
        .values((
            order_values::order_id.eq(order.to_string()),
            order_values::cents.eq(cents),
            order_values::sealed_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What the orders are worth together whose money is in escrow, in US cents.
pub fn in_escrow(conn: &mut Conn) -> Result<u64, DbError> {
    let cents = order_state::table
        .inner_join(order_values::table.on(order_values::order_id.eq(order_state::order_id)))
        .filter(
            order_state::status
                .eq_any([OrderStatus::Completed.as_str(), OrderStatus::Frozen.as_str()]),
        )
        .select(sql::<Nullable<BigInt>>("CAST(SUM(order_values.cents) AS SIGNED)"))
        .get_result(conn)?;
    sum("order_values.cents", cents)
}

/// Notes what a payout is worth when it is planned, in US cents.
pub fn note_payout(
    tx: &mut EscrowTx<'_>,
    (order, case): (OrderId, i32),
    (chain, cents): (ChainId, u64),
    at: Time,
) -> Result<(), DbError> {
    let chain: i64 = codec::column("payout_values.chain_id", chain.get())?;
    let cents: i64 = codec::column("payout_values.cents", cents)?;
    diesel::insert_into(payout_values::table)
        .values((
            payout_values::order_id.eq(order.to_string()),
            payout_values::case_no.eq(case),
            payout_values::chain_id.eq(chain),
            payout_values::cents.eq(cents),
            payout_values::planned_at.eq(codec::stamp(at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What the payouts of a chain are worth together that were planned after `since`, in US cents.
pub fn paid_after(conn: &mut Conn, chain: ChainId, since: Time) -> Result<u64, DbError> {
    let chain: i64 = codec::column("payout_values.chain_id", chain.get())?;
    let cents = payout_values::table
        .filter(payout_values::chain_id.eq(chain))
        .filter(payout_values::planned_at.gt(codec::stamp(since)))
        .select(sql::<Nullable<BigInt>>("CAST(SUM(payout_values.cents) AS SIGNED)"))
        .get_result(conn)?;
    sum("payout_values.cents", cents)
}

/// A sum of cents, which are small numbers: a hundred million orders of the dearest kind fit.
fn sum(column: &str, cents: Option<i64>) -> Result<u64, DbError> {
    codec::number(column, cents.unwrap_or_default())
}
