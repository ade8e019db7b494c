//! Final money that came in.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::payouts::hash;
use crate::schema::deposits;

/// Final money that was credited to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deposit {
    /// The order.
    pub order: OrderId,
    /// The chain.
    pub chain: ChainId,
    /// Who sent it and in which chain tx, where that can be told.
    pub origin: Option<(EvmAddress, [u8; 32])>,
    /// What came since the one before.
    pub amount: Amount,
    /// What came in all.
    pub credited_total: Amount,
    /// The final block by which it was read, or that holds its chain tx.
    pub block_number: u64,
    /// That block's hash.
    pub block_hash: [u8; 32],
    /// That block's time.
    pub block_at: Time,
    /// When it was credited.
    pub credited_at: Time,
}

/// Stores a deposit under the order's next number, which it answers.
pub fn insert(tx: &mut EscrowTx<'_>, row: &Deposit) -> Result<i32, DbError> {
    let last: Option<i32> = deposits::table
        .filter(deposits::order_id.eq(row.order.to_string()))
        .select(diesel::dsl::max(deposits::seq))
        .first(tx.conn())?;
    let seq = last.unwrap_or_default().saturating_add(1);
    let chain: i64 = codec::column("deposits.chain_id", row.chain.get())?;
    let block: i64 = codec::column("deposits.block_number", row.block_number)?;
    diesel::insert_into(deposits::table)
        .values((
            deposits::order_id.eq(row.order.to_string()),
            deposits::seq.eq(seq),
            deposits::chain_id.eq(chain),
            deposits::amount.eq(codec::amount_text(row.amount)),
            deposits::credited_total.eq(codec::amount_text(row.credited_total)),
            deposits::block_number.eq(block),
            deposits::block_hash.eq(domain::seal::hex(&row.block_hash)),
            deposits::block_at.eq(codec::stamp(row.block_at)),
            deposits::credited_at.eq(codec::stamp(row.credited_at)),
            deposits::from_address.eq(row.origin.map(|(from, _)| from.to_string())),
            deposits::tx_hash.eq(row.origin.map(|(_, hash)| domain::seal::hex(&hash))),
        ))
        .execute(tx.conn())?;
    Ok(seq)
}

/// Number and amount of an order's deposits, oldest first.
pub fn numbered(conn: &mut Conn, order: OrderId) -> Result<Vec<(i32, Amount)>, DbError> {
    let found: Vec<(i32, String)> = deposits::table
        .filter(deposits::order_id.eq(order.to_string()))
        .order(deposits::seq)
        .select((deposits::seq, deposits::amount))
        .load(conn)?;
    let read = |(seq, amount): (i32, String)| Ok((seq, codec::amount("deposits.amount", &amount)?));
    found.into_iter().map(read).collect()
}

/// What was credited to an order, oldest first.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Deposit>, DbError> {
    type Found = (
        (i64, String, String),
        (i64, String, NaiveDateTime, NaiveDateTime),
        (Option<String>, Option<String>),
    );
    let found: Vec<Found> = deposits::table
        .filter(deposits::order_id.eq(order.to_string()))
        .order(deposits::seq)
        .select((
            (deposits::chain_id, deposits::amount, deposits::credited_total),
            (
                deposits::block_number,
                deposits::block_hash,
                deposits::block_at,
                deposits::credited_at,
            ),
            (deposits::from_address, deposits::tx_hash),
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|((chain, amount, total), (number, block, block_at, credited_at), (from, tx))| {
            let from = codec::parsed_opt("deposits.from_address", from.as_deref())?;
            let tx = tx.map(|text| hash("deposits.tx_hash", &text)).transpose()?;
            Ok(Deposit {
                order,
                chain: ChainId::from(codec::number::<_, u64>("deposits.chain_id", chain)?),
                origin: from.zip(tx),
                amount: codec::amount("deposits.amount", &amount)?,
                credited_total: codec::amount("deposits.credited_total", &total)?,
                block_number: codec::number("deposits.block_number", number)?,
                block_hash: hash("deposits.block_hash", &block)?,
                block_at: codec::time(block_at),
                credited_at: codec::time(credited_at),
            })
        })
        .collect()
}

/// The highest final block by which an order was credited.
pub fn last_block(conn: &mut Conn, order: OrderId) -> Result<Option<u64>, DbError> {
    let last: Option<i64> = deposits::table
        .filter(deposits::order_id.eq(order.to_string()))
        .select(diesel::dsl::max(deposits::block_number))
        .first(conn)?;
    last.map(|number| codec::number("deposits.block_number", number)).transpose()
}

/// What was credited by final blocks dated at or before `time`, as far as it was recorded then.
pub fn total_by(conn: &mut Conn, order: OrderId, time: Time) -> Result<Amount, DbError> {
    let text: Option<String> = deposits::table
        .filter(deposits::order_id.eq(order.to_string()))
        .filter(deposits::block_at.le(codec::stamp(time)))
        .order(deposits::seq.desc())
        .select(deposits::credited_total)
        .first(conn)
        .optional()?;
    text.map_or(Ok(Amount::ZERO), |text| codec::amount("deposits.credited_total", &text))
}
