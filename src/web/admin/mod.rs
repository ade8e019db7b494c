//! What whoever runs the site sees of it: roles, money that waits, chains, alarms, walls.

mod actions;
mod api;
mod pages;
mod views;
mod walls;

pub(crate) use api::Doc;
pub use walls::Walls;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages of administrators.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/admin", pages::status);
    routes.get("/admin/walls", pages::walls);
}

/// API of administrators.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/admin/status", api::status);
}
