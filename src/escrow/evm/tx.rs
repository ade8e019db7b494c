//! Chain txs of type 2 (EIP-1559): those that carry coin and nothing else, those that carry a signed
//! authorization and no coin, and transfers of tokens.

use alloy_rlp::{Encodable, Header};
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::money::Amount;
use k256::ecdsa::SigningKey;
use verify::keccak256;

use super::eip3009::SignedAuthorization;
use crate::chain::trial::Wanted;
use crate::fault::Fault;

/// First byte of a typed chain tx by EIP-1559.
const TYPE: u8 = 2;

/// A chain tx that pays one leg: no data, no access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegTx {
    /// The escrow address; not part of the bytes, but what the signature must recover to.
    pub from: EvmAddress,
    /// The chain.
    pub chain: ChainId,
    /// The leg's nonce.
    pub nonce: u64,
    /// Most base units a gas for the block's maker.
    pub max_tip: Amount,
    /// Most base units a gas in all.
    pub max_fee: Amount,
    /// Most gas.
    pub gas_limit: u64,
    /// The payee.
    pub to: EvmAddress,
    /// What arrives there.
    pub value: Amount,
}

/// Signed bytes and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTx {
    /// Keccak-256 of the bytes: the chain tx's name.
    pub hash: [u8; 32],
    /// What is broadcast.
    pub raw: Vec<u8>,
}

/// A chain tx that carries an authorization to its token: no coin, no access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayTx {
    /// The gas wallet; not part of the bytes, but what the signature must recover to.
    pub from: EvmAddress,
    /// The chain.
    pub chain: ChainId,
    /// The gas wallet's nonce.
    pub nonce: u64,
    /// Most base units a gas for the block's maker.
    pub max_tip: Amount,
    /// Most base units a gas in all.
    pub max_fee: Amount,
    /// Most gas.
    pub gas_limit: u64,
    /// What is carried, signed by whom the money leaves.
    pub carried: SignedAuthorization,
}

/// A chain tx by which an escrow address transfers a token itself: one leg, no coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferTx {
    /// The leg's fields; its payee and sum are those of the transfer.
    pub leg: LegTx,
    /// The token.
    pub token: EvmAddress,
}

/// A chain tx by which the gas wallet sends coin to an escrow address, for the gas of transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUpTx {
    /// Sender, nonce, fees, sum and the escrow address.
    pub coin: LegTx,
    /// Where the escrow address has its key.
    pub place: crate::keys::Place,
}

/// What all kinds are made of.
struct Fields<'a> {
    chain: ChainId,
    nonce: u64,
    max_tip: Amount,
    max_fee: Amount,
    gas_limit: u64,
    to: EvmAddress,
    value: Amount,
    data: &'a [u8],
}

impl LegTx {
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<SignedTx, Fault> {
        let Self { chain, nonce, max_tip, max_fee, gas_limit, to, value, .. } = *self;
        Fields { chain, nonce, max_tip, max_fee, gas_limit, to, value, data: &[] }.sign(key)
    }
}

impl RelayTx {
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<SignedTx, Fault> {
        let Self { chain, nonce, max_tip, max_fee, gas_limit, carried, .. } = *self;
        let (to, value, data) = (carried.asked.token, Amount::ZERO, carried.call());
        Fields { chain, nonce, max_tip, max_fee, gas_limit, to, value, data: &data }.sign(key)
    }
}

impl TransferTx {
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<SignedTx, Fault> {
        let LegTx { from, chain, nonce, max_tip, max_fee, gas_limit, to, value } = self.leg;
        let data = Wanted { token: self.token, from, to, amount: value }.call();
        let (to, value) = (self.token, Amount::ZERO);
        Fields { chain, nonce, max_tip, max_fee, gas_limit, to, value, data: &data }.sign(key)
    }
}

/// Signs a digest; answers r, s and whether y is odd.
pub(crate) fn sign_digest(
    digest: &[u8; 32],
    key: &SigningKey,
) -> Result<([u8; 32], [u8; 32], bool), Fault> {
    let (signature, recovery) = key.sign_prehash_recoverable(digest);
    // Chains refuse the higher of the two valid values of s (EIP-2).
    if signature.normalize_s() != signature {
        return Err(Fault::Key("a signature came out with a high s".to_owned()));
    }
    let (r, s) = signature.split_bytes();
    Ok((r.into(), s.into(), recovery.is_y_odd()))
}

impl Fields<'_> {
    /// The digest that is signed.
    fn digest(&self) -> [u8; 32] {
        keccak256(&envelope(&self.payload()))
    }

    fn sign(&self, key: &SigningKey) -> Result<SignedTx, Fault> {
        let (r, s, odd) = sign_digest(&self.digest(), key)?;
        let mut payload = self.payload();
        integer(&[u8::from(odd)], &mut payload);
        integer(&r, &mut payload);
        integer(&s, &mut payload);
        let raw = envelope(&payload);
        Ok(SignedTx { hash: keccak256(&raw), raw })
    }

    /// The nine fields, without the list's header.
    fn payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        integer(&self.chain.get().to_be_bytes(), &mut out);
        integer(&self.nonce.to_be_bytes(), &mut out);
        integer(&self.max_tip.as_u256().to_be_bytes::<32>(), &mut out);
        integer(&self.max_fee.as_u256().to_be_bytes::<32>(), &mut out);
        integer(&self.gas_limit.to_be_bytes(), &mut out);
        self.to.as_bytes().as_slice().encode(&mut out);
        integer(&self.value.as_u256().to_be_bytes::<32>(), &mut out);
        self.data.encode(&mut out);
        // No access list.
        Header { list: true, payload_length: 0 }.encode(&mut out);
        out
    }
}

/// A whole number: its bytes without leading zeros.
fn integer(big_endian: &[u8], out: &mut Vec<u8>) {
    let start = big_endian.iter().take_while(|byte| **byte == 0).count();
    big_endian.get(start..).unwrap_or_default().encode(out);
}

fn envelope(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![TYPE];
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

/// A leg to test with.
#[cfg(test)]
pub(crate) fn sample() -> LegTx {
    LegTx {
        from: EvmAddress::from_bytes([0; 20]),
        chain: ChainId::DEVELOPMENT,
        nonce: 0,
        max_tip: Amount::from_u128(1_000_000_000),
        max_fee: Amount::from_u128(3_000_000_000),
        gas_limit: 21_000,
        to: EvmAddress::from_bytes([0x53; 20]),
        value: Amount::from_u128(10_000_000_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::transaction::SignerRecoverable;
    use alloy_consensus::{Transaction, TxEnvelope};
    use alloy_primitives::U256;
    use alloy_rlp::Decodable;
    use proptest::prelude::*;

    proptest! {
        /// A relay: no coin, the call as its data, to the token.
        #[test]
        fn another_library_reads_the_same_relay(
            nonce in any::<u64>().prop_map(|n| n >> 1),
            max_fee in any::<u128>(),
            value in any::<u128>(),
            secret in any::<[u8; 32]>(),
        ) {
            let Ok(key) = SigningKey::from_slice(&secret) else { return Ok(()) };
            let asked = crate::evm::eip3009::Authorization {
                value: Amount::from_u128(value),
                ..crate::evm::eip3009::sample()
            };
            let carried = asked.sign(&key).unwrap();
            let LegTx { from, chain, max_tip, gas_limit, .. } = sample();
            let max_fee_of = Amount::from_u128(max_fee);
            let relay = RelayTx { from, chain, nonce, max_tip, max_fee: max_fee_of, gas_limit, carried };
            let signed = relay.sign(&key).unwrap();
            let mut wrapped = Vec::new();
            signed.raw.as_slice().encode(&mut wrapped);
            let tx = TxEnvelope::decode(&mut wrapped.as_slice()).unwrap();
            prop_assert_eq!(tx.tx_hash().0, signed.hash);
            prop_assert_eq!((tx.nonce(), tx.max_fee_per_gas()), (nonce, max_fee));
            prop_assert_eq!(&tx.to().unwrap().0.0, asked.token.as_bytes());
            prop_assert_eq!(tx.value(), U256::ZERO);
            prop_assert_eq!(tx.input().to_vec(), carried.call());
        }

        /// Read by another implementation: the same nine fields, from the same account.
        #[test]
        fn another_library_reads_the_same_chain_tx(
            nonce in prop_oneof![0u64..3, any::<u64>().prop_map(|n| n >> 1)],
            tip in any::<u128>(),
            max_fee in any::<u128>(),
            gas_limit in any::<u64>(),
            to in any::<[u8; 20]>(),
            value in any::<u128>(),
            secret in any::<[u8; 32]>(),
        ) {
            let Ok(key) = SigningKey::from_slice(&secret) else { return Ok(()) };
            let leg = LegTx {
                nonce,
                max_tip: Amount::from_u128(tip),
                max_fee: Amount::from_u128(max_fee),
                gas_limit,
                to: EvmAddress::from_bytes(to),
                value: Amount::from_u128(value),
                ..sample()
            };
            let signed = leg.sign(&key).unwrap();
            prop_assert_eq!(signed.raw[0], TYPE);
            let mut wrapped = Vec::new();
            signed.raw.as_slice().encode(&mut wrapped);
            let tx = TxEnvelope::decode(&mut wrapped.as_slice()).unwrap();
            prop_assert_eq!(tx.tx_hash().0, signed.hash);
            prop_assert_eq!(tx.nonce(), nonce);
            prop_assert_eq!(tx.chain_id(), Some(31_337));
            prop_assert_eq!(tx.max_priority_fee_per_gas(), Some(tip));
            prop_assert_eq!(tx.max_fee_per_gas(), max_fee);
            prop_assert_eq!(tx.gas_limit(), gas_limit);
            prop_assert_eq!(tx.to().unwrap().0.0, to);
            prop_assert_eq!(tx.value(), U256::from(value));
            prop_assert!(tx.input().is_empty());
            let point = key.verifying_key().to_sec1_point(false);
            let xy: [u8; 64] = point.as_bytes()[1..].try_into().unwrap();
            let sender = EvmAddress::from_public_key(&xy);
            prop_assert_eq!(&tx.recover_signer().unwrap().0.0, sender.as_bytes());
        }
    }
}
