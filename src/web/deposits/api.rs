//! Deposits of stores over JSON. Sums on chains are base units in decimal text.

use actix_web::web::{self, ReqData};
use db::codec;
use db::lodgings::Lodged;
use domain::EvmAddress;
use domain::chain::ChainId;
use domain::ids::{OrderId, StoreId};
use domain::item::PackageKind;
use domain::money::{Amount, Cents};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{self, OfAll, OfStore, Wish};
use super::views::state_word;
use crate::error::{ApiError, ApiResult, AppError};
use crate::http::RequestId;
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::path::Id;
use crate::http::viewer::ApiCaller;
use crate::state::State;

/// Routes of deposits for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(show, lodge, withdraw, all, demand))]
pub(crate) struct Doc;

/// A deposit of a store.
#[derive(Debug, Serialize, ToSchema)]
struct DepositJson {
    id: String,
    store_id: String,
    store: String,
    /// `preparing`, `awaited`, `lodged`, `asked-back`, `returning`, `returned` or `ended`.
    state: &'static str,
    chain_id: u64,
    token: String,
    token_address: Option<String>,
    decimals: u8,
    /// Base units that are to be lodged.
    amount: String,
    /// Base units that ever came in and are final.
    credited: String,
    /// Where to pay it; absent before escrow has issued it.
    address: Option<String>,
    /// Where it goes back to, as it was sealed with its address.
    return_address: String,
    /// What it was worth when its address was sealed, in US cents.
    worth_cents: Option<u64>,
    /// Why escrow did not give it back when it was last asked.
    refused: Option<String>,
    created_at: String,
}

impl From<&Lodged> for DepositJson {
    fn from(found: &Lodged) -> Self {
        let (row, state) = (&found.row, found.state.as_ref());
        let amount = codec::amount("vendor_deposits.amount", &row.amount).unwrap_or_default();
        Self {
            id: row.id.clone(),
            store_id: row.store_id.clone(),
            store: found.store_name.clone(),
            state: state_word(found).0,
            chain_id: u64::try_from(row.chain_id).unwrap_or_default(),
            token: row.token.clone(),
            token_address: row.token_address.clone(),
            decimals: u8::try_from(row.decimals).unwrap_or_default(),
            amount: amount.to_string(),
            credited: state.map(|state| state.credited).unwrap_or_default().to_string(),
            address: state.and_then(|state| state.address).map(|address| address.to_string()),
            return_address: row.return_address.clone(),
            worth_cents: found.worth.map(Cents::get),
            refused: found.refused.clone(),
            created_at: rfc3339(codec::time(row.created_at)),
        }
    }
}

/// The deposits of a store.
#[derive(Debug, Serialize, ToSchema)]
struct DepositsJson {
    /// What its deposits that count come to, in US cents.
    lodged_cents: u64,
    /// What it must have lodged to sell what it has on sale.
    demanded_cents: u64,
    /// The newest first.
    items: Vec<DepositJson>,
}

impl From<&OfStore> for DepositsJson {
    fn from(found: &OfStore) -> Self {
        Self {
            lodged_cents: found.lodged.get(),
            demanded_cents: found.demanded.get(),
            items: found.deposits.iter().map(DepositJson::from).collect(),
        }
    }
}

/// A store's deposits. For its members.
#[utoipa::path(get, path = "/api/v1/stores/{id}/deposits", tag = "deposits",
    security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = DepositsJson), (status = 404)))]
pub(super) async fn show(app: State, caller: ApiCaller, id: Id<StoreId>) -> ApiResult {
    Ok(api::ok(&DepositsJson::from(&actions::of_store(&app, &caller.account, id.0).await?)))
}

/// A deposit to be lodged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDeposit {
    /// Number of the chain.
    chain_id: u64,
    /// Contract of the token; without it the chain's own coin.
    token_address: Option<String>,
    /// Base units.
    amount: String,
}

/// Lodges a deposit: escrow issues an address for it, sealed with the store's payout address as the
/// only place that it goes back to. For members.
#[utoipa::path(post, path = "/api/v1/stores/{id}/deposits", tag = "deposits",
    request_body = NewDeposit, security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = DepositsJson), (status = 404), (status = 409), (status = 422)))]
pub(super) async fn lodge(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    id: Id<StoreId>,
    body: Json<NewDeposit>,
) -> ApiResult {
    let who = caller.write()?;
    let token: Option<EvmAddress> =
        body.0.token_address.as_deref().map(str::parse).transpose().map_err(|_bad| {
            AppError::fault("token_address", "This is not the address of a token.")
        })?;
    let wanted = (ChainId::from(body.0.chain_id), token);
    let assets = actions::assets(&app).await?.into_iter();
    let asset = assets.map(|now| now.asset).find(|asset| (asset.chain, asset.token) == wanted);
    let amount = Amount::parse_units(&body.0.amount).ok();
    let wish = Wish { asset, amount, request_id: request.as_str() };
    actions::lodge(&app, who, id.0, wish).await?;
    Ok(api::ok(&DepositsJson::from(&actions::of_store(&app, who, id.0).await?)))
}

/// Asks escrow to send a deposit back to its sealed address. For the owner.
#[utoipa::path(post, path = "/api/v1/stores/{id}/deposits/{deposit}/withdraw", tag = "deposits",
    security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits"),
        ("deposit" = String, Path, description = "The deposit, 32 hexadecimal digits")),
    responses((status = 200, body = DepositsJson), (status = 403), (status = 404), (status = 409)))]
pub(super) async fn withdraw(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    path: web::Path<(String, String)>,
) -> ApiResult {
    let who = caller.write()?;
    let (store, deposit) = path.into_inner();
    let (Ok(store), Ok(deposit)) = (store.parse::<StoreId>(), deposit.parse::<OrderId>()) else {
        return Err(ApiError(AppError::NotFound));
    };
    actions::withdraw(&app, who, (store, deposit), request.as_str()).await?;
    Ok(api::ok(&DepositsJson::from(&actions::of_store(&app, who, store).await?)))
}

/// What the site demands of stores that sell a kind of package.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DepositRule {
    /// `shipped`, `digital` or `service`.
    kind: String,
    /// The least deposit, in US cents; 0 demands none.
    least_cents: u64,
}

/// What is demanded and lodged.
#[derive(Debug, Serialize, ToSchema)]
struct AllDepositsJson {
    rules: Vec<DepositRule>,
    /// The newest first.
    items: Vec<DepositJson>,
}

impl From<&OfAll> for AllDepositsJson {
    fn from(found: &OfAll) -> Self {
        let rule = |(kind, least): &(PackageKind, Cents)| DepositRule {
            kind: kind.as_str().to_owned(),
            least_cents: least.get(),
        };
        Self {
            rules: found.rules.iter().map(rule).collect(),
            items: found.deposits.iter().map(DepositJson::from).collect(),
        }
    }
}

/// What is demanded by kind of package, and the newest deposits of all stores. For staff.
#[utoipa::path(get, path = "/api/v1/deposits", tag = "deposits", security(("key" = [])),
    responses((status = 200, body = AllDepositsJson), (status = 404)))]
pub(super) async fn all(app: State, caller: ApiCaller) -> ApiResult {
    Ok(api::ok(&AllDepositsJson::from(&actions::of_all(&app, &caller.account).await?)))
}

/// Demands a least deposit of stores that sell a kind of package. For staff.
#[utoipa::path(put, path = "/api/v1/deposits/rules", tag = "deposits", request_body = DepositRule,
    security(("key" = [])),
    responses((status = 200, body = AllDepositsJson), (status = 404), (status = 422)))]
pub(super) async fn demand(
    app: State,
    caller: ApiCaller,
    request: ReqData<RequestId>,
    body: Json<DepositRule>,
) -> ApiResult {
    let who = caller.write()?;
    let rule = (body.0.kind.as_str(), Cents::new(body.0.least_cents));
    actions::demand(&app, who, rule, request.as_str()).await?;
    Ok(api::ok(&AllDepositsJson::from(&actions::of_all(&app, who).await?)))
}
