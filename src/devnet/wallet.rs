//! The demo wallet: the account that pays on the demo's pages.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{
    Address, B256, Bytes, Signature, TxKind, U256, address, b256, eip191_hash_message, hex,
};
use k256::ecdsa::SigningKey;

use crate::CHAIN_ID;
use crate::call::{self, CallRequest};
use crate::error::ChainError;
use crate::node::{GWEI, Node};
use crate::tx::SignedTx;
use crate::typed;

/// The demo wallet's address.
pub const ADDRESS: Address = address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

/// The first development account of Hardhat and Anvil. This key is public knowledge, printed in
/// their manuals and at their every start: it guards nothing and must never be given real money.
const PUBLIC_DEVELOPMENT_KEY: B256 =
    b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

/// Sends `value` wei and a call from the demo wallet, with the nonce after all of its that wait.
pub(crate) fn send(
    node: &mut Node,
    to: Address,
    (value, input): (U256, Bytes),
    clock: u64,
) -> Result<B256, ChainError> {
    let request = CallRequest {
        from: Some(ADDRESS),
        to: Some(to),
        value: Some(value),
        input: Some(input.clone()),
        ..CallRequest::default()
    };
    let height = node.ledger.height();
    let gas_limit = call::estimate(node, &request, height)?;
    let tip = u128::from(GWEI);
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: node.mempool.next_nonce(ADDRESS, node.ledger.tip_state()),
        gas_limit,
        max_fee_per_gas: u128::from(node.base_fee).saturating_mul(2).saturating_add(tip),
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(to),
        value,
        input,
        ..TxEip1559::default()
    };
    let signed = SignedTx::decode(sign(tx, PUBLIC_DEVELOPMENT_KEY)?)?;
    node.submit(signed, clock)
}

/// Signs a text (`personal_sign`) with the demo wallet's key.
///
/// # Errors
/// None in practice: the key is a good one.
pub fn sign_text(text: &str) -> Result<String, ChainError> {
    sign_digest(eip191_hash_message(text))
}

/// Signs what a page shows: typed data where it is JSON, else a text.
///
/// # Errors
/// When the JSON is no typed data.
pub fn sign_shown(shown: &str) -> Result<String, ChainError> {
    if shown.trim_start().starts_with('{') {
        return sign_digest(typed::digest(shown)?);
    }
    sign_text(shown)
}

fn sign_digest(digest: B256) -> Result<String, ChainError> {
    let key = SigningKey::from_slice(PUBLIC_DEVELOPMENT_KEY.as_slice());
    let key = key.map_err(ChainError::internal)?;
    let (signature, id) = key.sign_prehash_recoverable(digest.as_slice());
    let signature = Signature::from_bytes_and_parity(&signature.to_bytes(), id.is_y_odd());
    Ok(hex::encode_prefixed(signature.as_bytes()))
}

/// The bytes of the transaction, signed.
pub(crate) fn sign(tx: TxEip1559, key: B256) -> Result<Bytes, ChainError> {
    let key = SigningKey::from_slice(key.as_slice()).map_err(ChainError::internal)?;
    let (signature, id) = key.sign_prehash_recoverable(tx.signature_hash().as_slice());
    let signature = Signature::from_bytes_and_parity(&signature.to_bytes(), id.is_y_odd());
    Ok(TxEnvelope::from(tx.into_signed(signature)).encoded_2718().into())
}
