//! `GET /api/v1/site`

use db::desk::SiteKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::actions;
use crate::error::ApiResult;
use crate::http::api::{self, rfc3339};
use crate::state::State;

/// Routes of the site for `/openapi.json`.
#[derive(utoipa::OpenApi)]
#[openapi(paths(site))]
pub(crate) struct Doc;

/// This site.
#[derive(Debug, Serialize, ToSchema)]
struct SiteJson {
    /// Its name.
    name: String,
    /// Its address.
    url: String,
    /// The keys by which it signs and signed the terms of orders, the present one first. Whoever
    /// takes over the site can change what stands here: compare it with what the operator publishes
    /// elsewhere.
    terms_keys: Vec<SiteKeyJson>,
}

/// A key of the site.
#[derive(Debug, Serialize, ToSchema)]
struct SiteKeyJson {
    /// Its address.
    address: String,
    /// Since when it signs.
    since: String,
}

impl From<SiteKey> for SiteKeyJson {
    fn from(key: SiteKey) -> Self {
        Self { address: key.address.to_string(), since: rfc3339(key.since) }
    }
}

/// Who this site is, and by which keys it signs the terms of orders.
#[utoipa::path(get, path = "/api/v1/site", tag = "site", responses((status = 200, body = SiteJson)))]
pub(super) async fn site(app: State) -> ApiResult {
    let keys = actions::keys(&app).await?;
    Ok(api::ok(&SiteJson {
        name: app.config.site_name.clone(),
        url: app.config.site_url.origin().to_owned(),
        terms_keys: keys.into_iter().map(SiteKeyJson::from).collect(),
    }))
}
