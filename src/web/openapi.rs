//! `/openapi.json`: every route of the API, collected from beside its handler.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::routes::ApiRoutes;
use crate::{
    accounts, admin, deposits, disputes, files, health, items, keys, notices, orders, packages,
    referrals, signer, site, stores, tiers, transparency,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "Shop and sell by API key. Errors are problem+json (RFC 9457) with a stable `code`. \
                       Lists take `cursor` and `limit`. Sums on chains are base units in decimal text.",
    ),
    paths(document)
)]
struct Doc;

static TEXT: LazyLock<String> = LazyLock::new(|| whole().to_json().unwrap_or_default());

/// The API's route of its own description.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/openapi.json", document);
}

/// The description of everything that the API serves.
fn whole() -> utoipa::openapi::OpenApi {
    let mut doc = Doc::openapi();
    doc.merge(accounts::Doc::openapi());
    doc.merge(keys::Doc::openapi());
    doc.merge(stores::api::Doc::openapi());
    doc.merge(items::api::Doc::openapi());
    doc.merge(packages::api::Doc::openapi());
    doc.merge(orders::api::Doc::openapi());
    doc.merge(disputes::api::Doc::openapi());
    doc.merge(files::serve::Doc::openapi());
    doc.merge(disputes::sign::Doc::openapi());
    doc.merge(admin::Doc::openapi());
    doc.merge(signer::api::Doc::openapi());
    doc.merge(referrals::Doc::openapi());
    doc.merge(tiers::Doc::openapi());
    doc.merge(deposits::Doc::openapi());
    doc.merge(site::api::Doc::openapi());
    doc.merge(notices::api::Doc::openapi());
    doc.merge(transparency::api::Doc::openapi());
    doc.merge(health::Doc::openapi());
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key; the header X-API-Key will do as well."))
        .build();
    doc.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(key));
    doc
}

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "health",
    responses((status = 200, description = "The description of the API in OpenAPI 3.1"))
)]
async fn document() -> HttpResponse {
    let mut response = HttpResponse::Ok().body(TEXT.as_str());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_served_is_described_and_the_reverse() {
        let described: serde_json::Value = serde_json::from_str(&TEXT).unwrap();
        let mut written = BTreeSet::new();
        for (path, item) in described["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                written.insert((method.to_uppercase(), path.clone()));
            }
        }
        let served: BTreeSet<_> = crate::routes::api()
            .list()
            .into_iter()
            .map(|(method, path)| (method, path.to_owned()))
            .collect();
        assert_eq!(written, served);
    }

    #[test]
    fn whatever_needs_a_key_says_so() {
        let described: serde_json::Value = serde_json::from_str(&TEXT).unwrap();
        for (path, item) in described["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let open = ["/health", "/openapi.json", "/api/v1/site", "/api/v1/transparency"]
                    .contains(&path.as_str())
                    || path.starts_with("/api/v1/stores")
                    || path.starts_with("/api/v1/items");
                let secured = operation["security"][0]["key"].is_array();
                assert!(secured || open, "{method} {path} names no key");
            }
        }
        assert!(described["components"]["securitySchemes"]["key"].is_object());
    }
}
