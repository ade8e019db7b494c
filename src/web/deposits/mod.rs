//! Deposits of stores: lodged by their members, had back by their owners, demanded by staff.

pub(crate) mod actions;
mod api;
mod pages;
mod views;

use domain::ids::{OrderId, StoreId};

pub(crate) use api::Doc;
pub(crate) use views::waiting;

use crate::routes::{ApiRoutes, PageRoutes};
use crate::ui::url::{self, Url};

/// Pages.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/stores/{id}/deposits", pages::show);
    routes.post("/stores/{id}/deposits", pages::lodge);
    routes.post("/stores/{id}/deposits/{deposit}/withdraw", pages::withdraw);
    routes.get("/deposits", pages::all);
    routes.post("/deposits", pages::demand);
}

/// JSON.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/stores/{id}/deposits", api::show);
    routes.post("/api/v1/stores/{id}/deposits", api::lodge);
    routes.post("/api/v1/stores/{id}/deposits/{deposit}/withdraw", api::withdraw);
    routes.get("/api/v1/deposits", api::all);
    routes.put("/api/v1/deposits/rules", api::demand);
}

/// The deposits of a store, for its members.
pub(crate) fn of_store(store: StoreId) -> Url {
    url::store(store).seg("deposits")
}

/// Asks to have a deposit back, by POST.
fn withdraw(store: StoreId, deposit: OrderId) -> Url {
    of_store(store).seg(deposit).seg("withdraw")
}

/// The deposits of all stores, and what is demanded, for staff.
pub(crate) fn all() -> Url {
    Url::fixed("/deposits")
}
