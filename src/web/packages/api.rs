//! Packages over JSON: the same acts as on the pages, by API key.

use domain::ids::{ItemId, PackageId};
use domain::item::PackagePatch;
use domain::refusal::Faults;

use super::actions;
use crate::error::ApiResult;
use crate::http::api;
use crate::http::json::Json;
use crate::http::path::Id;
use crate::http::viewer::ApiCaller;
use crate::items::api::json::{PackageInput, PackageJson};
use crate::state::State;

/// OpenAPI of packages.
#[derive(utoipa::OpenApi)]
#[openapi(paths(add, change, withdraw))]
pub struct Doc;

/// Adds a package to an item; name, kind and price are needed.
#[utoipa::path(post, path = "/api/v1/items/{id}/packages", tag = "packages",
    request_body = PackageInput, security(("key" = [])),
    params(("id" = String, Path, description = "The item, 32 hexadecimal digits")),
    responses((status = 201, body = PackageJson), (status = 404), (status = 409), (status = 422)))]
pub async fn add(
    app: State,
    caller: ApiCaller,
    id: Id<ItemId>,
    body: Json<PackageInput>,
) -> ApiResult {
    let parse = |faults: &mut Faults| {
        let patch = PackagePatch::parse(body.0.numbers(), faults);
        if faults.is_empty() { patch.alone(faults) } else { None }
    };
    let package = actions::add(&app, caller.write()?, id.0, parse).await?;
    Ok(api::created(&format!("/api/v1/items/{}", package.item), &PackageJson::from(&package)))
}

/// Changes a package. Orders that stand keep what was agreed.
#[utoipa::path(patch, path = "/api/v1/packages/{id}", tag = "packages",
    request_body = PackageInput, security(("key" = [])),
    params(("id" = String, Path, description = "The package, 32 hexadecimal digits")),
    responses((status = 200, body = PackageJson), (status = 404), (status = 409), (status = 422)))]
pub async fn change(
    app: State,
    caller: ApiCaller,
    id: Id<PackageId>,
    body: Json<PackageInput>,
) -> ApiResult {
    let parse = |faults: &mut Faults| PackagePatch::parse(body.0.numbers(), faults);
    let package = actions::change(&app, caller.write()?, id.0, parse).await?;
    Ok(api::ok(&PackageJson::from(&package)))
}

/// Takes a package off sale for good. Orders that stand are not touched.
#[utoipa::path(delete, path = "/api/v1/packages/{id}", tag = "packages", security(("key" = [])),
    params(("id" = String, Path, description = "The package, 32 hexadecimal digits")),
    responses((status = 204), (status = 404), (status = 409)))]
pub async fn withdraw(app: State, caller: ApiCaller, id: Id<PackageId>) -> ApiResult {
    actions::withdraw(&app, caller.write()?, id.0).await?;
    Ok(api::no_content())
}
