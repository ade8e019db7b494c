//! Disputes: offers, statements, rulings, and the list that staff work through.

pub mod actions;
pub mod api;
pub mod pages;
pub mod read;
pub mod sign;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/disputes", pages::open);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/disputes", api::open);
    routes.post("/api/v1/orders/{id}/offer", api::offer);
    routes.post("/api/v1/orders/{id}/claim", api::claim);
    routes.get("/api/v1/orders/{id}/accept", sign::accept);
    routes.get("/api/v1/orders/{id}/offer", sign::offer);
    routes.get("/api/v1/orders/{id}/rule", sign::rule);
    routes.get("/api/v1/orders/{id}/confirm-ruling", sign::confirm);
    routes.post("/api/v1/orders/{id}/accept", api::accept);
    routes.post("/api/v1/orders/{id}/rule", api::rule);
    routes.post("/api/v1/orders/{id}/contest", api::contest);
    routes.post("/api/v1/orders/{id}/confirm-ruling", api::confirm);
}
