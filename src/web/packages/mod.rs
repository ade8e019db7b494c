//! Packages: the priced variants of items, as vendors make and change them.

pub mod actions;
pub mod api;
pub mod pages;
pub mod urls;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/items/{id}/packages/new", pages::blank);
    routes.post("/items/{id}/packages/new", pages::add);
    routes.get("/packages/{id}/edit", pages::edit);
    routes.post("/packages/{id}/edit", pages::change);
    routes.post("/packages/{id}/withdraw", pages::withdraw);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.post("/api/v1/items/{id}/packages", api::add);
    routes.patch("/api/v1/packages/{id}", api::change);
    routes.delete("/api/v1/packages/{id}", api::withdraw);
}
