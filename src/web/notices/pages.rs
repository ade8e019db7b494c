//! `GET /notices` and `POST /notices/read`

use domain::clock::Time;
use serde::Deserialize;

use super::{actions, views};
use crate::error::{AppError, PageResult};
use crate::http::form::Form;
use crate::http::page::Ctx;
use crate::http::paging::PageQuery;
use crate::http::query::Query;
use crate::http::viewer::Party;
use crate::state::State;
use crate::ui::url;

/// Notices of a page.
const PAGE: u32 = 24;

/// The list.
pub async fn list(app: State, ctx: Ctx, who: Party, query: Query<PageQuery>) -> PageResult {
    let cursor = query.0.cursor()?;
    let newer = cursor.is_some().then(url::notices);
    let listed = actions::list(&app, &who.0, (cursor, PAGE)).await?;
    let older = listed.next.as_ref().map(|next| url::notices().query("cursor", next));
    Ok(ctx.page(views::TITLE, views::list(&listed, ctx.csrf(), (newer, older))))
}

/// Up to when the list was shown, in microseconds since 1970.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadForm {
    #[serde(default)]
    until: String,
}

/// Marks as read what the page showed.
pub async fn read(app: State, ctx: Ctx, who: Party, form: Form<ReadForm>) -> PageResult {
    let until: i64 = form.0.until.parse().ok().ok_or(AppError::NotFound)?;
    actions::read(&app, &who.0, Time::from_micros(until)).await?;
    Ok(ctx.see_other(&url::notices()))
}
