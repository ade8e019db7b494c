//! What a page knows of its request, and how it answers.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use domain::limits::AUTHENTICATED_FRESH;
use maud::Markup;

use super::session::Session;
use super::viewer::{Account, no_app};
use super::{Extracting, RequestId, banner, cookies, flash, making};
use crate::error::{AppError, PageError};
use crate::state::{App, Pulse, State, hex};
use crate::ui::url::{self, Url};
use crate::ui::{self, Chrome, Flash, Theme, Tone};

/// Seconds that a sentence for the next page waits for it.
const FLASH_SECS: i64 = 120;
/// Seconds that a choice of colours lasts: a year.
const THEME_SECS: i64 = 31_536_000;
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The context of a page. Clones are the same one.
#[derive(Clone)]
pub struct Ctx(Rc<Inner>);

struct Inner {
    app: State,
    session: Option<Session>,
    visit: String,
    csrf: OnceCell<String>,
    theme: Theme,
    htmx: bool,
    request_id: Rc<str>,
    path: String,
    pulse: Pulse,
    flash_in: RefCell<Option<Flash>>,
    out: Rc<RefCell<Out>>,
}

/// What goes out with the answer, whatever the answer is.
#[derive(Default)]
struct Out {
    cookies: Vec<Cookie<'static>>,
    flash: Option<Flash>,
}

impl Ctx {
    /// The context of a request, made once.
    pub(crate) async fn of(request: HttpRequest) -> Result<Self, AppError> {
        let _turn = making::turn(&request).await;
        if let Some(known) = request.extensions().get::<Self>() {
            return Ok(known.clone());
        }
        let app = request.app_data::<State>().ok_or_else(no_app)?.clone();
        let mut session = Session::of(&app, request.headers()).await?;
        let pulse = app.pulse().await;
        let touched = match &mut session {
            Some(session) => session.touch(&app).await?,
            None => false,
        };
        let ctx = Self::put_together(&request, app, session, pulse);
        if touched && let Some(session) = &ctx.0.session {
            ctx.send(session.cookie(&ctx.0.app));
        }
        request.extensions_mut().insert(ctx.clone());
        Ok(ctx)
    }

    /// A context without the database, for the page that says that it is away.
    pub(crate) fn bare(request: &HttpRequest, app: State) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return known.clone();
        }
        let ctx = Self::put_together(request, app, None, Pulse::Running);
        request.extensions_mut().insert(ctx.clone());
        ctx
    }

    fn put_together(
        request: &HttpRequest,
        app: State,
        session: Option<Session>,
        pulse: Pulse,
    ) -> Self {
        let headers = request.headers();
        let out = Rc::new(RefCell::new(Out::default()));
        let visit = visit(&app, headers, session.is_some(), &out);
        let flash = cookies::value(headers, app.cookies.flash)
            .and_then(|text| flash::opened(&app.keys, text));
        let request_id = request
            .extensions()
            .get::<RequestId>()
            .map_or_else(|| Rc::from(""), |id| Rc::clone(&id.0));
        Self(Rc::new(Inner {
            theme: Theme::from_cookie(cookies::value(headers, app.cookies.theme)),
            htmx: is_htmx(headers),
            path: request.path().to_owned(),
            app,
            session,
            visit,
            csrf: OnceCell::new(),
            request_id,
            pulse,
            flash_in: RefCell::new(flash),
            out,
        }))
    }

    /// This context with another session, begun or ended by this request.
    pub(crate) fn with_session(&self, request: &HttpRequest, session: Option<Session>) -> Self {
        let (inner, app) = (&self.0, &self.0.app);
        match &session {
            Some(session) => {
                self.send(session.cookie(app));
                self.send(app.cookies.forget(app.cookies.visit));
            }
            None => self.send(app.cookies.forget(app.cookies.session)),
        }
        let visit = if session.is_some() { String::new() } else { fresh_visit(app, &inner.out) };
        let ctx = Self(Rc::new(Inner {
            app: app.clone(),
            session,
            visit,
            csrf: OnceCell::new(),
            theme: inner.theme,
            htmx: inner.htmx,
            request_id: Rc::clone(&inner.request_id),
            path: inner.path.clone(),
            pulse: inner.pulse,
            flash_in: RefCell::new(None),
            out: Rc::clone(&inner.out),
        }));
        request.extensions_mut().insert(ctx.clone());
        ctx
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// Who is signed in.
    pub fn viewer(&self) -> Option<&Account> {
        self.0.session.as_ref().map(|session| &session.account)
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.0.session.as_ref()
    }

    /// Whether the viewer is a member of any store.
    pub fn has_stores(&self) -> bool {
        self.0.session.as_ref().is_some_and(|session| session.has_stores)
    }

    /// Whether the viewer typed the password within [`AUTHENTICATED_FRESH`].
    pub fn recently_authenticated(&self) -> bool {
        self.0.session.as_ref().is_some_and(|session| {
            self.0.app.now().since(session.authenticated_at) <= AUTHENTICATED_FRESH
        })
    }

    /// The token that every form carries.
    pub fn csrf(&self) -> &str {
        let inner = &self.0;
        inner.csrf.get_or_init(|| match &inner.session {
            Some(session) => inner.app.keys.csrf_token("session", &session.token),
            None => inner.app.keys.csrf_token("visit", &inner.visit),
        })
    }

    /// Whether htmx asks and wants a part of a page.
    pub fn is_htmx(&self) -> bool {
        self.0.htmx
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Light or dark.
    pub fn theme(&self) -> Theme {
        self.0.theme
    }

    /// How escrow is doing.
    pub fn pulse(&self) -> Pulse {
        self.0.pulse
    }

    /// A whole page.
    pub fn page(&self, title: &str, body: Markup) -> HttpResponse {
        self.whole(StatusCode::OK, title, body, None)
    }

    /// A whole page with another status.
    pub fn page_as(&self, status: StatusCode, title: &str, body: Markup) -> HttpResponse {
        self.whole(status, title, body, None)
    }

    /// A whole page that loads itself anew every `secs` seconds where there is no script.
    pub fn page_refresh(&self, title: &str, body: Markup, secs: u32) -> HttpResponse {
        self.whole(StatusCode::OK, title, body, Some(secs))
    }

    /// A part of a page, for htmx.
    pub fn fragment(&self, body: Markup) -> HttpResponse {
        html(StatusCode::OK, body)
    }

    /// A part of a page with another status.
    pub fn fragment_as(&self, status: StatusCode, body: Markup) -> HttpResponse {
        html(status, body)
    }

    /// Nothing changed: htmx leaves the page as it is.
    pub fn unchanged(&self) -> HttpResponse {
        HttpResponse::new(StatusCode::NO_CONTENT)
    }

    /// The last part of a page that asked for itself: htmx takes it and stops asking.
    pub fn stop(&self, body: Markup) -> HttpResponse {
        html(StatusCode::from_u16(286).unwrap_or(StatusCode::OK), body)
    }

    /// A sentence for the next page.
    pub fn flash(&self, tone: Tone, text: impl Into<String>) {
        self.0.out.borrow_mut().flash = Some(Flash { tone, text: text.into() });
    }

    /// Leads on to another page.
    pub fn see_other(&self, url: &Url) -> HttpResponse {
        let flash = self.0.out.borrow_mut().flash.take();
        if let Some(flash) = flash {
            let app = &self.0.app;
            let sealed = flash::sealed(&app.keys, app.random(), &flash);
            self.send(app.cookies.cookie(app.cookies.flash, sealed, Some(FLASH_SECS)));
        }
        redirect(self.0.htmx, url)
    }

    /// Asks for the password once more and leads back to `back`.
    pub fn confirm_password(&self, back: &Url) -> HttpResponse {
        self.see_other(&Url::fixed("/account/confirm").query("next", back))
    }

    pub(crate) fn choose_theme(&self, theme: Theme) {
        let app = &self.0.app;
        let value = theme.as_str().to_owned();
        self.send(app.cookies.cookie(app.cookies.theme, value, Some(THEME_SECS)));
    }

    /// The cookies that go out with the answer.
    pub(crate) fn cookies(&self) -> Vec<Cookie<'static>> {
        std::mem::take(&mut self.0.out.borrow_mut().cookies)
    }

    fn send(&self, cookie: Cookie<'static>) {
        push(&self.0.out, cookie);
    }

    fn whole(
        &self,
        status: StatusCode,
        title: &str,
        body: Markup,
        refresh_secs: Option<u32>,
    ) -> HttpResponse {
        let inner = &self.0;
        // A sentence of this very request is shown at once; one of an earlier request only once.
        let own = inner.out.borrow_mut().flash.take();
        let flash = own.or_else(|| {
            let earlier = inner.flash_in.borrow_mut().take();
            if earlier.is_some() {
                self.send(inner.app.cookies.forget(inner.app.cookies.flash));
            }
            earlier
        });
        let chrome = Chrome {
            site_name: inner.app.config.site_name.clone(),
            viewer: inner.session.as_ref().map(|session| ui::Viewer {
                username: session.account.username.clone(),
                role: session.account.role,
                has_stores: session.has_stores,
                unread: session.unread,
            }),
            csrf: self.csrf().to_owned(),
            theme: inner.theme,
            banner: banner::of(inner.pulse, self.viewer()),
            flash,
            path: inner.path.clone(),
            refresh_secs,
        };
        html(status, ui::layout(&chrome, title, body))
    }
}

impl FromRequest for Ctx {
    type Error = PageError;
    type Future = Extracting<Self, PageError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ctx = Self::of(request.clone());
        Box::pin(async move { Ok(ctx.await?) })
    }
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ctx({})", self.0.request_id)
    }
}

/// Whether htmx asks. History of a browser wants whole pages.
pub(crate) fn is_htmx(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request")
}

/// An answer in HTML.
pub(crate) fn html(status: StatusCode, body: Markup) -> HttpResponse {
    let mut response =
        HttpResponse::with_body(status, actix_web::body::BoxBody::new(body.into_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    response
}

/// Leads a browser to another page: by 303, or by the header that htmx follows with the whole page.
pub(crate) fn redirect(htmx: bool, url: &Url) -> HttpResponse {
    let Ok(place) = HeaderValue::from_str(url.as_str()) else {
        return HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let (status, name) = if htmx {
        (StatusCode::OK, HeaderName::from_static("hx-redirect"))
    } else {
        (StatusCode::SEE_OTHER, header::LOCATION)
    };
    let mut response = HttpResponse::new(status);
    response.headers_mut().insert(name, place);
    response
}

/// What form tokens hang on where nobody is signed in; made with the first page.
fn visit(app: &App, headers: &HeaderMap, signed_in: bool, out: &RefCell<Out>) -> String {
    if signed_in {
        return String::new();
    }
    match cookies::value(headers, app.cookies.visit) {
        Some(text) if text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            text.to_owned()
        }
        _ => fresh_visit(app, out),
    }
}

fn fresh_visit(app: &App, out: &RefCell<Out>) -> String {
    let visit = hex(&app.random::<16>());
    push(out, app.cookies.cookie(app.cookies.visit, visit.clone(), None));
    visit
}

/// The later of two cookies of a name counts.
fn push(out: &RefCell<Out>, cookie: Cookie<'static>) {
    let cookies = &mut out.borrow_mut().cookies;
    cookies.retain(|other| other.name() != cookie.name());
    cookies.push(cookie);
}

/// Where somebody was, to come back to: the page asked for, or the page whose form was sent.
pub(crate) fn way_back(app: &App, request: &HttpRequest) -> Option<Url> {
    let headers = request.headers();
    if *request.method() == Method::GET && !is_htmx(headers) {
        return Url::local(request.uri().path_and_query()?.as_str());
    }
    let text = headers.get("hx-current-url").or_else(|| headers.get(header::REFERER))?;
    Url::local(text.to_str().ok()?.strip_prefix(app.config.site_url.origin())?)
}

/// Where to go after a login: a page of ours that somebody was on the way to, or the shop window.
pub(crate) fn destination(next: Option<&str>) -> Url {
    next.and_then(Url::local).unwrap_or_else(url::home)
}
