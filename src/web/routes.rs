//! Every address of the site in two tables, which the server and the tests read alike.

use std::marker::PhantomData;

use actix_web::guard;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route};

use crate::error::{ApiError, AppError, PageError};

/// Pages: what browsers ask for.
pub type PageRoutes = Table<Pages>;
/// The API: what agents ask for.
pub type ApiRoutes = Table<Api>;

/// Marks the table of pages.
#[derive(Debug)]
pub enum Pages {}
/// Marks the table of the API.
#[derive(Debug)]
pub enum Api {}

/// Methods with paths and what answers them.
pub struct Table<K> {
    entries: Vec<Entry>,
    kind: PhantomData<K>,
}

struct Entry {
    method: Method,
    path: &'static str,
    route: Route,
}

/// Every page.
pub fn pages() -> PageRoutes {
    let mut routes = Table::new();
    // A path is looked for from the top, so what is asked for most stands there.
    crate::home::pages(&mut routes);
    crate::items::pages(&mut routes);
    crate::stores::pages(&mut routes);
    crate::orders::pages(&mut routes);
    crate::disputes::pages(&mut routes);
    crate::files::pages(&mut routes);
    crate::accounts::pages(&mut routes);
    crate::keys::pages(&mut routes);
    crate::packages::pages(&mut routes);
    crate::admin::pages(&mut routes);
    crate::signer::pages(&mut routes);
    crate::referrals::pages(&mut routes);
    crate::tiers::pages(&mut routes);
    crate::deposits::pages(&mut routes);
    crate::notices::pages(&mut routes);
    crate::transparency::pages(&mut routes);
    routes
}

/// Every route for machines.
pub fn api() -> ApiRoutes {
    let mut routes = Table::new();
    crate::items::api(&mut routes);
    crate::stores::api(&mut routes);
    crate::orders::api(&mut routes);
    crate::disputes::api(&mut routes);
    crate::files::api(&mut routes);
    crate::accounts::api(&mut routes);
    crate::keys::api(&mut routes);
    crate::packages::api(&mut routes);
    crate::admin::api(&mut routes);
    crate::signer::api(&mut routes);
    crate::referrals::api(&mut routes);
    crate::tiers::api(&mut routes);
    crate::deposits::api(&mut routes);
    crate::site::api(&mut routes);
    crate::notices::api(&mut routes);
    crate::transparency::api(&mut routes);
    crate::health::api(&mut routes);
    crate::openapi::api(&mut routes);
    routes
}

/// Method and path of everything that is served, for tests.
pub fn listed() -> Vec<(String, &'static str)> {
    let mut all = pages().list();
    all.extend(api().list());
    all
}

/// Puts both tables into the server.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    pages().serve(cfg, |error| PageError(error).into());
    api().serve(cfg, |error| ApiError(error).into());
}

/// The answer to every other path.
pub(crate) async fn nothing_here() -> Result<HttpResponse, PageError> {
    Err(PageError(AppError::NotFound))
}

impl<K> Table<K> {
    const fn new() -> Self {
        Self { entries: Vec::new(), kind: PhantomData }
    }

    /// Answers GET and HEAD of `path`.
    pub fn get<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, path, handler);
    }

    /// Answers POST of `path`.
    pub fn post<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::POST, path, handler);
    }

    /// Method and path of each entry, in the order of registration.
    pub fn list(&self) -> Vec<(String, &'static str)> {
        self.entries.iter().map(|entry| (entry.method.to_string(), entry.path)).collect()
    }

    fn add<F, Args>(&mut self, method: Method, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let wanted = method.clone();
        let taken = guard::fn_guard(move |ctx| fits(&wanted, &ctx.head().method));
        let route = web::route().guard(taken).to(handler);
        self.entries.push(Entry { method, path, route });
    }

    /// Gives every path one resource for its methods, so that patterns may overlap where their
    /// methods differ; behind them all, the same paths tell a wrong method from a wrong path.
    fn serve(self, cfg: &mut ServiceConfig, wrap: fn(AppError) -> actix_web::Error) {
        let mut paths: Vec<(&'static str, Vec<Entry>)> = Vec::new();
        for entry in self.entries {
            match paths.iter_mut().find(|(path, _)| *path == entry.path) {
                Some((_, entries)) => entries.push(entry),
                None => paths.push((entry.path, vec![entry])),
            }
        }
        let known: Vec<&'static str> = paths.iter().map(|(path, _)| *path).collect();
        for (path, entries) in paths {
            let methods: Vec<Method> = entries.iter().map(|entry| entry.method.clone()).collect();
            let taken = guard::fn_guard(move |ctx| {
                methods.iter().any(|method| fits(method, &ctx.head().method))
            });
            let resource = web::resource(path).guard(taken);
            cfg.service(
                entries.into_iter().fold(resource, |resource, entry| resource.route(entry.route)),
            );
        }
        for path in known {
            let refused = move || async move { Err::<HttpResponse, _>(wrap(wrong_method())) };
            cfg.service(web::resource(path).default_service(web::to(refused)));
        }
    }
}

/// Whether a route of `method` takes a request of `asked`.
fn fits(method: &Method, asked: &Method) -> bool {
    method == asked || (*method == Method::GET && *asked == Method::HEAD)
}

impl Table<Api> {
    /// Answers PUT of `path`.
    pub fn put<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::PUT, path, handler);
    }

    /// Answers PATCH of `path`.
    pub fn patch<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::PATCH, path, handler);
    }

    /// Answers DELETE of `path`.
    pub fn delete<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::DELETE, path, handler);
    }
}

fn wrong_method() -> AppError {
    AppError::malformed(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address does not take this kind of request.",
    )
}
