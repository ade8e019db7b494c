//! Items: their page, and what vendors do with them.

pub mod actions;
pub mod api;
pub mod edit;
pub mod pages;
pub mod reads;
pub mod urls;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/items/{id}", pages::show);
    routes.get("/stores/{id}/items/new", edit::blank);
    routes.post("/stores/{id}/items/new", edit::create);
    routes.get("/items/{id}/edit", edit::show);
    routes.post("/items/{id}/edit", edit::change);
    routes.post("/items/{id}/withdraw", edit::withdraw);
    routes.post("/items/{id}/restore", edit::restore);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/items", api::list);
    routes.post("/api/v1/items", api::create);
    routes.get("/api/v1/items/{id}", api::show);
    routes.patch("/api/v1/items/{id}", api::change);
    routes.delete("/api/v1/items/{id}", api::withdraw);
}
