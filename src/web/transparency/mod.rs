//! What escrow holds and owes, for everybody to see.

pub mod api;
pub mod pages;
pub mod reads;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/transparency", pages::show);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/transparency", api::show);
}
