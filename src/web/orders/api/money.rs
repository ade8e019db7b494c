//! Money at an order's address as JSON, and what keeps it there or leads it elsewhere.

use db::deposits::Deposit;
use db::tokens::Stray;
use domain::seal::hex;
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::http::api::rfc3339;
use crate::orders::actions::shares::Leftover;
use crate::orders::actions::waits::{HeldView, ResealView};

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
    /// The chain that it is on, which need not be the order's.
    chain_id: u64,
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
            chain_id: stray.asset.chain.get(),
            token: stray.asset.symbol.to_string(),
            token_address: stray.asset.token.map(|token| token.to_string()),
            decimals: stray.asset.decimals,
            amount: stray.amount.to_string(),
        }
    }
}

/// Money at the address beyond the order's end. It goes to the buyer by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftJson {
    /// Base units.
    amount: String,
    /// Sending it would cost more than it is worth now.
    dust: bool,
}

impl From<Leftover> for LeftJson {
    fn from(left: Leftover) -> Self {
        Self { amount: left.amount.to_string(), dust: left.dust }
    }
}

/// A payout that is stuck.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldJson {
    reason: String,
    /// Who can help it on: `buyer`, `vendor`, `site` or `operator`.
    who: &'static str,
    by: Option<String>,
}

impl From<&HeldView> for HeldJson {
    fn from(held: &HeldView) -> Self {
        let by = held.by.map(rfc3339);
        Self { reason: held.reason.clone(), who: json::who(held.who), by }
    }
}

/// Another address than the sealed one, as a party asked for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResealJson {
    /// `buyer` or `vendor`: whose address it is.
    party: &'static str,
    address: String,
    /// `asked`, `waiting`, `sealed`, `refused` or `withdrawn`.
    state: &'static str,
    /// Why it was refused.
    reason: Option<String>,
    /// When it counts if escrow stays up, while it waits.
    counts_from: Option<String>,
}

impl From<&ResealView> for ResealJson {
    fn from(wish: &ResealView) -> Self {
        Self {
            party: wish.party.as_str(),
            address: wish.address.clone(),
            state: wish.state.map_or("asked", db::reseals::ResealState::as_str),
            reason: Some(wish.reason.clone()).filter(|reason| !reason.is_empty()),
            counts_from: wish.counts_from.map(rfc3339),
        }
    }
}
