//! What is refused before anything else looks at a request: foreign hosts, foreign forms, keys in
//! addresses.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, StatusCode, Uri};

use super::form::decoded;
use crate::config::is_loopback;
use crate::error::AppError;
use crate::keys::secret;
use crate::state::App;
use crate::ui::url::Url;

/// Parameters of the API in which people put keys.
const KEY_PARAMETERS: [&str; 5] = ["token", "api_key", "apikey", "access_token", "key"];

/// What the gate says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on.
    Pass,
    /// No.
    Refuse(AppError),
    /// The same page under the site's own name.
    Lead(String),
    /// No, and keys of these hashes, found in the address, are revoked.
    Revoke(Vec<String>),
}

/// Whether a request is for the API, by its path.
pub(crate) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/") || path == "/health" || path == "/openapi.json"
}

/// Looks at a request's line and headers.
pub(crate) fn check(app: &App, request: &HttpRequest) -> Verdict {
    let verdict = host(app, request);
    if verdict != Verdict::Pass {
        return verdict;
    }
    let api = is_api(request.path());
    let verdict = key_in(request.query_string(), api);
    if api || verdict != Verdict::Pass {
        return verdict;
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || same_origin(app, request) {
        Verdict::Pass
    } else {
        Verdict::Refuse(AppError::Denied(
            "cross-site",
            "This request came from another site, so nothing was done.".into(),
        ))
    }
}

/// The host must be ours: an answer made for another name could be kept or believed as its own.
fn host(app: &App, request: &HttpRequest) -> Verdict {
    let site = &app.config.site_url;
    let asked = authority(request);
    let Some(asked) = asked else { return misdirected() };
    if asked == site.authority() {
        return Verdict::Pass;
    }
    // Whoever checks this machine's health knows its address alone.
    if request.path() == "/health" && (asked == app.config.listen.to_string() || loopback(&asked)) {
        return Verdict::Pass;
    }
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if reading && site.is_loopback() && loopback(&asked) && !is_api(request.path()) {
        let path = Url::local(request.path()).unwrap_or_else(crate::ui::url::home);
        return Verdict::Lead(format!("{}{path}", site.origin()));
    }
    misdirected()
}

fn misdirected() -> Verdict {
    Verdict::Refuse(AppError::malformed(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        "This server does not answer for that name.",
    ))
}

/// Host and port that a request names, once and in one voice.
fn authority(request: &HttpRequest) -> Option<String> {
    let mut hosts = request.headers().get_all(header::HOST);
    let host = hosts.next()?.to_str().ok()?;
    if hosts.next().is_some() {
        return None;
    }
    let host = host.to_ascii_lowercase();
    match request.uri().authority() {
        Some(target) if target.as_str().to_ascii_lowercase() != host => None,
        _ => Some(host),
    }
}

fn loopback(authority: &str) -> bool {
    let parsed: Option<Uri> = format!("http://{authority}").parse().ok();
    parsed.as_ref().and_then(Uri::host).is_some_and(is_loopback)
}

/// Whether a form was sent from one of our own pages, as the browser says.
fn same_origin(app: &App, request: &HttpRequest) -> bool {
    let text =
        |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    let origin_fits =
        text(header::ORIGIN).is_none_or(|origin| origin == app.config.site_url.origin());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none") && origin_fits,
        None => origin_fits,
    }
}

/// Keys in addresses end up in logs, histories and other sites' statistics, wherever they stand in
/// them. The API takes no parameter that is called like one either.
fn key_in(query: &str, api: bool) -> Verdict {
    let plain = |text: &str| decoded(text.as_bytes()).unwrap_or_else(|_broken| text.to_owned());
    let (mut hashes, mut named) = (BTreeSet::new(), false);
    for part in query.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (plain(name), plain(value));
        named |= api && KEY_PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known));
        hashes
            .extend([name, value].iter().flat_map(|text| secret::found_in(text)).map(secret::hash));
    }
    if named || !hashes.is_empty() {
        Verdict::Revoke(hashes.into_iter().collect())
    } else {
        Verdict::Pass
    }
}

/// The answer to a key in an address; `revoked` says whether it was one that held.
pub(crate) fn key_in_address(revoked: bool) -> AppError {
    let rule = "Keys go into the header Authorization or X-API-Key, never into an address.";
    let done =
        if revoked { " The key that you sent is revoked; please make a new one." } else { "" };
    AppError::malformed(StatusCode::BAD_REQUEST, "key-in-address", format!("{rule}{done}"))
}
