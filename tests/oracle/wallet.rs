//! The other wallet: seeds by ring's PBKDF2, keys by hdwallet, addresses by tiny-keccak. Nothing of
//! it is shared with escrow.

use std::num::NonZeroU32;

use hdwallet::secp256k1::{PublicKey, Secp256k1};
use hdwallet::traits::Serialize;
use hdwallet::{DefaultKeyChain, ExtendedPrivKey, KeyChain, ring};
use tiny_keccak::{Hasher, Keccak};

/// Rounds of PBKDF2 that BIP-39 asks for.
const ROUNDS: NonZeroU32 = NonZeroU32::new(2_048).unwrap();

/// The seed of a phrase of English words.
pub(crate) fn seed(phrase: &str, passphrase: &str) -> [u8; 64] {
    let mut seed = [0; 64];
    ring::pbkdf2::derive(
        ring::pbkdf2::PBKDF2_HMAC_SHA512,
        ROUNDS,
        format!("mnemonic{passphrase}").as_bytes(),
        phrase.as_bytes(),
        &mut seed,
    );
    seed
}

/// The key at `path`, as `m/44'/60'/0'/0/0`.
pub(crate) fn key(seed: &[u8], path: &str) -> ExtendedPrivKey {
    let master = ExtendedPrivKey::with_seed(seed).expect("a seed that gives a key");
    let (key, _) = DefaultKeyChain::new(master)
        .derive_private_key(path.into())
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    key
}

/// Private key, then chain code.
pub(crate) fn bytes(key: &ExtendedPrivKey) -> Vec<u8> {
    key.serialize()
}

/// The bytes of the account's address.
pub(crate) fn address(key: &ExtendedPrivKey) -> [u8; 20] {
    let public = PublicKey::from_secret_key(&Secp256k1::new(), &key.private_key);
    let digest = keccak(&public.serialize_uncompressed()[1..]);
    digest[12..].try_into().expect("20 bytes are left")
}

/// Keccak-256.
pub(crate) fn keccak(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let mut hasher = Keccak::v256();
    hasher.update(bytes);
    hasher.finalize(&mut digest);
    digest
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}
