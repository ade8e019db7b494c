//! The chains that this shop knows, and what counts as final on each.

use crate::clock::Span;

/// A chain's number (EIP-155).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(u64);

/// When a block can no longer be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// At or below the block that the node tags `finalized`.
    Tag,
    /// At or below the head less this many blocks.
    Depth(u64),
}

/// What gas costs on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeModel {
    /// EIP-1559 alone.
    Plain,
    /// EIP-1559 on the chain and a fee for the data on the chain below it.
    OpStack,
}

/// One chain that orders can be paid on. Each fact is the chain's own, or our caution about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainSpec {
    /// Its number.
    pub id: ChainId,
    /// Its name on pages.
    pub name: &'static str,
    /// The symbol of its native coin.
    pub coin: &'static str,
    /// Decimals of the native coin.
    pub decimals: u8,
    /// When a block counts.
    pub finality: Finality,
    /// What gas costs.
    pub fees: FeeModel,
    /// Start of an explorer's address; empty where none exists.
    pub explorer: &'static str,
    /// Hash of block 0, where it is known for good; a provider that answers otherwise is on another chain.
    pub genesis: Option<&'static str>,
    /// Whether its coin is real money.
    pub main_net: bool,
}

impl ChainId {
    /// Ethereum.
    pub const ETHEREUM: Self = Self(1);
    /// Base.
    pub const BASE: Self = Self(8_453);
    /// Sepolia, a test net.
    pub const SEPOLIA: Self = Self(11_155_111);
    /// The development chain.
    pub const DEVELOPMENT: Self = Self(31_337);

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The chain's facts; `None` for a chain that this shop does not serve.
    pub fn spec(self) -> Option<&'static ChainSpec> {
        CHAINS.iter().find(|chain| chain.id == self)
    }
}

impl From<u64> for ChainId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// Every chain that can be configured.
pub const CHAINS: &[ChainSpec] = &[
    ChainSpec {
        id: ChainId::ETHEREUM,
        name: "Ethereum",
        coin: "ETH",
        decimals: 18,
        finality: Finality::Tag,
        fees: FeeModel::Plain,
        explorer: "https://etherscan.io",
        genesis: Some("0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"),
        main_net: true,
    },
    ChainSpec {
        id: ChainId::BASE,
        name: "Base",
        coin: "ETH",
        decimals: 18,
        finality: Finality::Tag,
        fees: FeeModel::OpStack,
        explorer: "https://basescan.org",
        genesis: Some("0xf712aa9241cc24369b143cf6dce85f0902a9731e70d66818a3a5845b296c73dd"),
        main_net: true,
    },
    ChainSpec {
        id: ChainId::SEPOLIA,
        name: "Sepolia",
        coin: "ETH",
        decimals: 18,
        finality: Finality::Tag,
        fees: FeeModel::Plain,
        explorer: "https://sepolia.etherscan.io",
        genesis: Some("0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"),
        main_net: false,
    },
    ChainSpec {
        id: ChainId::DEVELOPMENT,
        name: "Development chain",
        coin: "ETH",
        decimals: 18,
        finality: Finality::Tag,
        fees: FeeModel::Plain,
        explorer: "",
        genesis: None,
        main_net: false,
    },
];

/// How long a quote in a volatile coin stands, and with it the order.
pub const VOLATILE_QUOTE: Span = Span::minutes(60);

/// How long a quote in a stablecoin stands, and with it the order.
pub const STABLE_QUOTE: Span = Span::hours(24);

/// A rate older than this prices nothing.
pub const RATE_FRESH: Span = Span::minutes(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_is_found_by_its_number_once() {
        for chain in CHAINS {
            assert_eq!(chain.id.spec(), Some(chain));
            assert_eq!(CHAINS.iter().filter(|other| other.id == chain.id).count(), 1);
        }
        assert_eq!(ChainId::from(56).spec(), None);
    }
}
