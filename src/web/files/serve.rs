//! Gives files out: to the parties of an order and to staff, as something to save and never to run.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use db::codec;
use db::files::FileRow;
use domain::file::FileKind;
use domain::ids::OrderId;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::{Lost, is_content};
use super::upload::{block, store};
use crate::error::{ApiResult, AppError, PageResult};
use crate::http::path::Id;
use crate::http::viewer::{Account, ApiCaller, Party};
use crate::orders::actions::read;
use crate::state::{App, State};

/// A browser that opens it all the same runs nothing in it and lets it reach nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Kept by nobody else, and by the browser only as long as we say each time that it may.
const OWN: HeaderValue = HeaderValue::from_static("private, no-cache");
const VARY: HeaderValue = HeaderValue::from_static("Cookie, Authorization, X-API-Key");

/// OpenAPI of files.
#[derive(utoipa::OpenApi)]
#[openapi(paths(api))]
pub struct Doc;

/// A file that goes with a statement.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileJson {
    name: String,
    media_type: &'static str,
    bytes: i64,
    /// The hash of its content, in hexadecimal digits.
    sha256: String,
    /// Where it is fetched, with the same key.
    url: String,
}

impl From<&FileRow> for FileJson {
    fn from(row: &FileRow) -> Self {
        let kind: Option<FileKind> = row.kind.parse().ok();
        Self {
            name: row.name.clone(),
            media_type: kind.map_or("application/octet-stream", FileKind::media_type),
            bytes: row.bytes,
            sha256: row.sha256.clone(),
            url: format!("/api/v1/orders/{}/files/{}", row.order_id, row.sha256),
        }
    }
}

/// `GET /orders/{id}/files/{content}`
pub async fn page(app: State, who: Party, id: Id<OrderId>, request: HttpRequest) -> PageResult {
    Ok(answer(&app, &who.0, id.0, &request).await?)
}

/// A file that goes with a statement (buyer, vendor, staff), by the `sha256` that the order tells.
#[utoipa::path(get, path = "/api/v1/orders/{id}/files/{content}", tag = "disputes", security(("key" = [])),
    params(("id" = String, Path), ("content" = String, Path, description = "Its `sha256`")),
    responses((status = 200, content_type = "application/octet-stream", description = "Its bytes, under its own media type"),
        (status = 304), (status = 404), (status = 409, description = "It is not what was sent")))]
pub async fn api(
    app: State,
    caller: ApiCaller,
    id: Id<OrderId>,
    request: HttpRequest,
) -> ApiResult {
    Ok(answer(&app, &caller.account, id.0, &request).await?)
}

async fn answer(
    app: &App,
    who: &Account,
    id: OrderId,
    request: &HttpRequest,
) -> Result<HttpResponse, AppError> {
    let content = request.match_info().get("content").unwrap_or_default().to_owned();
    let row = row(app, who, id, content).await?;
    let tag = format!("\"{}\"", row.sha256);
    let known = request.headers().get_all(header::IF_NONE_MATCH);
    let known = known.filter_map(|list| list.to_str().ok()).any(|list| list.contains(&tag));
    let mut response = if known {
        HttpResponse::NotModified().finish()
    } else {
        let kind: FileKind = codec::parsed("dispute_files.kind", &row.kind)?;
        let bytes = content_of(app, &row).await?;
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, kind.media_type()))
            .insert_header((header::CONTENT_DISPOSITION, attachment(&row.name)))
            .body(bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, OWN);
    headers.insert(header::VARY, VARY);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The file of this content, if `who` has a part in the order that it belongs to.
async fn row(app: &App, who: &Account, id: OrderId, content: String) -> Result<FileRow, AppError> {
    if !is_content(&content) {
        return Err(AppError::NotFound);
    }
    // A stranger does not learn that there is such an order.
    read::view(app, who, id).await?;
    let found = app.read(move |conn| db::files::by_content(conn, id, &content)).await?;
    found.ok_or(AppError::NotFound)
}

async fn content_of(app: &App, row: &FileRow) -> Result<Vec<u8>, AppError> {
    let (folder, sha256) = (store(app)?.clone(), row.sha256.clone());
    let bytes: u64 = codec::number("dispute_files.bytes", row.bytes)?;
    let read = block(move || folder.read(&sha256, bytes)).await?;
    read.map_err(|lost| {
        let (order, sha256) = (&row.order_id, &row.sha256);
        tracing::error!(%lost, order, sha256, "a file is not given out");
        match lost {
            Lost::Changed => AppError::Conflict(
                "file-changed",
                "This file is not what was sent, so it is not given out. Please tell the staff of this site."
                    .into(),
            ),
            Lost::Disk(_) => AppError::Unavailable(
                "unavailable",
                "This file cannot be read at the moment. Please try again in a minute.".into(),
            ),
        }
    })
}

/// The header that has a browser save the file: its name in plain characters, and as it is for those
/// who can read that.
fn attachment(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let encoded: String = name.bytes().map(encoded).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_twice() {
        assert_eq!(
            attachment("Küche 1.png"),
            "attachment; filename=\"K_che 1.png\"; filename*=UTF-8''K%C3%BCche%201.png"
        );
    }
}
