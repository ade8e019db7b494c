//! Quotes as JSON.

use domain::order::Quote;
use serde::Serialize;
use utoipa::ToSchema;

use super::json::LineJson;
use crate::orders::actions::place::{ChainOption, Checkout};

/// What a quote comes to on one chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteOption {
    chain_id: u64,
    chain: &'static str,
    token: &'static str,
    decimals: u8,
    /// Base units to pay; absent where it cannot be paid on this chain now.
    amount: Option<String>,
    rate_id: Option<String>,
    /// US dollars a coin.
    rate_usd: Option<String>,
    /// Why it cannot be paid on this chain.
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

fn option(option: &ChainOption) -> QuoteOption {
    let spec = option.chain.spec;
    let quote: Option<&Quote> = option.quote.as_ref().ok();
    QuoteOption {
        chain_id: spec.id.get(),
        chain: spec.name,
        token: spec.coin,
        decimals: spec.decimals,
        amount: quote.map(|quote| quote.due.to_string()),
        rate_id: quote.and(option.rate).map(|(id, _)| id.to_string()),
        rate_usd: quote.map(|quote| quote.usd.to_string()),
        refusal: option.quote.as_ref().err().map(ToString::to_string),
    }
}
