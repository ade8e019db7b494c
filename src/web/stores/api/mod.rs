//! Stores over JSON: the same acts as on the pages, by API key. Reading needs none.

pub mod json;

use actix_web::web;
use domain::ids::{StoreId, UserId};

use self::json::{
    MembersJson, NewMember, NewPayoutAddress, NewStore, PayoutJson, StoreDetailJson, StoreJson,
    StorePatch,
};
use super::reader::Reader;
use super::{actions, reads};
use crate::error::{ApiResult, AppError};
use crate::http::api;
use crate::http::json::Json;
use crate::http::paging::{PageJson, PageQuery};
use crate::http::path::Id;
use crate::http::query::Query;
use crate::http::viewer::{Account, ApiCaller};
use crate::state::{App, State};

/// OpenAPI of stores.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, open, show, describe, set_payout, members, add_member, remove_member))]
pub struct Doc;

/// Open stores, newest first.
#[utoipa::path(get, path = "/api/v1/stores", tag = "stores", security((), ("key" = [])),
    params(("cursor" = Option<String>, Query, description = "From `next_cursor`"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 24 unless said")),
    responses((status = 200, body = PageJson<StoreJson>), (status = 422)))]
pub async fn list(app: State, _reader: Reader, query: Query<PageQuery>) -> ApiResult {
    let (stores, next) = reads::newest(&app, query.0.cursor()?, query.0.limit()).await?;
    let items = stores.iter().map(StoreJson::from).collect();
    Ok(api::ok(&PageJson::new(items, next)))
}

/// Opens a store that the key's account owns.
#[utoipa::path(post, path = "/api/v1/stores", tag = "stores", request_body = NewStore,
    security(("key" = [])),
    responses((status = 201, body = StoreDetailJson), (status = 409), (status = 422)))]
pub async fn open(app: State, caller: ApiCaller, body: Json<NewStore>) -> ApiResult {
    let who = caller.write()?;
    let store = actions::open(&app, who, body.0.input()).await?;
    let answer = detail(&app, Some(who), store.id).await?;
    Ok(api::created(&format!("/api/v1/stores/{}", store.id), &answer))
}

/// A store; its members also see its tier and where it is paid.
#[utoipa::path(get, path = "/api/v1/stores/{id}", tag = "stores", security((), ("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = StoreDetailJson), (status = 404)))]
pub async fn show(app: State, reader: Reader, id: Id<StoreId>) -> ApiResult {
    Ok(api::ok(&detail(&app, reader.account(), id.0).await?))
}

async fn detail(
    app: &App,
    viewer: Option<&Account>,
    id: StoreId,
) -> Result<StoreDetailJson, AppError> {
    let page = reads::shown(app, viewer, id, None, 0).await?;
    let inside = match (viewer, page.role) {
        (Some(who), Some(role)) => {
            let (_, book) = reads::payout(app, who, id).await?;
            Some((role, PayoutJson::at(&book, app.now())))
        }
        _ => None,
    };
    Ok(StoreDetailJson::new(&page.store, page.released, inside))
}

/// Changes what a store says about itself. For its owner.
#[utoipa::path(patch, path = "/api/v1/stores/{id}", tag = "stores", request_body = StorePatch,
    security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = StoreDetailJson), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
pub async fn describe(
    app: State,
    caller: ApiCaller,
    id: Id<StoreId>,
    body: Json<StorePatch>,
) -> ApiResult {
    let who = caller.write()?;
    actions::describe(&app, who, id.0, body.0.input()).await?;
    Ok(api::ok(&detail(&app, Some(who), id.0).await?))
}

/// Asks escrow to pay the store to an address. For its owner. The first address counts as soon as
/// escrow has entered it, a later one 48 hours after that.
#[utoipa::path(post, path = "/api/v1/stores/{id}/payout-address", tag = "stores",
    request_body = NewPayoutAddress, security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = PayoutJson), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn set_payout(
    app: State,
    caller: ApiCaller,
    id: Id<StoreId>,
    body: Json<NewPayoutAddress>,
) -> ApiResult {
    let who = caller.write()?;
    // Who has no part in the store is not told what is wrong with an address for it.
    reads::membership(&app, who, id.0, domain::store::StoreAct::Payout).await?;
    let address = actions::parse_address(&body.0.address)?;
    actions::set_payout(&app, who, id.0, address).await?;
    let (_, book) = reads::payout(&app, who, id.0).await?;
    Ok(api::ok(&PayoutJson::at(&book, app.now())))
}

/// Who is in a store. For its members.
#[utoipa::path(get, path = "/api/v1/stores/{id}/members", tag = "stores", security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = MembersJson), (status = 404)))]
pub async fn members(app: State, caller: ApiCaller, id: Id<StoreId>) -> ApiResult {
    Ok(api::ok(&everybody(&app, &caller.account, id.0).await?))
}

async fn everybody(app: &App, who: &Account, id: StoreId) -> Result<MembersJson, AppError> {
    let (_, members) = reads::members(app, who, id).await?;
    Ok(MembersJson { items: members.iter().map(Into::into).collect() })
}

/// Takes a person in as a collaborator. For the owner.
#[utoipa::path(post, path = "/api/v1/stores/{id}/members", tag = "stores",
    request_body = NewMember, security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits")),
    responses((status = 200, body = MembersJson), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub async fn add_member(
    app: State,
    caller: ApiCaller,
    id: Id<StoreId>,
    body: Json<NewMember>,
) -> ApiResult {
    let who = caller.write()?;
    actions::add_member(&app, who, id.0, &body.0.username).await?;
    Ok(api::ok(&everybody(&app, who, id.0).await?))
}

/// Ends a membership. For the owner, and for a collaborator who leaves.
#[utoipa::path(delete, path = "/api/v1/stores/{id}/members/{user}", tag = "stores",
    security(("key" = [])),
    params(("id" = String, Path, description = "The store, 32 hexadecimal digits"),
        ("user" = String, Path, description = "The member's `user_id`")),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
pub async fn remove_member(
    app: State,
    caller: ApiCaller,
    path: web::Path<(String, String)>,
) -> ApiResult {
    let who = caller.write()?;
    let (store, user) = path.into_inner();
    let (Ok(store), Ok(user)) = (store.parse::<StoreId>(), user.parse::<UserId>()) else {
        return Err(AppError::NotFound.into());
    };
    actions::remove_member(&app, who, store, user).await?;
    Ok(api::no_content())
}
