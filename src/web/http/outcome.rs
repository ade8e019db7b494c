//! Around every request: its id, the gate, what errors become, the headers of every answer and one
//! line in the log.

use std::rc::Rc;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use domain::refusal::Fault;
use maud::{Markup, html};

use super::form::Checked;
use super::gate::{self, Verdict};
use super::page::{self, Ctx};
use super::{RequestId, api};
use crate::error::{ApiError, AppError, PageError};
use crate::state::{State, hex};
use crate::ui::url;
use crate::ui::{self, Tone};

const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const VARY: HeaderValue = HeaderValue::from_static("Cookie, HX-Request");
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Serves one request.
pub(crate) async fn around(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let Some(app) = request.app_data::<State>().cloned() else {
        return Ok(request.error_response(ApiError(super::viewer::no_app())));
    };
    let id: Rc<str> = hex(&app.random::<16>()).into();
    request.extensions_mut().insert(RequestId(Rc::clone(&id)));
    let mut served = match gate::check(&app, request.request()) {
        Verdict::Pass => match next.call(request).await {
            Ok(served) => served,
            Err(error) => return Err(error),
        },
        Verdict::Refuse(error) => refuse(request, error),
        Verdict::Lead(place) => lead(request, &place),
        Verdict::Revoke(hashes) => {
            let revoked = crate::keys::actions::revoke_exposed(&app, hashes).await;
            refuse(request, gate::key_in_address(revoked))
        }
    };
    if let Some(error) = unchecked(&served).or_else(|| failure(&served)) {
        let response = answer(&app, served.request(), &error, &id).await;
        served = served.into_response(response);
    }
    finish(&app, &mut served, &id);
    log(&served, &id, started);
    Ok(served)
}

fn refuse(request: ServiceRequest, error: AppError) -> ServiceResponse<BoxBody> {
    if gate::is_api(request.path()) {
        request.error_response(ApiError(error))
    } else {
        request.error_response(PageError(error))
    }
}

fn lead(request: ServiceRequest, place: &str) -> ServiceResponse<BoxBody> {
    let mut response = HttpResponse::new(StatusCode::TEMPORARY_REDIRECT);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    request.into_response(response)
}

/// A page that changed something without looking at the form's token is a fault of ours; a test
/// that comes by sees it at once.
fn unchecked(served: &ServiceResponse<BoxBody>) -> Option<AppError> {
    let request = served.request();
    let changing = !matches!(*request.method(), Method::GET | Method::HEAD);
    let done = changing && served.status().as_u16() < 400 && !gate::is_api(request.path());
    let checked = !done || request.extensions().get::<Checked>().is_some();
    (!checked).then(|| AppError::Internal(format!("{} takes no token", request.path())))
}

/// What went wrong, in our own words, whoever noticed it.
fn failure(served: &ServiceResponse<BoxBody>) -> Option<AppError> {
    let error = served.response().error()?;
    if let Some(PageError(error)) = error.as_error() {
        return Some(error.clone());
    }
    if let Some(ApiError(error)) = error.as_error() {
        return Some(error.clone());
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        return Some(AppError::Internal(error.to_string()));
    }
    Some(match status {
        StatusCode::NOT_FOUND => AppError::NotFound,
        _ => AppError::malformed(status, "bad-request", "This request cannot be understood."),
    })
}

/// The answer to a request that failed.
async fn answer(app: &State, request: &HttpRequest, error: &AppError, id: &str) -> HttpResponse {
    if let AppError::Internal(cause) = error {
        tracing::error!(cause = %cause, request_id = id, "internal error");
    }
    let mut response = if gate::is_api(request.path()) {
        api::problem(error, id)
    } else {
        let ctx = match Ctx::of(request.clone()).await {
            Ok(ctx) => ctx,
            Err(_) => Ctx::bare(request, app.clone()),
        };
        page_answer(app, &ctx, request, error)
    };
    if error.status() == StatusCode::REQUEST_TIMEOUT {
        // The rest of the body would be taken for the next request, and waited for.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    if let Some(secs) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

fn page_answer(app: &State, ctx: &Ctx, request: &HttpRequest, error: &AppError) -> HttpResponse {
    if *error == AppError::SignIn {
        let back = page::way_back(app, request);
        if *request.method() != Method::GET {
            ctx.flash(
                Tone::Warning,
                "You were signed out meanwhile, so nothing was sent. Sign in and try again.",
            );
        }
        let login = url::login();
        return ctx.see_other(
            &back.map_or_else(|| login.clone(), |back| login.clone().query("next", back)),
        );
    }
    let (status, sentence) = (error.status(), error.sentence());
    let faults = match error {
        AppError::Invalid(faults) => faults.as_slice(),
        _ => &[],
    };
    if ctx.is_htmx() {
        // The script shows these two in place, and the plain sentence of all others as a notice.
        if matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) {
            let body = ui::callout(
                Tone::Danger,
                error.title(),
                html! { p { (sentence) } (listed(faults)) },
            );
            return ctx.fragment_as(status, body);
        }
        let mut response = HttpResponse::with_body(status, BoxBody::new(sentence.into_owned()));
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        return response;
    }
    let id = matches!(error, AppError::Internal(_)).then(|| ctx.request_id());
    let home = url::home();
    let body = html! {
        (ui::error_body(status.as_u16(), error.title(), &sentence, id, (&home, "To the shop")))
        (listed(faults))
    };
    ctx.page_as(status, error.title(), body)
}

fn listed(faults: &[Fault]) -> Markup {
    html! { @if !faults.is_empty() { ul { @for fault in faults { li { (fault.message) } } } } }
}

/// The headers of every answer.
fn finish(app: &State, served: &mut ServiceResponse<BoxBody>, id: &str) {
    let ctx = served.request().extensions().get::<Ctx>().cloned();
    let api = gate::is_api(served.request().path());
    let https = app.config.site_url.is_https();
    let response = served.response_mut();
    if let Some(ctx) = ctx.as_ref().filter(|_| !api) {
        for cookie in ctx.cookies() {
            if response.add_cookie(&cookie).is_err() {
                tracing::error!(request_id = id, "a cookie cannot be written");
            }
        }
    }
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    ];
    for (name, value) in fixed {
        // Files that people sent come with a stricter policy of their own.
        if name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    caching(headers, api || ctx.is_some_and(|ctx| ctx.viewer().is_some()));
}

/// Answers are made for one visitor, unless they say themselves that they are for all.
fn caching(headers: &mut HeaderMap, never: bool) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, if never { NO_STORE } else { PRIVATE });
        headers.insert(header::VARY, VARY);
    }
}

/// One line a request: never its query, its body or who made it.
fn log(served: &ServiceResponse<BoxBody>, id: &str, started: Instant) {
    let request = served.request();
    tracing::info!(
        target: "request",
        method = request.method().as_str(),
        route = request.match_pattern().as_deref().unwrap_or("-"),
        status = served.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        request_id = id,
    );
}
