//! Money at an order's address as JSON.

use db::deposits::Deposit;
use db::tokens::Stray;
use domain::seal::hex;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::rfc3339;

/// Final money that was credited.
#[derive(Debug, Serialize, ToSchema)]
pub struct DepositJson {
    /// Base units.
    amount: String,
    /// Who paid; absent for a coin, whose balance does not tell.
    from: Option<String>,
    /// The chain tx; absent for a coin.
    tx_hash: Option<String>,
    /// The final block by which a coin was read, or that holds a token's chain tx.
    block: u64,
    /// That block's time.
    block_at: String,
}

impl From<&Deposit> for DepositJson {
    fn from(deposit: &Deposit) -> Self {
        Self {
            amount: deposit.amount.to_string(),
            from: deposit.origin.map(|(from, _)| from.to_string()),
            tx_hash: deposit.origin.map(|(_, hash)| hex(&hash)),
            block: deposit.block_number,
            block_at: rfc3339(deposit.block_at),
        }
    }
}

/// Money in another asset than the order's.
#[derive(Debug, Serialize, ToSchema)]
pub struct StrayJson {
    /// Symbol of the coin or token.
    token: String,
    /// The token's contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    /// Base units at the address.
    amount: String,
}

impl From<&Stray> for StrayJson {
    fn from(stray: &Stray) -> Self {
        Self {
            token: stray.asset.symbol.to_string(),
            token_address: stray.asset.token.map(|token| token.to_string()),
            decimals: stray.asset.decimals,
            amount: stray.amount.to_string(),
        }
    }
}
