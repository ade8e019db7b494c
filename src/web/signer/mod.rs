//! The wallet with which a buyer signs what parts him from his money.

pub mod actions;
pub mod api;
mod pages;
mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/account/signer", pages::show);
    routes.post("/account/signer", pages::name);
    routes.post("/account/signer/remove", pages::remove);
}

/// JSON.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/me/signer", api::show);
    routes.post("/api/v1/me/signer", api::name);
    routes.delete("/api/v1/me/signer", api::remove);
}
