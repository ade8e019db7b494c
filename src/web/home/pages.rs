//! `GET /`

use super::views;
use crate::error::PageResult;
use crate::http::page::Ctx;
use crate::http::paging::{Cursor, PageQuery};
use crate::http::query::Query;
use crate::items::reads;
use crate::state::State;
use crate::stores::pages::PAGE;
use crate::ui::url::{self, Url};

/// The newest items on sale.
pub async fn window(app: State, ctx: Ctx, query: Query<PageQuery>) -> PageResult {
    let cursor = query.0.cursor()?;
    let newer = cursor.is_some().then(url::home);
    let (cards, next) = reads::window(&app, None, cursor, PAGE).await?;
    let older = older(url::home(), next);
    let body = views::window(&app.config.site_name, &cards, (newer, older));
    Ok(ctx.page("New in the window", body))
}

/// The page of a list that goes on after `next`.
pub fn older(list: Url, next: Option<Cursor>) -> Option<Url> {
    next.map(|next| list.query("cursor", next))
}
