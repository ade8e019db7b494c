//! Blocks, transactions, receipts and logs as JSON-RPC shows them.

use alloy_consensus::TxReceipt;
use alloy_primitives::{Log, U64, U128};
use serde_json::{Map, Value, json};

use crate::block::{Block, Mined};
use crate::error::ChainError;
use crate::tx::SignedTx;

/// A number as 0x-hex without leading zeros.
pub(super) fn quantity(number: u64) -> Value {
    json!(U64::from(number))
}

fn index(number: usize) -> Value {
    quantity(u64::try_from(number).unwrap_or(u64::MAX))
}

fn wei(number: u128) -> Value {
    json!(U128::from(number))
}

fn fields(value: impl serde::Serialize) -> Result<Map<String, Value>, ChainError> {
    match serde_json::to_value(value).map_err(ChainError::internal)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(ChainError::internal("not an object")),
    }
}

/// A block with its transactions whole, or their hashes only.
pub(super) fn block(block: &Block, whole: bool) -> Result<Value, ChainError> {
    let mut shown = fields(&block.header)?;
    let transactions = block
        .mined
        .iter()
        .enumerate()
        .map(|(at, mined)| {
            if whole {
                transaction(&mined.tx, Some((block, at, mined)))
            } else {
                Ok(json!(mined.tx.hash))
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let grants: Vec<Value> = block
        .grants
        .iter()
        .map(|(address, wei)| json!({ "address": address, "amount": wei }))
        .collect();
    shown.insert("hash".to_owned(), json!(block.hash));
    shown.insert("uncles".to_owned(), json!([]));
    shown.insert("withdrawals".to_owned(), json!([]));
    shown.insert("transactions".to_owned(), Value::Array(transactions));
    shown.insert("devnetGrants".to_owned(), Value::Array(grants));
    Ok(Value::Object(shown))
}

/// A transaction, with its place where it has one.
pub(super) fn transaction(
    tx: &SignedTx,
    place: Option<(&Block, usize, &Mined)>,
) -> Result<Value, ChainError> {
    let mut shown = fields(&tx.envelope)?;
    shown.insert("from".to_owned(), json!(tx.sender));
    shown.insert("hash".to_owned(), json!(tx.hash));
    let price = place.map_or_else(|| tx.max_fee(), |(_, _, mined)| mined.gas_price);
    shown.insert("gasPrice".to_owned(), wei(price));
    shown.insert("blockHash".to_owned(), json!(place.map(|(block, ..)| block.hash)));
    let number = place.map_or(Value::Null, |(block, ..)| quantity(block.number()));
    shown.insert("blockNumber".to_owned(), number);
    let at = place.map_or(Value::Null, |(_, at, _)| index(at));
    shown.insert("transactionIndex".to_owned(), at);
    Ok(Value::Object(shown))
}

pub(super) fn receipt(block: &Block, at: usize, mined: &Mined) -> Value {
    json!({
        "type": quantity(u64::from(u8::from(mined.tx.envelope.tx_type()))),
        "transactionHash": mined.tx.hash,
        "transactionIndex": index(at),
        "blockHash": block.hash,
        "blockNumber": quantity(block.number()),
        "from": mined.tx.sender,
        "to": alloy_consensus::Transaction::to(&mined.tx.envelope),
        "contractAddress": mined.contract,
        "status": quantity(u64::from(mined.receipt.is_success())),
        "gasUsed": quantity(mined.gas_used),
        "cumulativeGasUsed": quantity(mined.receipt.cumulative_gas_used()),
        "effectiveGasPrice": wei(mined.gas_price),
        "logs": logs(block, at, mined, |_| true),
        "logsBloom": mined.receipt.bloom(),
    })
}

/// The logs of one transaction that pass the filter.
pub(super) fn logs(
    block: &Block,
    at: usize,
    mined: &Mined,
    wanted: impl Fn(&Log) -> bool,
) -> Vec<Value> {
    mined
        .logs()
        .iter()
        .enumerate()
        .filter(|(_, log)| wanted(log))
        .map(|(nth, log)| {
            json!({
                "address": log.address,
                "topics": log.topics(),
                "data": log.data.data,
                "blockHash": block.hash,
                "blockNumber": quantity(block.number()),
                "blockTimestamp": quantity(block.timestamp()),
                "transactionHash": mined.tx.hash,
                "transactionIndex": index(at),
                "logIndex": index(mined.first_log.saturating_add(nth)),
                "removed": false,
            })
        })
        .collect()
}
