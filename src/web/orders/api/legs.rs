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
        Self {
            case: row.case_no,
            leg: row.leg,
            role: row.role.clone(),
            to: row.to_address.clone(),
            amount: units(&row.amount),
            state: row.state.clone(),
            tx_hash: row.tx_hash.clone(),
            explorer: explorer.map(|url| url.to_string()),
            block: row.receipt.as_ref().map(|(_, block, _)| *block),
            final_at: row.receipt.as_ref().map(|(_, _, at)| rfc3339(codec::time(*at))),
        }
    }
}
