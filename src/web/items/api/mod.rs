//! Items over JSON: the same acts as on the pages, by API key. Reading needs none.

pub mod json;

use domain::ids::{ItemId, StoreId};
use serde::Deserialize;

use self::json::{ItemBrief, ItemJson, ItemPatch, NewItem};
use super::actions::{self, ItemInput};
use super::reads;
use crate::error::{ApiResult, AppError};
use crate::http::api;
use crate::http::json::Json;
use crate::http::paging::{Cursor, PageJson};
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::{Account, ApiCaller};
use crate::state::{App, State};
use crate::stores::reader::Reader;

/// OpenAPI of items.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, create, show, change, withdraw))]
pub struct Doc;

/// Which items to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    store: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Items on sale, newest first: of all stores, or of one.
#[utoipa::path(get, path = "/api/v1/items", tag = "items", security((), ("key" = [])),
    params(("store" = Option<String>, Query, description = "A store; all of them without it"),
        ("cursor" = Option<String>, Query, description = "From `next_cursor`"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 24 unless said")),
    responses((status = 200, body = PageJson<ItemBrief>), (status = 404), (status = 422)))]
pub async fn list(app: State, reader: Reader, query: Query<ListQuery>) -> ApiResult {
    let query = query.0;
    let of = match &query.store {
        None => None,
        Some(id) => {
            let id: StoreId = id.parse().ok().ok_or(AppError::NotFound)?;
            Some((id, reader.account()))
        }
    };
    let cursor: Option<Cursor> = query.cursor.as_deref().map(str::parse).transpose()?;
    let limit = query.limit.unwrap_or(24).clamp(1, 100);
    let (cards, next) = reads::window(&app, of, cursor, limit).await?;
    let items = cards.into_iter().map(ItemBrief::from).collect();
    Ok(api::ok(&PageJson::new(items, next)))
}

/// Adds an item to a store. It is a draft until it has a package with a price.
#[utoipa::path(post, path = "/api/v1/items", tag = "items", request_body = NewItem,
    security(("key" = [])),
    responses((status = 201, body = ItemJson), (status = 404), (status = 409), (status = 422)))]
pub async fn create(app: State, caller: ApiCaller, body: Json<NewItem>) -> ApiResult {
    let who = caller.write()?;
    let store: StoreId = body.0.store_id.parse().ok().ok_or(AppError::NotFound)?;
    let item = actions::create(&app, who, store, body.0.input()).await?;
    let answer = detail(&app, Some(who), item.id).await?;
    Ok(api::created(&format!("/api/v1/items/{}", item.id), &answer))
}

/// An item with its packages. What is not on sale exists only for the members of its store.
#[utoipa::path(get, path = "/api/v1/items/{id}", tag = "items", security((), ("key" = [])),
    params(("id" = String, Path, description = "The item, 32 hexadecimal digits")),
    responses((status = 200, body = ItemJson), (status = 404)))]
pub async fn show(app: State, reader: Reader, id: Id<ItemId>) -> ApiResult {
    Ok(api::ok(&detail(&app, reader.account(), id.0).await?))
}

async fn detail(app: &App, viewer: Option<&Account>, id: ItemId) -> Result<ItemJson, AppError> {
    let page = reads::shown(app, viewer, id).await?;
    Ok(ItemJson::new(&page.item, &page.store, &page.packages))
}

/// Changes an item, takes it off sale or puts it back.
#[utoipa::path(patch, path = "/api/v1/items/{id}", tag = "items", request_body = ItemPatch,
    security(("key" = [])),
    params(("id" = String, Path, description = "The item, 32 hexadecimal digits")),
    responses((status = 200, body = ItemJson), (status = 404), (status = 409), (status = 422)))]
pub async fn change(
    app: State,
    caller: ApiCaller,
    id: Id<ItemId>,
    body: Json<ItemPatch>,
) -> ApiResult {
    let who = caller.write()?;
    actions::change(&app, who, id.0, body.0.input()).await?;
    Ok(api::ok(&detail(&app, Some(who), id.0).await?))
}

/// Takes an item off sale. Orders that stand are not touched.
#[utoipa::path(delete, path = "/api/v1/items/{id}", tag = "items", security(("key" = [])),
    params(("id" = String, Path, description = "The item, 32 hexadecimal digits")),
    responses((status = 204), (status = 404), (status = 409)))]
pub async fn withdraw(app: State, caller: ApiCaller, id: Id<ItemId>) -> ApiResult {
    actions::change(&app, caller.write()?, id.0, ItemInput::withdrawn(true)).await?;
    Ok(api::no_content())
}
