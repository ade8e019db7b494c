//! The chain tried as a whole, mostly through JSON-RPC.

mod contracts;
mod forks;
mod memory;
mod money;
mod pool;
mod protocol;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex, keccak256};
use serde_json::{Value, json};

use crate::chain::{Chain, Options};
use crate::tx::SignedTx;
use crate::{CHAIN_ID, wallet};

/// Where the model clock starts, in Unix seconds.
const START: u64 = 1_700_000_000;

const GWEI: u128 = 1_000_000_000;

/// Somebody who gets paid.
const SHOP: Address = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

/// A chain, and the clock that it looks at.
struct World {
    chain: Chain,
    clock: Arc<AtomicU64>,
}

fn world() -> World {
    let clock = Arc::new(AtomicU64::new(START));
    let chain = Chain::new(options(&clock));
    World { chain, clock }
}

fn options(clock: &Arc<AtomicU64>) -> Options {
    let clock = Arc::clone(clock);
    Options { clock: Box::new(move || clock.load(Ordering::SeqCst)), finality_lag: 0 }
}

impl World {
    fn pass(&self, secs: u64) {
        self.clock.fetch_add(secs, Ordering::SeqCst);
    }

    fn ask(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        ask(&self.chain, method, params)
    }

    /// The answer, which must be one.
    fn get(&self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap()
    }

    fn send(&self, tx: &Sketch) -> Result<Value, (i64, String)> {
        self.ask("eth_sendRawTransaction", json!([tx.raw()]))
    }

    fn balance(&self, who: Address, at: impl Into<Value>) -> U256 {
        let at: Value = at.into();
        serde_json::from_value(self.get("eth_getBalance", json!([who, at]))).unwrap()
    }
}

fn ask(chain: &Chain, method: &str, params: Value) -> Result<Value, (i64, String)> {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let answer: Value = serde_json::from_str(&chain.handle(&request.to_string())).unwrap();
    assert_eq!(answer["id"], 7);
    match answer.get("error") {
        None => Ok(answer["result"].clone()),
        Some(error) => {
            Err((error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned()))
        }
    }
}

/// A transaction of a test account.
#[derive(Clone)]
struct Sketch {
    key: B256,
    nonce: u64,
    value: u128,
    tip: u128,
    max_fee: u128,
    gas: u64,
    to: TxKind,
    input: Bytes,
    chain_id: u64,
}

/// A plain payment of 1 gwei by the test account of that name.
fn sketch(name: &str, nonce: u64) -> Sketch {
    Sketch {
        key: keccak256(name),
        nonce,
        value: GWEI,
        tip: GWEI,
        max_fee: 10 * GWEI,
        gas: 21_000,
        to: TxKind::Call(SHOP),
        input: Bytes::new(),
        chain_id: CHAIN_ID,
    }
}

impl Sketch {
    fn raw(&self) -> Bytes {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.max_fee,
            max_priority_fee_per_gas: self.tip,
            to: self.to,
            value: U256::from(self.value),
            input: self.input.clone(),
            ..TxEip1559::default()
        };
        wallet::sign(tx, self.key).unwrap()
    }

    fn hash(&self) -> B256 {
        keccak256(self.raw())
    }

    fn sender(&self) -> Address {
        SignedTx::decode(Self { chain_id: CHAIN_ID, ..self.clone() }.raw()).unwrap().sender
    }
}

/// A world in which the test account has 1 ETH.
fn funded(name: &str) -> World {
    let world = world();
    world.chain.faucet(sketch(name, 0).sender(), eth(1)).unwrap();
    world
}

fn eth(count: u64) -> U256 {
    U256::from(count) * U256::from(10).pow(U256::from(18))
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
