//! Accounts in JSON.

use domain::user::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiResult;
use crate::http::api;
use crate::http::viewer::{Account, ApiCaller};
use crate::keys::Scope;

/// Routes of accounts for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(me))]
pub(crate) struct Doc;

/// Whose key this is.
#[derive(Debug, Serialize, ToSchema)]
struct MeJson {
    /// The account's id.
    #[schema(example = "5f0c6f0d9a5b4f0e8c1d2e3f4a5b6c7d")]
    id: String,
    /// The account's name.
    username: String,
    /// `customer`, `staff` or `admin`.
    role: &'static str,
    /// Where refunds go unless an order says otherwise.
    refund_address: Option<String>,
    /// What the key may do: `read` or `write`.
    scope: &'static str,
}

impl MeJson {
    fn new(account: &Account, scope: Scope) -> Self {
        let role: Role = account.role;
        Self {
            id: account.id.to_string(),
            username: account.username.clone(),
            role: role.as_str(),
            refund_address: account.refund_address.map(|address| address.to_string()),
            scope: scope.as_str(),
        }
    }
}

/// The account that the key belongs to.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "account", security(("key" = [])),
    responses((status = 200, description = "The account", body = MeJson))
)]
pub(super) async fn me(caller: ApiCaller) -> ApiResult {
    Ok(api::ok(&MeJson::new(&caller.account, caller.scope)))
}
