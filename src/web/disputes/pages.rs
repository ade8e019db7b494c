//! Pages of disputes.

use super::{read, views};
use crate::error::{AppError, PageResult};
use crate::http::page::Ctx;
use crate::http::paging::{Cursor, PageQuery};
use crate::http::query::Query;
use crate::http::viewer::SignedIn;
use crate::state::State;
use crate::ui::url;

/// `GET /disputes`: what staff work through.
pub async fn open(app: State, ctx: Ctx, who: SignedIn, query: Query<PageQuery>) -> PageResult {
    let after = match query.0.cursor()? {
        Some(cursor) => Some((cursor.at, cursor.id.parse().ok().ok_or(AppError::NotFound)?)),
        None => None,
    };
    let (rows, next) = read::open(&app, &who.0, after).await?;
    let later =
        next.map(|(at, id)| url::disputes().query("cursor", Cursor { at, id: id.to_string() }));
    Ok(ctx.page("Disputes", views::list(&rows, later)))
}
