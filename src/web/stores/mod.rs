//! Stores: the public page, and what their members do with them.

pub mod access;
pub mod actions;
pub mod api;
pub mod manage;
pub mod pages;
pub mod payout;
pub mod reader;
pub mod reads;
pub mod urls;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/stores", pages::list);
    routes.get("/stores/{id}", pages::show);
    routes.get("/selling", manage::switch);
    routes.get("/selling/new", manage::blank);
    routes.post("/selling/new", manage::open);
    routes.get("/stores/{id}/manage", manage::show);
    routes.get("/stores/{id}/edit", manage::edit);
    routes.post("/stores/{id}/edit", manage::describe);
    routes.get("/stores/{id}/members", manage::members);
    routes.post("/stores/{id}/members", manage::add_member);
    routes.post("/stores/{id}/members/{user}/remove", manage::remove_member);
    routes.get("/stores/{id}/payout", payout::show);
    routes.post("/stores/{id}/payout", payout::set);
}

/// JSON.
pub fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/stores", api::list);
    routes.post("/api/v1/stores", api::open);
    routes.get("/api/v1/stores/{id}", api::show);
    routes.patch("/api/v1/stores/{id}", api::describe);
    routes.post("/api/v1/stores/{id}/payout-address", api::set_payout);
    routes.get("/api/v1/stores/{id}/members", api::members);
    routes.post("/api/v1/stores/{id}/members", api::add_member);
    routes.delete("/api/v1/stores/{id}/members/{user}", api::remove_member);
}
