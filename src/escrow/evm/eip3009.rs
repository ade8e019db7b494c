//! Authorizations by EIP-3009: the holder of a token signs a transfer, anybody may carry it to the
//! contract, and the contract takes each nonce once.

use domain::EvmAddress;
use domain::chain::ChainId;
use domain::ids::OrderId;
use domain::money::Amount;
use k256::ecdsa::SigningKey;
use ruint::aliases::U256;
use verify::keccak256;
use verify::typed::{Domain, structure};

use super::abi::{self, Word};
use super::tx::sign_digest;
use crate::fault::Fault;

const TRANSFER_TYPE: &str = "TransferWithAuthorization(address from,address to,uint256 value,\
                             uint256 validAfter,uint256 validBefore,bytes32 nonce)";
const TRANSFER: &str = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,\
                        uint8,bytes32,bytes32)";

/// A transfer that the holder of a token allows, for ever and once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization {
    /// The token's contract.
    pub token: EvmAddress,
    /// Its EIP-712 domain.
    pub domain: Word,
    /// The escrow address.
    pub from: EvmAddress,
    /// The payee.
    pub to: EvmAddress,
    /// What arrives there.
    pub value: Amount,
    /// By which the contract knows it again, see [`nonce`].
    pub nonce: Word,
}

/// An authorization with its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedAuthorization {
    /// What is allowed.
    pub asked: Authorization,
    r: Word,
    s: Word,
    odd: bool,
}

/// The EIP-712 domain of a token by its name and version.
pub fn domain(name: &str, version: &str, chain: ChainId, token: EvmAddress) -> Word {
    Domain { name, version, chain: chain.get(), contract: token }.separator()
}

/// The nonce of a leg's authorization: the same for ever, whoever asks.
pub fn nonce(order: OrderId, case: i32, leg: i32) -> Word {
    keccak256(format!("holdfast authorization 1\n{order}\n{case}\n{leg}").as_bytes())
}

impl Authorization {
    /// The digest that is signed (EIP-712).
    fn digest(&self) -> Word {
        let [after, before] = validity();
        let asked = structure(
            TRANSFER_TYPE,
            &[
                abi::address(self.from),
                abi::address(self.to),
                abi::number(self.value),
                after,
                before,
                self.nonce,
            ],
        );
        keccak256(&[b"\x19\x01".as_slice(), &self.domain, &asked].concat())
    }

    pub(crate) fn sign(&self, key: &SigningKey) -> Result<SignedAuthorization, Fault> {
        let (r, s, odd) = sign_digest(&self.digest(), key)?;
        Ok(SignedAuthorization { asked: *self, r, s, odd })
    }
}

/// From the beginning until the end of time: a leg's transfer never goes out of date, and its nonce
/// lets it happen once.
fn validity() -> [Word; 2] {
    [[0; 32], U256::MAX.to_be_bytes::<32>()]
}

impl SignedAuthorization {
    /// The call that carries it to its token.
    pub fn call(&self) -> Vec<u8> {
        let [after, before] = validity();
        let v = if self.odd { 28 } else { 27 };
        abi::call(
            TRANSFER,
            &[
                abi::address(self.asked.from),
                abi::address(self.asked.to),
                abi::number(self.asked.value),
                after,
                before,
                self.asked.nonce,
                abi::number(Amount::from_u128(v)),
                self.r,
                self.s,
            ],
        )
    }
}

/// An authorization to test with.
#[cfg(test)]
pub(crate) fn sample() -> Authorization {
    Authorization {
        token: EvmAddress::from_bytes([0x55; 20]),
        domain: [0x56; 32],
        from: EvmAddress::from_bytes([0x51; 20]),
        to: EvmAddress::from_bytes([0x53; 20]),
        value: Amount::from_u128(25_000_000),
        nonce: nonce(OrderId::from_random([1; 16]), 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::seal::hex;

    /// What USDC on Ethereum answers to DOMAIN_SEPARATOR(), as its issuer documents it.
    #[test]
    fn the_domain_of_usdc_is_the_known_one() {
        let usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48".parse().unwrap();
        assert_eq!(
            hex(&domain("USD Coin", "2", ChainId::ETHEREUM, usdc)),
            "0x06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335"
        );
    }

    /// Type hash and name of the function as EIP-3009 gives them.
    #[test]
    fn type_and_function_are_those_of_the_standard() {
        assert_eq!(
            hex(&keccak256(TRANSFER_TYPE.as_bytes())),
            "0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267"
        );
        assert_eq!(abi::call(TRANSFER, &[]), [0xe3, 0xee, 0x16, 0x0e]);
    }

    #[test]
    fn each_leg_has_a_nonce_of_its_own() {
        let order = |byte| OrderId::from_random([byte; 16]);
        let all = [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 11, 0), (1, 1, 10)];
        let mut nonces: Vec<_> = all.map(|(o, case, leg)| nonce(order(o), case, leg)).to_vec();
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), all.len());
    }
}
