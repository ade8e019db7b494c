//! Pages of administrators.

use super::{actions, views};
use crate::error::PageResult;
use crate::http::page::Ctx;
use crate::http::paging::PageQuery;
use crate::http::query::Query;
use crate::http::viewer::SignedIn;
use crate::ui::url;

/// Alarms of a page.
const ALARMS: u32 = 20;

pub(super) async fn status(
    ctx: Ctx,
    SignedIn(who): SignedIn,
    Query(query): Query<PageQuery>,
) -> PageResult {
    let cursor = query.cursor()?;
    let newer = cursor.is_some().then(url::admin);
    let status = actions::status(ctx.app(), &who, (cursor, ALARMS)).await?;
    let older = status.next.as_ref().map(|next| url::admin().query("cursor", next));
    let site =
        views::Site { level: ctx.app().isolation_level, walls: ctx.app().config.walls.as_ref() };
    Ok(ctx.page(views::TITLE, views::status(&status, site, (newer, older))))
}

pub(super) async fn walls(ctx: Ctx, SignedIn(who): SignedIn) -> PageResult {
    actions::admitted(&who)?;
    Ok(ctx.page(views::WALLS, views::walls(ctx.app().config.walls.as_ref())))
}
