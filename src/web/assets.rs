//! Files that browsers keep: style sheet, scripts and pictures, embedded, named by their hash where
//! pages refer to them, and compressed once.

use std::fmt::Write;
use std::io::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::ui::gallery::{CRESTS, PICTURES, PLACEHOLDER};

/// Layers of the style sheet, in order.
const LAYERS: [&str; 7] = [
    include_str!("../../assets/css/10-reset.css"),
    include_str!("../../assets/css/20-tokens.css"),
    include_str!("../../assets/css/30-base.css"),
    include_str!("../../assets/css/40-layout.css"),
    include_str!("../../assets/css/50-components.css"),
    include_str!("../../assets/css/60-pages.css"),
    include_str!("../../assets/css/70-utilities.css"),
];
const HTMX: &[u8] = include_bytes!("../../assets/vendor/htmx/htmx.min.js");
const APP_JS: &[u8] = include_bytes!("../../assets/app.js");
const WALLET_JS: &[u8] = include_bytes!("../../assets/wallet.js");
/// A page of its own that can be kept and opened without a shop, so no hash stands in its names.
const CHECKER: [(&str, &str, &[u8]); 3] = [
    ("index.html", HTML_TYPE, include_bytes!("../../assets/verify-terms/index.html")),
    ("verify.js", JS_TYPE, include_bytes!("../../assets/verify-terms/verify.js")),
    ("verify.css", CSS_TYPE, include_bytes!("../../assets/verify-terms/verify.css")),
];
const FAVICON: &[u8] = include_bytes!("../../assets/img/favicon.svg");

const HTML_TYPE: &str = "text/html; charset=utf-8";
const CSS_TYPE: &str = "text/css; charset=utf-8";
const JS_TYPE: &str = "text/javascript; charset=utf-8";
const SVG_TYPE: &str = "image/svg+xml";

/// An address with the hash of its content in it leads to the same bytes for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// An address without it may lead to other bytes after an upgrade.
const FOR_AN_HOUR: &str = "public, max-age=3600";

static ALL: LazyLock<Assets> = LazyLock::new(Assets::new);

struct Assets {
    css: Asset,
    htmx: Asset,
    app_js: Asset,
    wallet_js: Asset,
    checker: Vec<(&'static str, Asset)>,
    favicon: Asset,
    placeholder: Asset,
    pictures: Vec<(&'static str, Asset)>,
}

struct Asset {
    mime: &'static str,
    etag: String,
    path: String,
    hash: String,
    plain: web::Bytes,
    gzip: web::Bytes,
}

impl Assets {
    fn new() -> Self {
        let versioned = |name: &'static str, mime, bytes: &[u8]| {
            Asset::new(mime, bytes, |hash| format!("/static/{hash}/{name}"))
        };
        let picture = |file: &'static str, svg: &[u8]| {
            Asset::new(SVG_TYPE, svg, |hash| format!("/static/img/{file}?v={hash}"))
        };
        Self {
            css: versioned("app.css", CSS_TYPE, slim(&LAYERS.concat()).as_bytes()),
            htmx: versioned("htmx.js", JS_TYPE, HTMX),
            app_js: versioned("app.js", JS_TYPE, APP_JS),
            wallet_js: versioned("wallet.js", JS_TYPE, WALLET_JS),
            checker: CHECKER
                .map(|(name, kind, bytes)| {
                    (name, Asset::new(kind, bytes, |_| format!("/verify-terms/{name}")))
                })
                .into(),
            favicon: Asset::new(SVG_TYPE, FAVICON, |_| "/favicon.svg".to_owned()),
            placeholder: picture(PLACEHOLDER.file, PLACEHOLDER.svg),
            pictures: PICTURES
                .iter()
                .chain(CRESTS)
                .map(|p| (p.name, picture(p.file, p.svg)))
                .collect(),
        }
    }

    fn picture(&self, name: &str) -> Option<&Asset> {
        self.pictures.iter().find(|(own, _)| *own == name).map(|(_, asset)| asset)
    }
}

impl Asset {
    fn new(mime: &'static str, bytes: &[u8], path: impl FnOnce(&str) -> String) -> Self {
        let hash = short_hash(bytes);
        Self {
            mime,
            etag: format!("\"{hash}\""),
            path: path(&hash),
            plain: web::Bytes::copy_from_slice(bytes),
            gzip: web::Bytes::from(gzip(bytes, Compression::best())),
            hash,
        }
    }

    fn respond(&self, request: &HttpRequest, keep: &'static str) -> HttpResponse {
        let headers = request.headers();
        let mut response = HttpResponse::Ok();
        response
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, keep))
            .insert_header((header::VARY, "Accept-Encoding"));
        if says(headers, header::IF_NONE_MATCH, |tag| {
            tag.trim_start_matches("W/") == self.etag || tag == "*"
        }) {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response.content_type(self.mime);
        if takes_gzip(headers) {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            return response.body(self.gzip.clone());
        }
        response.body(self.plain.clone())
    }
}

/// Routes of all files.
pub fn configure(config: &mut web::ServiceConfig) {
    // The first visitor does not wait for the compression.
    LazyLock::force(&ALL);
    config
        .route("/static/img/{file}", reads().to(picture))
        .route("/static/{hash}/{file}", reads().to(versioned))
        .route("/verify-terms/{file}", reads().to(checker))
        .route("/favicon.svg", reads().to(favicon))
        .route("/favicon.ico", reads().to(favicon));
}

/// GET and HEAD; the server leaves out the body of the latter.
fn reads() -> actix_web::Route {
    web::route().guard(actix_web::guard::fn_guard(|context| {
        matches!(context.head().method, Method::GET | Method::HEAD)
    }))
}

async fn versioned(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (hash, file) = path.into_inner();
    let asset = match file.as_str() {
        "app.css" => &ALL.css,
        "htmx.js" => &ALL.htmx,
        "app.js" => &ALL.app_js,
        "wallet.js" => &ALL.wallet_js,
        _ => return HttpResponse::NotFound().finish(),
    };
    // A page from before an upgrade gets the new file rather than none, but must not keep it.
    asset.respond(&request, if hash == asset.hash { FOR_EVER } else { "no-cache" })
}

async fn picture(request: HttpRequest, file: web::Path<String>) -> HttpResponse {
    let Some(name) = file.strip_suffix(".svg") else { return HttpResponse::NotFound().finish() };
    let asset = if name == PLACEHOLDER.name { Some(&ALL.placeholder) } else { ALL.picture(name) };
    let Some(asset) = asset else { return HttpResponse::NotFound().finish() };
    let named = request.query_string().strip_prefix("v=") == Some(asset.hash.as_str());
    asset.respond(&request, if named { FOR_EVER } else { FOR_AN_HOUR })
}

async fn checker(request: HttpRequest, file: web::Path<String>) -> HttpResponse {
    match ALL.checker.iter().find(|(name, _)| *name == file.as_str()) {
        Some((_, asset)) => asset.respond(&request, FOR_AN_HOUR),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn favicon(request: HttpRequest) -> HttpResponse {
    ALL.favicon.respond(&request, FOR_AN_HOUR)
}

/// Path of the style sheet.
pub(crate) fn css_path() -> &'static str {
    &ALL.css.path
}

/// Path of htmx.
pub(crate) fn htmx_path() -> &'static str {
    &ALL.htmx.path
}

/// Path of our own script.
pub(crate) fn app_js_path() -> &'static str {
    &ALL.app_js.path
}

/// Path of the script that asks a wallet to sign.
pub(crate) fn wallet_js_path() -> &'static str {
    &ALL.wallet_js.path
}

/// Path of a picture; of the placeholder for an unknown name.
pub(crate) fn picture_path(name: &str) -> &'static str {
    &ALL.picture(name).unwrap_or(&ALL.placeholder).path
}

/// Whether one of the values of a list header passes.
fn says(headers: &HeaderMap, name: header::HeaderName, passes: impl Fn(&str) -> bool) -> bool {
    let lists = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|value| passes(value.trim()))
}

/// Whether the browser takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    says(headers, header::ACCEPT_ENCODING, |coding| {
        let (name, rest) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = rest.trim().strip_prefix("q=").unwrap_or("1");
        matches!(name.trim(), "gzip" | "*") && !weight.trim_end_matches(['0', '.']).is_empty()
    })
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compresses, taking as much care as `level` says.
pub(crate) fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing to a Vec cannot fail, and an empty body would be noticed by the tests.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Leaves out comments and indentation: they are for us.
fn slim(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[path = "assets_tests.rs"]
mod tests;
