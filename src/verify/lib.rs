//! Facts about chain accounts that can be checked without any key.
//!
//! A leaf: it signs nothing, holds nothing and reads nothing, so that every crate may use it.

pub mod address;
pub mod consent;
pub mod message;
#[cfg(feature = "recover")]
pub mod signature;
pub mod typed;

use sha3::{Digest, Keccak256};

/// The Keccak-256 digest that Ethereum uses for addresses, hashes and checksums.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}
