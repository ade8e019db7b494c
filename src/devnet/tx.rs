//! A signed transaction, decoded once and carried along with its bytes.

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope, TxType};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::context::TxEnv;

use crate::CHAIN_ID;
use crate::error::ChainError;

/// geth's limit for one transaction.
const MAX_RAW_BYTES: usize = 128 * 1024;

/// A transaction whose signature, chain and type have been checked.
#[derive(Debug)]
pub(crate) struct SignedTx {
    pub(crate) raw: Bytes,
    pub(crate) envelope: TxEnvelope,
    pub(crate) hash: B256,
    pub(crate) sender: Address,
}

impl SignedTx {
    /// Decodes and checks all that can be checked without a state.
    pub(crate) fn decode(raw: Bytes) -> Result<Self, ChainError> {
        if raw.len() > MAX_RAW_BYTES {
            return Err(ChainError::refused("oversized data"));
        }
        let mut rest: &[u8] = &raw;
        let envelope = TxEnvelope::decode_2718(&mut rest)
            .map_err(|error| ChainError::refused(format!("rlp: {error}")))?;
        if !rest.is_empty() {
            return Err(ChainError::refused("rlp: input contains trailing bytes"));
        }
        if !matches!(envelope.tx_type(), TxType::Legacy | TxType::Eip2930 | TxType::Eip1559) {
            return Err(ChainError::refused("transaction type not supported"));
        }
        match envelope.chain_id() {
            None => {
                return Err(ChainError::refused(
                    "only replay-protected (EIP-155) transactions allowed over RPC",
                ));
            }
            Some(CHAIN_ID) => {}
            Some(other) => {
                return Err(ChainError::refused(format!(
                    "invalid sender: invalid chain id for signer: have {other} want {CHAIN_ID}"
                )));
            }
        }
        let sender = envelope
            .recover_signer()
            .map_err(|error| ChainError::refused(format!("invalid sender: {error}")))?;
        let hash = *envelope.tx_hash();
        Ok(Self { raw, envelope, hash, sender })
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.envelope.nonce()
    }

    pub(crate) fn gas_limit(&self) -> u64 {
        self.envelope.gas_limit()
    }

    /// The most that one unit of gas may cost, in wei.
    pub(crate) fn max_fee(&self) -> u128 {
        self.envelope.max_fee_per_gas()
    }

    /// The most that the block's maker may get for one unit of gas, in wei.
    pub(crate) fn max_tip(&self) -> u128 {
        self.envelope.priority_fee_or_price()
    }

    /// What the block's maker gets for one unit of gas; None where the base fee is not covered.
    pub(crate) fn tip(&self, base_fee: u64) -> Option<u128> {
        self.envelope.effective_tip_per_gas(base_fee)
    }

    /// What one unit of gas costs in a block of this base fee, in wei.
    pub(crate) fn price(&self, base_fee: u64) -> u128 {
        self.envelope.effective_gas_price(Some(base_fee))
    }

    /// The most that the sender can lose, in wei.
    pub(crate) fn cost(&self) -> U256 {
        U256::from(self.max_fee())
            .saturating_mul(U256::from(self.gas_limit()))
            .saturating_add(self.envelope.value())
    }

    /// The same transaction as the EVM takes it.
    pub(crate) fn env(&self) -> Result<TxEnv, ChainError> {
        TxEnv::builder()
            .tx_type(Some(self.envelope.tx_type().into()))
            .caller(self.sender)
            .gas_limit(self.gas_limit())
            .gas_price(self.max_fee())
            .gas_priority_fee(self.envelope.max_priority_fee_per_gas())
            .kind(self.envelope.kind())
            .value(self.envelope.value())
            .data(self.envelope.input().clone())
            .nonce(self.nonce())
            .chain_id(self.envelope.chain_id())
            .access_list(self.envelope.access_list().cloned().unwrap_or_default())
            .build()
            .map_err(|error| ChainError::refused(format!("invalid transaction: {error:?}")))
    }
}
