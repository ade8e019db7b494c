//! Referrals over JSON.

use db::referrals::Earning;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{self, Referrals};
use crate::error::ApiResult;
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::paging::{PageJson, PageQuery};
use crate::http::query::Query;
use crate::http::viewer::ApiCaller;
use crate::state::State;
use crate::stores::actions::parse_address;
use crate::stores::api::json::PayoutJson;
use crate::ui::url;

/// Routes of referrals for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(show, set_address))]
pub(crate) struct Doc;

/// What an inviter was paid, or is being paid, for one order.
#[derive(Debug, Serialize, ToSchema)]
struct EarningJson {
    /// The how-manieth of those who were invited bought something.
    invited: i32,
    /// Base units.
    amount: String,
    /// Symbol of the coin or token.
    token: String,
    /// The token's contract; absent for the chain's own coin.
    token_address: Option<String>,
    decimals: u8,
    chain_id: u64,
    /// `planned`, `signed`, `seen` or `final`.
    state: String,
    tx_hash: Option<String>,
    explorer: Option<String>,
    /// When the order was placed.
    placed_at: String,
    final_at: Option<String>,
}

impl From<&Earning> for EarningJson {
    fn from(one: &Earning) -> Self {
        let explorer =
            one.tx_hash.as_deref().and_then(|hash| url::explorer_tx(one.asset.chain.spec()?, hash));
        Self {
            invited: one.invited,
            amount: one.amount.to_string(),
            token: one.asset.symbol.to_string(),
            token_address: one.asset.token.map(|token| token.to_string()),
            decimals: one.asset.decimals,
            chain_id: one.asset.chain.get(),
            state: one.state.clone(),
            tx_hash: one.tx_hash.clone(),
            explorer: explorer.map(|url| url.to_string()),
            placed_at: rfc3339(one.placed_at),
            final_at: one.final_at.map(rfc3339),
        }
    }
}

/// An account's referrals.
#[derive(Debug, Serialize, ToSchema)]
struct ReferralsJson {
    /// The code by which the account invites others.
    code: String,
    /// The form of registration with the code in it.
    link: String,
    /// How many accounts were opened by it.
    invited: i32,
    /// Which share of the commission new orders give, in basis points.
    share_bps: u16,
    /// Where it is paid; without an address nothing is.
    address: PayoutJson,
    /// What was paid, by the age of the orders, newest first.
    earnings: PageJson<EarningJson>,
}

impl ReferralsJson {
    fn new(found: Referrals, address: PayoutJson) -> Self {
        let items = found.earnings.iter().map(EarningJson::from).collect();
        Self {
            code: found.code.to_string(),
            link: found.link,
            invited: found.invited,
            share_bps: found.share.get(),
            address,
            earnings: PageJson::new(items, found.next),
        }
    }
}

/// The account's invitation link, where it is paid for it, and what it has earned.
#[utoipa::path(get, path = "/api/v1/me/referrals", tag = "account", security(("key" = [])),
    params(("cursor" = Option<String>, Query, description = "From `next_cursor`"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 24 unless said")),
    responses((status = 200, body = ReferralsJson), (status = 422)))]
pub(super) async fn show(
    app: State,
    caller: ApiCaller,
    Query(query): Query<PageQuery>,
) -> ApiResult {
    let page = (query.cursor()?, query.limit());
    let found = actions::referrals(&app, &caller.account, page).await?;
    let address = PayoutJson::at(&found.book, app.now());
    Ok(api::ok(&ReferralsJson::new(found, address)))
}

/// Where the account's referrals shall be paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReferralAddress {
    /// An EVM address; where its case is mixed, EIP-55 must hold.
    address: String,
}

/// Asks escrow to pay the account's referrals to an address. The first one counts as soon as escrow has
/// entered it, a later one 48 hours after that.
#[utoipa::path(post, path = "/api/v1/me/referrals/address", tag = "account",
    request_body = NewReferralAddress, security(("key" = [])),
    responses((status = 200, body = PayoutJson), (status = 422)))]
pub(super) async fn set_address(
    app: State,
    caller: ApiCaller,
    body: Json<NewReferralAddress>,
) -> ApiResult {
    let who = caller.write()?;
    actions::set_address(&app, who, parse_address(&body.0.address)?).await?;
    let book = actions::book(&app, who).await?;
    Ok(api::ok(&PayoutJson::at(&book, app.now())))
}
