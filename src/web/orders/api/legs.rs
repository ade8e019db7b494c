//! Payments out of escrow as JSON.

use db::codec;
use db::story::LegRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::json::units;
use crate::http::api::rfc3339;
use crate::orders::actions::read::OrderView;
use crate::ui::url;

/// A payment out of escrow.
#[derive(Debug, Serialize, ToSchema)]
pub struct LegJson {
    /// 0 for the order's decision; above for money that came later.
    case: i32,
    leg: i32,
    /// `vendor`, `commission`, `buyer`, `resolver` or `referral`.
    role: String,
    to: String,
    amount: String,
    /// Symbol of the coin or token that `amount` is in, in base units. It is not the order's where
    /// something else came to the address and goes back.
    token: String,
    /// Its contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    /// `planned`, `signed`, `seen`, `final` or `reverted`.
    state: String,
    tx_hash: Option<String>,
    explorer: Option<String>,
    block: Option<i64>,
    final_at: Option<String>,
}

impl LegJson {
    /// A leg of an order.
    pub(super) fn of(view: &OrderView, row: &LegRow) -> Self {
        let explorer = row.tx_hash.as_deref().and_then(|hash| url::explorer_tx(view.chain, hash));
        let asset = row.stray.unwrap_or(view.asset);
        Self {
            case: row.case_no,
            leg: row.leg,
            role: row.role.clone(),
            to: row.to_address.clone(),
            amount: units(&row.amount),
            token: asset.symbol.to_string(),
            token_address: asset.token.map(|token| token.to_string()),
            decimals: asset.decimals,
            state: row.state.clone(),
            tx_hash: row.tx_hash.clone(),
            explorer: explorer.map(|url| url.to_string()),
            block: row.receipt.as_ref().map(|(_, block, _)| *block),
            final_at: row.receipt.as_ref().map(|(_, _, at)| rfc3339(codec::time(*at))),
        }
    }
}
