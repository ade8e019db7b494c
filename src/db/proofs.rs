//! Signed attempts of legs, and the receipts that prove what became of them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::asset::Asset;
use domain::clock::Time;
use domain::ids::OrderId;
use domain::money::Amount;
use domain::seal::hex;
use domain::settle::LegRole;

use crate::codec;
use crate::conn::Conn;
use crate::doors::EscrowTx;
use crate::error::DbError;
use crate::payouts::{Leg, hash};
use crate::schema::{chain_attempts, legs, receipts};

/// One signed chain tx of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Number within the leg.
    pub attempt: i32,
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// The signed bytes.
    pub raw: Vec<u8>,
    /// Most base units for one gas.
    pub max_fee: Amount,
    /// Most of it for the block's maker.
    pub max_tip: Amount,
    /// When it was signed.
    pub signed_at: Time,
}

/// Proof of a final chain tx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its hash.
    pub tx_hash: [u8; 32],
    /// What the chain took for it.
    pub fee_paid: Amount,
    /// Whether the money arrived.
    pub succeeded: bool,
    /// The final block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: [u8; 32],
    /// Its time.
    pub block_at: Time,
    /// When it was recorded.
    pub recorded_at: Time,
}

type AttemptColumns = (i32, String, Vec<u8>, String, String, NaiveDateTime);

/// Order, case and leg.
pub type LegKey = (OrderId, i32, i32);

/// The signed chain txs of a leg, the first one first.
pub fn attempts(conn: &mut Conn, leg: &Leg) -> Result<Vec<Attempt>, DbError> {
    attempts_of(conn, (leg.order, leg.case, leg.leg))
}

/// The signed chain txs under a leg's number, or under that of a top-up.
pub(crate) fn attempts_of(
    conn: &mut Conn,
    (order, case, leg): LegKey,
) -> Result<Vec<Attempt>, DbError> {
    let found: Vec<AttemptColumns> = chain_attempts::table
        .filter(chain_attempts::order_id.eq(order.to_string()))
        .filter(chain_attempts::case_no.eq(case))
        .filter(chain_attempts::leg.eq(leg))
        .order(chain_attempts::attempt)
        .select((
            chain_attempts::attempt,
            chain_attempts::tx_hash,
            chain_attempts::raw,
            chain_attempts::max_fee,
            chain_attempts::max_tip,
            chain_attempts::signed_at,
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|(attempt, tx_hash, raw, max_fee, max_tip, at)| {
            Ok(Attempt {
                attempt,
                tx_hash: hash("chain_attempts.tx_hash", &tx_hash)?,
                raw,
                max_fee: codec::amount("chain_attempts.max_fee", &max_fee)?,
                max_tip: codec::amount("chain_attempts.max_tip", &max_tip)?,
                signed_at: codec::time(at),
            })
        })
        .collect()
}

/// Stores signed bytes. The same number twice fails with [`DbError::Unique`].
pub fn insert_attempt(tx: &mut EscrowTx<'_>, leg: &Leg, attempt: &Attempt) -> Result<(), DbError> {
    insert_attempt_of(tx, (leg.order, leg.case, leg.leg), attempt)
}

pub(crate) fn insert_attempt_of(
    tx: &mut EscrowTx<'_>,
    (order, case, leg): LegKey,
    attempt: &Attempt,
) -> Result<(), DbError> {
    diesel::insert_into(chain_attempts::table)
        .values((
            chain_attempts::order_id.eq(order.to_string()),
            chain_attempts::case_no.eq(case),
            chain_attempts::leg.eq(leg),
            chain_attempts::attempt.eq(attempt.attempt),
            chain_attempts::tx_hash.eq(hex(&attempt.tx_hash)),
            chain_attempts::raw.eq(&attempt.raw),
            chain_attempts::max_fee.eq(codec::amount_text(attempt.max_fee)),
            chain_attempts::max_tip.eq(codec::amount_text(attempt.max_tip)),
            chain_attempts::signed_at.eq(codec::stamp(attempt.signed_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Stores a receipt; one of the same leg and chain tx twice fails with [`DbError::Unique`].
pub fn insert_receipt(tx: &mut EscrowTx<'_>, leg: &Leg, receipt: &Receipt) -> Result<(), DbError> {
    let chain: i64 = codec::column("receipts.chain_id", leg.asset.chain.get())?;
    let block: i64 = codec::column("receipts.block_number", receipt.block_number)?;
    diesel::insert_into(receipts::table)
        .values((
            receipts::chain_id.eq(chain),
            receipts::tx_hash.eq(hex(&receipt.tx_hash)),
            receipts::order_id.eq(leg.order.to_string()),
            receipts::case_no.eq(leg.case),
            receipts::leg.eq(leg.leg),
            receipts::role.eq(leg.role.as_str()),
            receipts::to_address.eq(leg.to.to_string()),
            receipts::amount.eq(codec::amount_text(leg.amount)),
            receipts::fee_paid.eq(codec::amount_text(receipt.fee_paid)),
            receipts::succeeded.eq(receipt.succeeded),
            receipts::block_number.eq(block),
            receipts::block_hash.eq(hex(&receipt.block_hash)),
            receipts::block_at.eq(codec::stamp(receipt.block_at)),
            receipts::recorded_at.eq(codec::stamp(receipt.recorded_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// What a receipt says of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// The payout.
    pub case: i32,
    /// Number of the leg within it.
    pub leg: i32,
    /// Whom it pays.
    pub role: LegRole,
    /// How much, in base units of what it pays in.
    pub amount: Amount,
    /// Its chain tx.
    pub tx_hash: [u8; 32],
    /// What the chain took for it, in base units of the coin.
    pub fee: Amount,
    /// Whether the money arrived.
    pub succeeded: bool,
    /// Whether the order's address was the sender, and paid the fee.
    pub own_gas: bool,
}

/// The receipts of an order's legs in the order in which they were recorded.
pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Proven>, DbError> {
    type Found = ((i32, i32, String, String, String, String, bool), (Option<String>, bool));
    let found: Vec<Found> = receipts::table
        .inner_join(
            legs::table.on(legs::order_id
                .eq(receipts::order_id)
                .and(legs::case_no.eq(receipts::case_no))
                .and(legs::leg.eq(receipts::leg))),
        )
        .filter(receipts::order_id.eq(order.to_string()))
        .order((receipts::recorded_at, receipts::case_no, receipts::leg))
        .select((
            (
                receipts::case_no,
                receipts::leg,
                receipts::role,
                receipts::amount,
                receipts::tx_hash,
                receipts::fee_paid,
                receipts::succeeded,
            ),
            (legs::token_address, legs::by_transfer),
        ))
        .load(conn)?;
    let read = |((case, leg, role, amount, tx_hash, fee, succeeded), (token, own)): Found| {
        Ok(Proven {
            case,
            leg,
            role: codec::parsed("receipts.role", &role)?,
            amount: codec::amount("receipts.amount", &amount)?,
            tx_hash: hash("receipts.tx_hash", &tx_hash)?,
            fee: codec::amount("receipts.fee_paid", &fee)?,
            succeeded,
            own_gas: token.is_none() || own,
        })
    };
    found.into_iter().map(read).collect()
}

/// What left an order's address for good in an asset, at or before a block of its chain: sums, and of
/// the coin all fees that the address paid, those of a token's transfers too.
pub fn spent(
    conn: &mut Conn,
    order: OrderId,
    asset: &Asset,
    block: u64,
) -> Result<Amount, DbError> {
    let block: i64 = codec::column("receipts.block_number", block)?;
    let chain: i64 = codec::column("legs.chain_id", asset.chain.get())?;
    let token = asset.token.map(|token| token.to_string());
    let rows: Vec<(String, String, bool, Option<String>, bool)> = receipts::table
        .inner_join(
            legs::table.on(legs::order_id
                .eq(receipts::order_id)
                .and(legs::case_no.eq(receipts::case_no))
                .and(legs::leg.eq(receipts::leg))),
        )
        .filter(receipts::order_id.eq(order.to_string()))
        .filter(receipts::block_number.le(block))
        .filter(legs::chain_id.eq(chain))
        .select((
            receipts::amount,
            receipts::fee_paid,
            receipts::succeeded,
            legs::token_address,
            legs::by_transfer,
        ))
        .load(conn)?;
    let mut parts = Vec::new();
    for (amount, fee, succeeded, of, by_transfer) in rows {
        let own = of.is_none() || by_transfer;
        if asset.token.is_none() && own {
            parts.push(codec::amount("receipts.fee_paid", &fee)?);
        }
        if succeeded && of == token {
            parts.push(codec::amount("receipts.amount", &amount)?);
        }
    }
    Amount::sum(parts).ok_or_else(|| codec::corrupt("receipts", "the sum is too large"))
}
