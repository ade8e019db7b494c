//! Notices: what somebody was told of his orders, and how far he has read it.

pub mod actions;
pub mod api;
pub mod pages;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/notices", pages::list);
    routes.post("/notices/read", pages::read);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/notices", api::list);
    routes.post("/api/v1/notices/read", api::read);
}
