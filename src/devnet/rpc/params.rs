//! The parameters of a request, and how they name a block.

use alloy_primitives::{B256, U64, U256};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ChainError;
use crate::node::Node;

/// Parameters by position.
pub(crate) struct Params(Vec<Value>);

impl Params {
    pub(crate) fn new(params: Value) -> Result<Self, ChainError> {
        match params {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(values) => Ok(Self(values)),
            _ => Err(ChainError::params("non-array args")),
        }
    }

    /// The value, unless it is missing or null.
    pub(crate) fn value(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    pub(crate) fn optional<T: DeserializeOwned>(
        &self,
        index: usize,
    ) -> Result<Option<T>, ChainError> {
        self.value(index)
            .map(|value| {
                T::deserialize(value).map_err(|error| {
                    ChainError::params(format!("invalid argument {index}: {error}"))
                })
            })
            .transpose()
    }

    pub(crate) fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, ChainError> {
        self.optional(index)?.ok_or_else(|| missing(index))
    }

    /// A number: 0x-hex, decimal text or a JSON number.
    pub(crate) fn quantity(&self, index: usize) -> Result<Option<U256>, ChainError> {
        let Some(value) = self.value(index) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_u64().map(U256::from),
            Value::String(text) => match text.strip_prefix("0x") {
                Some(digits) => U256::from_str_radix(digits, 16).ok(),
                None => U256::from_str_radix(text, 10).ok(),
            },
            _ => None,
        };
        number
            .map(Some)
            .ok_or_else(|| ChainError::params(format!("invalid argument {index}: not a quantity")))
    }

    pub(crate) fn required_quantity(&self, index: usize) -> Result<U256, ChainError> {
        self.quantity(index)?.ok_or_else(|| missing(index))
    }

    /// A number that must fit into 64 bits.
    pub(crate) fn required_u64(&self, index: usize) -> Result<u64, ChainError> {
        u64::try_from(self.required_quantity(index)?).map_err(|_too_large| {
            ChainError::params(format!("invalid argument {index}: larger than 64 bits"))
        })
    }

    /// The block that is asked about; the newest where none is named.
    pub(crate) fn at(&self, index: usize) -> Result<At, ChainError> {
        self.value(index).map_or(Ok(At::Latest), |value| {
            At::parse(value)
                .ok_or_else(|| ChainError::params(format!("invalid argument {index}: not a block")))
        })
    }
}

fn missing(index: usize) -> ChainError {
    ChainError::params(format!("missing value for required argument {index}"))
}

/// A block as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Number(u64),
    Hash(B256),
    Latest,
    Pending,
    Finalized,
}

impl At {
    /// A tag, a number, a hash, or EIP-1898's object.
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        if let Some(fields) = value.as_object() {
            return match (fields.get("blockHash"), fields.get("blockNumber")) {
                (Some(hash), None) => serde_json::from_value(hash.clone()).ok().map(Self::Hash),
                (None, Some(number)) => Self::parse(number),
                _ => None,
            };
        }
        match value.as_str()? {
            "latest" => Some(Self::Latest),
            "pending" => Some(Self::Pending),
            "finalized" | "safe" => Some(Self::Finalized),
            "earliest" => Some(Self::Number(0)),
            hash if hash.len() == 66 => hash.parse().ok().map(Self::Hash),
            number => {
                let digits = number.strip_prefix("0x")?;
                U64::from_str_radix(digits, 16).ok().map(|number| Self::Number(number.to()))
            }
        }
    }

    /// The block's number; None where the chain has no such block. Pending counts as the newest:
    /// what waits has no state of its own here.
    pub(crate) fn number(self, node: &Node) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number).filter(|number| *number <= node.ledger.height()),
            Self::Hash(hash) => node.ledger.number_of(hash),
            Self::Latest | Self::Pending => Some(node.ledger.height()),
            Self::Finalized => Some(node.finalized()),
        }
    }

    /// The same, for a question that has no answer without the block.
    pub(crate) fn known(self, node: &Node) -> Result<u64, ChainError> {
        self.number(node).ok_or_else(|| {
            ChainError::refused(match self {
                Self::Hash(_) => "header for hash not found",
                _ => "header not found",
            })
        })
    }
}
