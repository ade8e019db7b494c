//! Orders: checkout, the order's page, boards, acts, and their JSON twins.

pub mod actions;
pub mod api;
pub mod checkout;
pub mod consent;
mod delivery;
pub mod opening;
pub mod pages;
pub mod urls;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/checkout", checkout::show);
    routes.post("/orders", checkout::place);
    routes.get("/orders", pages::purchases);
    routes.get("/stores/{id}/orders", pages::sales);
    routes.get("/orders/{id}", pages::show);
    routes.get("/orders/{id}/live", pages::live);
    routes.get("/orders/{id}/terms", pages::terms);
    routes.get("/orders/{id}/{act}", pages::ask);
    routes.post("/orders/{id}/cancel", pages::cancel);
    routes.post("/orders/{id}/confirm-receipt", pages::confirm_receipt);
    routes.post("/orders/{id}/refund", pages::refund);
    routes.post("/orders/{id}/extend", pages::extend);
    routes.post("/orders/{id}/resume", pages::resume);
    routes.post("/orders/{id}/ship", pages::ship);
    routes.post("/orders/{id}/dispute", opening::page);
    routes.post("/orders/{id}/reseal", pages::reseal::ask);
    routes.post("/orders/{id}/keep-address", pages::reseal::keep);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.post("/api/v1/quotes", api::quote);
    routes.post("/api/v1/orders", api::create);
    routes.get("/api/v1/orders", api::list);
    routes.get("/api/v1/orders/{id}", api::show);
    routes.get("/api/v1/orders/{id}/events", api::events);
    routes.get("/api/v1/orders/{id}/terms", api::terms);
    routes.post("/api/v1/orders/{id}/cancel", api::cancel);
    routes.get("/api/v1/orders/{id}/confirm-receipt", api::wanted);
    routes.post("/api/v1/orders/{id}/confirm-receipt", api::confirm_receipt);
    routes.post("/api/v1/orders/{id}/refund", api::refund);
    routes.post("/api/v1/orders/{id}/extend", api::extend);
    routes.post("/api/v1/orders/{id}/resume", api::resume);
    routes.post("/api/v1/orders/{id}/ship", api::ship);
    routes.post("/api/v1/orders/{id}/dispute", opening::api);
    routes.post("/api/v1/orders/{id}/reseal", api::reseal::ask);
    routes.post("/api/v1/orders/{id}/keep-address", api::reseal::keep);
}
