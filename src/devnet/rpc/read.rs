//! Methods that look things up.

use alloy_primitives::{Address, B256, Log};
use serde::Deserialize;
use serde_json::{Value, json};

use super::params::{At, Params};
use super::shape;
use crate::CHAIN_ID;
use crate::block::Block;
use crate::chain::Chain;
use crate::error::ChainError;
use crate::node::Node;
use crate::state::State;

type Answer = Result<Value, ChainError>;

/// The most logs that one answer holds.
const MAX_LOGS: usize = 10_000;

/// None where the method is not of this family.
pub(super) fn answer(chain: &Chain, method: &str, params: &Params) -> Option<Answer> {
    let node = &*chain.lock();
    Some(match method {
        "eth_chainId" => Ok(shape::quantity(CHAIN_ID)),
        "net_version" => Ok(json!(CHAIN_ID.to_string())),
        "net_listening" => Ok(json!(true)),
        "web3_clientVersion" => Ok(json!(concat!("holdfast-devnet/v", env!("CARGO_PKG_VERSION")))),
        "eth_accounts" => Ok(json!([])),
        "eth_syncing" => Ok(json!(false)),
        "eth_blockNumber" => Ok(shape::quantity(node.ledger.height())),
        "eth_getBalance" => with_account(node, params, 1, |state, who| json!(state.balance(who))),
        "eth_getCode" => with_account(node, params, 1, |state, who| json!(state.code(who))),
        "eth_getTransactionCount" => transaction_count(node, params),
        "eth_getStorageAt" => params.required_quantity(1).and_then(|slot| {
            with_account(node, params, 2, |state, who| json!(B256::from(state.storage(who, slot))))
        }),
        "eth_getBlockByNumber" | "eth_getBlockByHash" => block(chain, node, params),
        "eth_getTransactionByHash" => transaction(node, params),
        "eth_getTransactionReceipt" => params.required::<B256>(0).map(|hash| {
            node.ledger
                .mined(hash)
                .map_or(Value::Null, |(block, at, mined)| shape::receipt(block, at, mined))
        }),
        "eth_getBlockReceipts" => params.at(0).map(|at| block_receipts(node, at)),
        "eth_getLogs" => params.required(0).and_then(|filter| logs(node, &filter)),
        _ => return None,
    })
}

/// Answers about the account of parameter 0 at the block of parameter `at`.
fn with_account(
    node: &Node,
    params: &Params,
    at: usize,
    look: impl FnOnce(&State, Address) -> Value,
) -> Answer {
    let address = params.required(0)?;
    let number = params.at(at)?.known(node)?;
    let state = node.ledger.state_at(number).ok_or_else(|| {
        ChainError::refused(format!("the state of block {number} is not available"))
    })?;
    Ok(look(state, address))
}

fn transaction_count(node: &Node, params: &Params) -> Answer {
    if params.at(1)? == At::Pending {
        let next = node.mempool.next_nonce(params.required(0)?, node.ledger.tip_state());
        return Ok(shape::quantity(next));
    }
    with_account(node, params, 1, |state, who| shape::quantity(state.nonce(who)))
}

fn block(chain: &Chain, node: &Node, params: &Params) -> Answer {
    let at = params.at(0)?;
    let whole = params.optional(1)?.unwrap_or(false);
    if at == At::Pending {
        return pending_block(node, chain.clock());
    }
    at.number(node)
        .and_then(|number| node.ledger.block(number))
        .map_or(Ok(Value::Null), |block| shape::block(block, whole))
}

/// The block that would be made now, without its transactions: no hash and no nonce yet.
fn pending_block(node: &Node, clock: u64) -> Answer {
    let frame = node.frame(clock);
    let number = node.ledger.height().saturating_add(1);
    let mut header = crate::block::blank(number, frame.timestamp, frame.base_fee);
    header.parent_hash = node.ledger.tip().hash;
    let block = Block { header, ..Block::genesis(&State::empty(), frame.base_fee) };
    let mut shown = shape::block(&block, false)?;
    if let Some(fields) = shown.as_object_mut() {
        for unknown in ["hash", "nonce", "miner"] {
            fields.insert(unknown.to_owned(), Value::Null);
        }
    }
    Ok(shown)
}

fn transaction(node: &Node, params: &Params) -> Answer {
    let hash = params.required(0)?;
    if let Some((block, at, mined)) = node.ledger.mined(hash) {
        return shape::transaction(&mined.tx, Some((block, at, mined)));
    }
    node.mempool.get(hash).map_or(Ok(Value::Null), |tx| shape::transaction(tx, None))
}

fn block_receipts(node: &Node, at: At) -> Value {
    let block = at.number(node).and_then(|number| node.ledger.block(number));
    block.map_or(Value::Null, |block| {
        let receipts = block.mined.iter().enumerate();
        receipts.map(|(at, mined)| shape::receipt(block, at, mined)).collect()
    })
}

/// One value or any of several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Either<T> {
    One(T),
    Any(Vec<T>),
}

impl<T: PartialEq> Either<T> {
    /// An empty list asks for nothing in particular.
    fn holds(&self, value: &T) -> bool {
        match self {
            Self::One(one) => one == value,
            Self::Any(any) => any.is_empty() || any.contains(value),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    from_block: Option<Value>,
    to_block: Option<Value>,
    block_hash: Option<B256>,
    address: Option<Either<Address>>,
    #[serde(default)]
    topics: Vec<Option<Either<B256>>>,
}

impl Filter {
    fn range(&self, node: &Node) -> Result<(u64, u64), ChainError> {
        let end = |value: &Option<Value>| match value {
            None | Some(Value::Null) => Ok(At::Latest),
            Some(value) => At::parse(value).ok_or_else(|| ChainError::params("invalid block")),
        };
        if let Some(hash) = self.block_hash {
            let number =
                At::Hash(hash).number(node).ok_or_else(|| ChainError::refused("unknown block"))?;
            return Ok((number, number));
        }
        let height = node.ledger.height();
        let from = end(&self.from_block)?.number(node).unwrap_or(u64::MAX);
        let to = end(&self.to_block)?.number(node).unwrap_or(height);
        Ok((from, to))
    }

    fn wants(&self, log: &Log) -> bool {
        let topics = log.topics();
        self.address.as_ref().is_none_or(|address| address.holds(&log.address))
            && self.topics.len() <= topics.len()
            && self
                .topics
                .iter()
                .zip(topics)
                .all(|(wanted, topic)| wanted.as_ref().is_none_or(|wanted| wanted.holds(topic)))
    }
}

fn logs(node: &Node, filter: &Filter) -> Answer {
    let (from, to) = filter.range(node)?;
    let mut found = Vec::new();
    for block in node.ledger.busy(from, to) {
        for (at, mined) in block.mined.iter().enumerate() {
            found.extend(shape::logs(block, at, mined, |log| filter.wants(log)));
        }
        if found.len() > MAX_LOGS {
            let message = format!("query returned more than {MAX_LOGS} results");
            return Err(ChainError::new(-32005, message));
        }
    }
    Ok(Value::Array(found))
}
