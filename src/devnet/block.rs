//! Blocks, and how one is put together.

use std::sync::Arc;

use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::{Eip658Value, Header, Receipt, ReceiptEnvelope, TxReceipt};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256, address, keccak256};
use revm::context::BlockEnv;
use revm::context_interface::block::BlobExcessGasAndPrice;

use crate::error::ChainError;
use crate::evm::{self, BLOCK_GAS_LIMIT, Rules};
use crate::ledger::Ledger;
use crate::state::{State, View};
use crate::tx::SignedTx;

/// Who gets the tips.
const BENEFICIARY: Address = address!("0xfee0000000000000000000000000000000000fee");

/// Money that the faucet gave: to whom, how much wei.
pub(crate) type Grant = (Address, U256);

/// A transaction in a block, and what came of it.
#[derive(Debug)]
pub(crate) struct Mined {
    pub(crate) tx: Arc<SignedTx>,
    pub(crate) receipt: ReceiptEnvelope,
    pub(crate) gas_used: u64,
    /// wei for one unit of gas.
    pub(crate) gas_price: u128,
    pub(crate) contract: Option<Address>,
    /// How many logs the block had before this transaction's.
    pub(crate) first_log: usize,
}

impl Mined {
    pub(crate) fn logs(&self) -> &[Log] {
        self.receipt.logs()
    }
}

/// A sealed block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) header: Header,
    pub(crate) hash: B256,
    /// How many reorganisations came before this block was made: it keeps a block that is made
    /// again from having the hash of the one that was dropped.
    pub(crate) fork: u64,
    pub(crate) mined: Vec<Mined>,
    pub(crate) grants: Vec<Grant>,
}

impl Block {
    pub(crate) fn number(&self) -> u64 {
        self.header.number
    }

    pub(crate) fn timestamp(&self) -> u64 {
        self.header.timestamp
    }

    pub(crate) fn base_fee(&self) -> u64 {
        self.header.base_fee_per_gas.unwrap_or_default()
    }

    /// Nothing happened in it but time.
    pub(crate) fn is_empty(&self) -> bool {
        self.mined.is_empty() && self.grants.is_empty()
    }

    /// The environment in which this block's transactions ran.
    pub(crate) fn env(&self) -> BlockEnv {
        env(&self.header)
    }

    /// Block 0, with nothing in it but the given state.
    pub(crate) fn genesis(state: &State, base_fee: u64) -> Self {
        let header = Header { state_root: state.digest(), ..blank(0, 0, base_fee) };
        Self { hash: header.hash_slow(), header, fork: 0, mined: Vec::new(), grants: Vec::new() }
    }
}

/// What is settled about a block before its first transaction.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Unix seconds, above the parent's.
    pub(crate) timestamp: u64,
    /// wei.
    pub(crate) base_fee: u64,
    pub(crate) fork: u64,
}

/// A block in the making on top of the ledger's tip.
pub(crate) struct Assembly<'a> {
    ledger: &'a Ledger,
    header: Header,
    fork: u64,
    grants: Vec<Grant>,
    pub(crate) state: State,
    mined: Vec<Mined>,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(ledger: &'a Ledger, frame: Frame, grants: Vec<Grant>) -> Self {
        let parent = ledger.tip();
        let mut state = ledger.tip_state().clone();
        for (address, wei) in &grants {
            state.credit(*address, *wei);
        }
        let seed = [parent.hash.as_slice(), &frame.fork.to_be_bytes()].concat();
        let header = Header {
            parent_hash: parent.hash,
            mix_hash: keccak256(seed),
            ..blank(parent.number().saturating_add(1), frame.timestamp, frame.base_fee)
        };
        Self { ledger, header, fork: frame.fork, grants, state, mined: Vec::new() }
    }

    pub(crate) fn gas_left(&self) -> u64 {
        BLOCK_GAS_LIMIT.saturating_sub(self.header.gas_used)
    }

    /// Runs the transaction and takes it in; refused where consensus forbids it.
    pub(crate) fn include(&mut self, tx: Arc<SignedTx>) -> Result<(), ChainError> {
        if tx.gas_limit() > self.gas_left() {
            return Err(ChainError::refused("gas limit reached"));
        }
        let view = View { state: &self.state, ledger: self.ledger };
        let outcome = evm::transact(view, env(&self.header), tx.env()?, Rules::Block)?;
        self.state.apply(outcome.state);
        let gas_used = outcome.result.tx_gas_used();
        self.header.gas_used = self.header.gas_used.saturating_add(gas_used);
        let receipt = Receipt {
            status: Eip658Value::Eip658(outcome.result.is_success()),
            cumulative_gas_used: self.header.gas_used,
            // What a reverted call logged is undone with it.
            logs: if outcome.result.is_success() {
                outcome.result.logs().to_vec()
            } else {
                Vec::new()
            },
        };
        self.mined.push(Mined {
            gas_used,
            gas_price: tx.price(self.header.base_fee_per_gas.unwrap_or_default()),
            contract: outcome.result.created_address(),
            first_log: self
                .mined
                .last()
                .map_or(0, |previous| previous.first_log.saturating_add(previous.logs().len())),
            receipt: ReceiptEnvelope::from_typed(tx.envelope.tx_type(), receipt.with_bloom()),
            tx,
        });
        Ok(())
    }

    /// Seals the block; with it goes the state that it leaves.
    pub(crate) fn seal(self) -> (Block, State) {
        let envelopes: Vec<_> = self.mined.iter().map(|mined| &mined.tx.envelope).collect();
        let receipts: Vec<_> = self.mined.iter().map(|mined| &mined.receipt).collect();
        let mut bloom = Bloom::ZERO;
        for receipt in &receipts {
            bloom |= receipt.bloom();
        }
        let header = Header {
            state_root: self.state.digest(),
            transactions_root: calculate_transaction_root(&envelopes),
            receipts_root: calculate_receipt_root(&receipts),
            logs_bloom: bloom,
            ..self.header
        };
        let block = Block {
            hash: header.hash_slow(),
            header,
            fork: self.fork,
            mined: self.mined,
            grants: self.grants,
        };
        (block, self.state)
    }
}

/// The header of an empty block in the form of the Prague fork.
pub(crate) fn blank(number: u64, timestamp: u64, base_fee: u64) -> Header {
    Header {
        parent_hash: B256::ZERO,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: BENEFICIARY,
        state_root: EMPTY_ROOT_HASH,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        logs_bloom: Bloom::ZERO,
        difficulty: U256::ZERO,
        number,
        gas_limit: BLOCK_GAS_LIMIT,
        gas_used: 0,
        timestamp,
        extra_data: Bytes::from_static(b"holdfast devnet"),
        mix_hash: B256::ZERO,
        nonce: B64::ZERO,
        base_fee_per_gas: Some(base_fee),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

pub(crate) fn env(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        }),
        slot_num: 0,
    }
}
