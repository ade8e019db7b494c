//! The page of an item.

use domain::ids::ItemId;

use super::{reads, views};
use crate::error::PageResult;
use crate::http::page::Ctx;
use crate::http::path::Id;
use crate::state::State;

/// `GET /items/{id}`
pub async fn show(app: State, ctx: Ctx, id: Id<ItemId>) -> PageResult {
    let page = reads::shown(&app, ctx.viewer(), id.0).await?;
    Ok(ctx.page(&page.item.name, views::item(&page)))
}
