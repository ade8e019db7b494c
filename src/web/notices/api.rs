//! Notices over JSON.

use db::notices::Told;
use domain::clock::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{actions, views};
use crate::error::ApiResult;
use crate::http::api::{self, rfc3339};
use crate::http::json::Json;
use crate::http::paging::{PageJson, PageQuery};
use crate::http::query::Query;
use crate::http::viewer::ApiCaller;
use crate::state::State;

/// OpenAPI of notices.
#[derive(utoipa::OpenApi)]
#[openapi(paths(list, read))]
pub struct Doc;

/// A page of notices.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticesJson {
    /// How many are unread; 100 for as many or more.
    unread: i64,
    /// What to mark as read with: when the newest of all came, in microseconds since 1970.
    newest: Option<i64>,
    /// The notices, newest first.
    #[serde(flatten)]
    page: PageJson<NoticeJson>,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeJson {
    id: String,
    /// In a word, such as `funded` or `inspect-soon`.
    what: &'static str,
    /// As whom: `buyer`, `vendor` or `staff`.
    role: &'static str,
    order_id: String,
    /// What the order is called.
    order_title: String,
    /// In a sentence.
    text: &'static str,
    /// More about it; mostly empty.
    note: String,
    /// RFC 3339 in UTC.
    happened_at: String,
    /// By when somebody must act, or when something comes by itself.
    due_at: Option<String>,
    read: bool,
}

impl From<(Told, bool)> for NoticeJson {
    fn from((told, read): (Told, bool)) -> Self {
        Self {
            id: told.id.to_string(),
            what: told.what.as_str(),
            role: told.role.as_str(),
            order_id: told.order.to_string(),
            order_title: told.title,
            text: views::sentence(told.what, told.role),
            note: told.note,
            happened_at: rfc3339(told.happened_at),
            due_at: told.due_at.map(rfc3339),
            read,
        }
    }
}

/// What the key's owner was told, newest first.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", security(("key" = [])),
    params(
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
        ("limit" = Option<u32>, Query, description = "Notices of a page, 1 to 100")
    ),
    responses((status = 200, body = NoticesJson)))]
pub async fn list(app: State, caller: ApiCaller, Query(query): Query<PageQuery>) -> ApiResult {
    let page = (query.cursor()?, query.limit());
    let listed = actions::list(&app, &caller.account, page).await?;
    Ok(api::ok(&NoticesJson {
        unread: listed.unread,
        newest: listed.newest.map(Time::as_micros),
        page: PageJson::new(
            listed.notices.into_iter().map(NoticeJson::from).collect(),
            listed.next,
        ),
    }))
}

/// Up to where notices were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadJson {
    /// `newest` of the list, in microseconds since 1970.
    until: i64,
}

/// Marks as read what came up to a moment; what came later stays unread.
#[utoipa::path(post, path = "/api/v1/notices/read", tag = "notices", security(("key" = [])),
    request_body = ReadJson,
    responses(
        (status = 204, description = "It is marked"),
        (status = 403, description = "The key may read only")
    ))]
pub async fn read(app: State, caller: ApiCaller, Json(body): Json<ReadJson>) -> ApiResult {
    let who = caller.write()?;
    actions::read(&app, who, Time::from_micros(body.until)).await?;
    Ok(api::no_content())
}
