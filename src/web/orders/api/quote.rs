//! Quotes as JSON.

use domain::order::Quote;
use serde::Serialize;
use utoipa::ToSchema;

use super::json::LineJson;
use super::shares::SharesJson;
use crate::orders::actions::place::{AssetOption, Checkout};

/// What a quote comes to in one asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteOption {
    chain_id: u64,
    chain: &'static str,
    /// Symbol of the coin or token.
    token: String,
    /// The token's contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    /// Base units to pay; absent where it cannot be paid in this now.
    amount: Option<String>,
    rate_id: Option<String>,
    /// US dollars a coin.
    rate_usd: Option<String>,
    /// Base units: the most that one payment out of escrow takes of a coin, what it is charged in a
    /// token.
    network_fee: String,
    /// What would come to whom; absent where it cannot be paid in this now.
    shares: Option<SharesJson>,
    /// Why it cannot be paid in this.
    refusal: Option<String>,
}

/// A priced wish.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteJson {
    lines: Vec<LineJson>,
    total_cents: u64,
    currency: &'static str,
    /// Whether a delivery address is needed.
    ships: bool,
    /// Why it cannot be ordered at all.
    refusal: Option<String>,
    options: Vec<QuoteOption>,
}

impl From<&Checkout> for QuoteJson {
    fn from(checkout: &Checkout) -> Self {
        Self {
            lines: checkout.basket.lines.iter().map(LineJson::from).collect(),
            total_cents: checkout.basket.total.get(),
            currency: "USD",
            ships: checkout.basket.ships,
            refusal: checkout.refusal.as_ref().map(ToString::to_string),
            options: checkout.options.iter().map(option).collect(),
        }
    }
}

fn option(option: &AssetOption) -> QuoteOption {
    let (spec, asset) = (option.now.spec, option.now.asset);
    let quote: Option<&Quote> = option.quote.as_ref().ok();
    QuoteOption {
        chain_id: spec.id.get(),
        chain: spec.name,
        token: asset.symbol.to_string(),
        token_address: asset.token.map(|token| token.to_string()),
        decimals: asset.decimals,
        amount: quote.map(|quote| quote.due.to_string()),
        rate_id: quote.and(option.rate).map(|(id, _)| id.to_string()),
        rate_usd: quote.map(|quote| quote.usd.to_string()),
        network_fee: option.now.leg_fee.to_string(),
        shares: option.split.as_ref().map(|split| SharesJson::of(split, None)),
        refusal: option.quote.as_ref().err().map(ToString::to_string),
    }
}
