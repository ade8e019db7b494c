//! What orders can be paid in: the native coin of a chain, or a stablecoin on it.

use std::fmt;
use std::str::FromStr;

use crate::EvmAddress;
use crate::chain::{ChainId, ChainSpec, STABLE_QUOTE, VOLATILE_QUOTE};
use crate::clock::Span;
use crate::money::{Amount, UsdMicros};

/// Most characters of a symbol.
const SYMBOL_MAX: usize = 11;
/// Most decimals of a token: two dozen are more than any has, and a price still fits.
pub const DECIMALS_MAX: u8 = 24;

/// What a coin is called: 1 to 11 letters, digits, dots and dashes. It is for reading; a token is
/// known by its chain and its contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol([u8; SYMBOL_MAX]);

/// What base units are called where the coin is not known.
const UNITS: Symbol = Symbol(*b"units\0\0\0\0\0\0");

/// A text that is no symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A symbol is 1 to 11 letters, digits, dots and dashes.")]
pub struct BadSymbol;

impl FromStr for Symbol {
    type Err = BadSymbol;

    fn from_str(text: &str) -> Result<Self, BadSymbol> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        if text.is_empty() || text.len() > SYMBOL_MAX || !text.bytes().all(plain) {
            return Err(BadSymbol);
        }
        let mut bytes = [0; SYMBOL_MAX];
        bytes.iter_mut().zip(text.bytes()).for_each(|(byte, of)| *byte = of);
        Ok(Self(bytes))
    }
}

impl Symbol {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(SYMBOL_MAX);
        std::str::from_utf8(self.0.split_at(length).0).unwrap_or_default()
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({self})")
    }
}

/// How an asset leaves escrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetKind {
    /// The chain's own coin: the escrow address sends it and pays the fee out of it.
    Native,
    /// A token: its leg is charged, and the gas wallet lays the gas out.
    Token,
}

/// One thing that orders can be paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    /// The chain.
    pub chain: ChainId,
    /// The token's contract; none for the native coin.
    pub token: Option<EvmAddress>,
    /// What it is called.
    pub symbol: Symbol,
    /// Decimals of one.
    pub decimals: u8,
}

impl Asset {
    /// The native coin of a chain.
    pub fn native(spec: &ChainSpec) -> Self {
        let symbol = spec.coin.parse().unwrap_or(UNITS);
        Self { chain: spec.id, token: None, symbol, decimals: spec.decimals }
    }

    /// The native coin of a chain by its number; of one that is not known, in base units.
    pub fn native_of(chain: ChainId) -> Self {
        let unknown = Self { chain, token: None, symbol: UNITS, decimals: 0 };
        chain.spec().map_or(unknown, Self::native)
    }

    /// Whether both are the same coin or token of the same chain, whatever they are called.
    pub fn is(&self, other: &Self) -> bool {
        (self.chain, self.token) == (other.chain, other.token)
    }

    /// How it leaves escrow.
    pub const fn kind(&self) -> AssetKind {
        if self.token.is_some() { AssetKind::Token } else { AssetKind::Native }
    }

    /// Under which name its price is kept. Every token that is accepted is worth one dollar, so
    /// that no symbol of a token can be taken for a coin's.
    pub fn rate_name(&self) -> &str {
        match self.kind() {
            AssetKind::Native => self.symbol.as_str(),
            AssetKind::Token => STABLE,
        }
    }

    /// How long a quote in it stands, and with it the order.
    pub const fn quote_life(&self) -> Span {
        match self.kind() {
            AssetKind::Native => VOLATILE_QUOTE,
            AssetKind::Token => STABLE_QUOTE,
        }
    }

    /// An amount in whole coins with the symbol: `1.5 ETH`.
    pub fn shown(&self, amount: Amount) -> String {
        format!("{} {}", amount.format(self.decimals), self.symbol)
    }
}

/// Under which name the price of stablecoins is kept.
pub const STABLE: &str = "USD";

/// One dollar for one: the price of every stablecoin.
pub const STABLE_USD: UsdMicros = match UsdMicros::new(1_000_000) {
    Some(usd) => usd,
    None => UsdMicros::LEAST,
};

/// A stablecoin that this shop knows by itself; escrow still asks the chain about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its chain.
    pub chain: ChainId,
    /// Its contract, EIP-55.
    pub token: &'static str,
    /// What it is called here, whatever the contract says.
    pub symbol: &'static str,
    /// Decimals that the contract must tell.
    pub decimals: u8,
}

const fn usdc(chain: ChainId, token: &'static str) -> Listed {
    Listed { chain, token, symbol: "USDC", decimals: 6 }
}

/// The stablecoins that are offered on each chain unless their check fails. Addresses are those
/// that Circle, who issues them, gives.
pub const LISTED: &[Listed] = &[
    usdc(ChainId::ETHEREUM, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
    usdc(ChainId::SEPOLIA, "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238"),
    usdc(ChainId::BASE, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_short_and_plain() {
        for good in ["ETH", "USDC", "USDC.e", "a", "ABCDEFGHIJK"] {
            assert_eq!(good.parse::<Symbol>().unwrap().as_str(), good);
        }
        for bad in ["", "US DC", "ABCDEFGHIJKL", "USD\u{20ae}", "<b>", "A\0"] {
            assert!(bad.parse::<Symbol>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_token_is_priced_as_a_coin() {
        let coin = Asset::native_of(ChainId::ETHEREUM);
        let token = Asset { token: Some(EvmAddress::from_bytes([9; 20])), ..coin };
        assert_eq!((coin.rate_name(), token.rate_name()), ("ETH", "USD"));
        assert!(coin.quote_life() < token.quote_life());
        assert!(crate::chain::CHAINS.iter().all(|chain| chain.coin != STABLE));
        assert_eq!(STABLE_USD.get(), 1_000_000);
    }

    #[test]
    fn what_is_listed_has_a_chain_an_address_and_a_symbol() {
        for listed in LISTED {
            assert!(listed.chain.spec().is_some());
            assert!(EvmAddress::parse_payee(listed.token).is_ok(), "{}", listed.token);
            assert!(listed.symbol.parse::<Symbol>().is_ok());
        }
    }

    #[test]
    fn amounts_are_shown_with_their_symbol() {
        let asset = Asset::native_of(ChainId::BASE);
        assert_eq!(asset.shown(Amount::parse("1.5", 18).unwrap()), "1.5 ETH");
        assert_eq!(Asset::native_of(ChainId::from(56)).shown(Amount::from_u128(7)), "7 units");
    }
}
