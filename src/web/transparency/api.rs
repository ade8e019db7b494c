//! What escrow holds and owes, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::reads::{self, Holding};
use crate::error::ApiResult;
use crate::http::api::{self, rfc3339};
use crate::state::State;
use crate::stores::reader::Reader;

/// OpenAPI of it.
#[derive(utoipa::OpenApi)]
#[openapi(paths(show))]
pub struct Doc;

/// All assets.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldingsJson {
    items: Vec<HoldingJson>,
    /// Orders that were paid more than 30 days ago and still wait for their outcome; 1000 for as many
    /// or more.
    stuck_orders: i64,
}

/// What escrow holds and owes in one asset; sums are base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldingJson {
    chain_id: u64,
    /// Symbol of the coin or token.
    token: String,
    /// The token's contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    /// What the chain holds at the addresses at which something is owed; absent before the first
    /// reading, like the five below.
    held: Option<String>,
    /// What the books say of the same addresses.
    owed: Option<String>,
    /// How many addresses these are.
    addresses: Option<u64>,
    /// The final block by which they were read.
    block_number: Option<u64>,
    /// That block's time.
    block_at: Option<String>,
    /// When the reading came to its end.
    counted_at: Option<String>,
    /// What the books owe to buyers and vendors, decided or not.
    owed_to_parties: String,
    /// What is the site's and still to be paid: commission, referrals, rulings, network fees.
    owed_to_site: String,
    /// All that lies at addresses of orders by the books, by account.
    accounts: BTreeMap<String, String>,
}

impl From<&Holding> for HoldingJson {
    fn from(holding: &Holding) -> Self {
        let sight = holding.sight.as_ref();
        let accounts = holding.accounts.iter();
        Self {
            chain_id: holding.asset.chain.get(),
            token: holding.asset.symbol.to_string(),
            token_address: holding.asset.token.map(|token| token.to_string()),
            decimals: holding.asset.decimals,
            held: sight.map(|sight| sight.held.to_string()),
            owed: sight.map(|sight| sight.booked.to_string()),
            addresses: sight.map(|sight| sight.addresses),
            block_number: sight.map(|sight| sight.block_number),
            block_at: sight.map(|sight| rfc3339(sight.block_at)),
            counted_at: sight.map(|sight| rfc3339(sight.counted_at)),
            owed_to_parties: holding.to_parties().to_string(),
            owed_to_site: holding.to_site().to_string(),
            accounts: accounts.map(|(one, amount)| (one.to_string(), amount.to_string())).collect(),
        }
    }
}

/// What escrow holds on each chain and what it owes, by one block.
#[utoipa::path(get, path = "/api/v1/transparency", tag = "transparency",
    security((), ("key" = [])),
    responses((status = 200, body = HoldingsJson)))]
pub async fn show(app: State, _reader: Reader) -> ApiResult {
    let holdings = reads::holdings(&app).await?;
    let stuck_orders = reads::stuck(&app).await?;
    let items = holdings.iter().map(HoldingJson::from).collect();
    Ok(api::ok(&HoldingsJson { items, stuck_orders }))
}
