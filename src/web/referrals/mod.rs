//! Referrals: an account's invitation link, where it is paid, and what it has earned.

mod actions;
mod api;
mod pages;
mod views;

pub(crate) use api::Doc;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/account/referrals", pages::show);
    routes.post("/account/referrals/address", pages::set_address);
}

/// JSON.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/me/referrals", api::show);
    routes.post("/api/v1/me/referrals/address", api::set_address);
}
