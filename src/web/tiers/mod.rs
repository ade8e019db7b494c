//! Tiers of stores: staff set them, and with them the commission of later orders.

mod actions;
mod api;
mod pages;
mod views;

use domain::ids::StoreId;

pub(crate) use api::Doc;

use crate::routes::{ApiRoutes, PageRoutes};
use crate::ui::url::{self, Url};

/// Pages.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/stores/{id}/tier", pages::show);
    routes.post("/stores/{id}/tier", pages::set);
}

/// JSON.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/stores/{id}/tier", api::show);
    routes.put("/api/v1/stores/{id}/tier", api::set);
}

/// The tier of a store, for staff.
pub(crate) fn path(store: StoreId) -> Url {
    url::store(store).seg("tier")
}
