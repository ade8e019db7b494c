//! EVM account addresses: 20 bytes inside, the mixed-case checksum of EIP-55 outside.

use std::fmt;
use std::str::FromStr;

use crate::keccak256;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// An account on an EVM chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvmAddress([u8; 20]);

/// Why a text is not an address; each reads as a sentence for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("An address is 0x followed by 40 characters, 0 to 9 and a to f.")]
    Form,
    /// Mixed case that does not match EIP-55: almost always a typing or copying fault.
    #[error(
        "The capitals of this address do not match its checksum. Copy it again from your wallet."
    )]
    Checksum,
    /// The zero address or one of the low numbers that chains reserve for precompiles.
    #[error("Nobody holds the key of this address; money sent there is lost.")]
    Reserved,
}

impl EvmAddress {
    /// The address with these bytes, unchecked: for addresses computed from keys or read from a chain.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The account of an uncompressed public key without its leading `04` byte.
    pub fn from_public_key(xy: &[u8; 64]) -> Self {
        let digest = keccak256(xy);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(digest.split_at(12).1);
        Self(bytes)
    }

    /// Whether it is the zero address, which stands for none.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 20]
    }

    /// The 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Parses what a person typed: EIP-55 checked where the case is mixed, and refusing addresses
    /// below 0x10000, which hold the zero address and every precompile.
    pub fn parse_payee(text: &str) -> Result<Self, AddressError> {
        let address = Self::from_str(text.trim())?;
        if address.0.iter().take(18).all(|byte| *byte == 0) {
            return Err(AddressError::Reserved);
        }
        Ok(address)
    }
}

impl FromStr for EvmAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::Form)?;
        if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(AddressError::Form);
        }
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok().ok_or(AddressError::Form)?;
            *byte = u8::from_str_radix(pair, 16).ok().ok_or(AddressError::Form)?;
        }
        let address = Self(bytes);
        let mixed = digits.bytes().any(|b| b.is_ascii_uppercase())
            && digits.bytes().any(|b| b.is_ascii_lowercase());
        if mixed && address.to_string() != text {
            return Err(AddressError::Checksum);
        }
        Ok(address)
    }
}

impl fmt::Display for EvmAddress {
    /// The checksummed form of EIP-55.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lower: Vec<u8> = self
            .0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f])
            .filter_map(|nibble| HEX.get(usize::from(nibble)).copied())
            .collect();
        let digest = keccak256(&lower);
        let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
        f.write_str("0x")?;
        for (digit, nibble) in lower.iter().zip(nibbles) {
            let digit = if nibble >= 8 { digit.to_ascii_uppercase() } else { *digit };
            write!(f, "{}", char::from(digit))?;
        }
        Ok(())
    }
}

impl fmt::Debug for EvmAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples that EIP-55 itself gives.
    const EIP55: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn writes_and_reads_the_examples_of_eip_55() {
        for text in EIP55 {
            let address: EvmAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(text.to_lowercase().parse(), Ok(address));
        }
    }

    #[test]
    fn refuses_one_wrong_capital() {
        let wrong = "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(wrong.parse::<EvmAddress>(), Err(AddressError::Checksum));
    }

    #[test]
    fn refuses_what_is_not_an_address() {
        for text in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd",
            "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            "0x+aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            "vitalik.eth",
        ] {
            assert_eq!(text.parse::<EvmAddress>(), Err(AddressError::Form), "{text}");
        }
    }

    #[test]
    fn refuses_to_pay_the_zero_address_and_precompiles() {
        for text in [
            "0x0000000000000000000000000000000000000000",
            "0x0000000000000000000000000000000000000009",
            "0x0000000000000000000000000000000000000100",
        ] {
            assert_eq!(EvmAddress::parse_payee(text), Err(AddressError::Reserved), "{text}");
        }
    }
}
