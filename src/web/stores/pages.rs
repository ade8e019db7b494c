//! Store pages that everybody sees.

use domain::ids::StoreId;

use super::{reads, urls, views};
use crate::error::PageResult;
use crate::home::pages::older;
use crate::http::page::Ctx;
use crate::http::paging::PageQuery;
use crate::http::path::Id;
use crate::http::query::Query;
use crate::state::State;
use crate::ui::url;

/// Stores or cards on a page.
pub const PAGE: u32 = 24;

/// `GET /stores`
pub async fn list(app: State, ctx: Ctx, query: Query<PageQuery>) -> PageResult {
    let cursor = query.0.cursor()?;
    let newer = cursor.is_some().then(urls::list);
    let (stores, next) = reads::newest(&app, cursor, PAGE).await?;
    let body = views::list(&stores, newer, older(urls::list(), next));
    Ok(ctx.page("Stores", body))
}

/// `GET /stores/{id}`
pub async fn show(app: State, ctx: Ctx, id: Id<StoreId>, query: Query<PageQuery>) -> PageResult {
    let cursor = query.0.cursor()?;
    let newer = cursor.is_some().then(|| url::store(id.0));
    let mut page = reads::shown(&app, ctx.viewer(), id.0, cursor, PAGE).await?;
    let next = older(url::store(id.0), page.next.take());
    Ok(ctx.page(&page.store.name, views::store(&page, newer, next)))
}
