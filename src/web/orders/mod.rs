//! Orders: checkout, the order's page, boards, acts, and their JSON twins.

pub mod actions;
pub mod api;
pub mod checkout;
pub mod consent;
mod delivery;
pub mod pages;
pub mod urls;
pub mod views;

use crate::routes::{ApiRoutes, PageRoutes};

/// Where people act on an order: a path for each act, which ends with its verb.
const ACTS: [&str; 15] = [
    "/orders/{id}/cancel",
    "/orders/{id}/confirm-receipt",
    "/orders/{id}/refund",
    "/orders/{id}/extend",
    "/orders/{id}/resume",
    "/orders/{id}/accept",
    "/orders/{id}/rule",
    "/orders/{id}/contest",
    "/orders/{id}/confirm-ruling",
    "/orders/{id}/ship",
    "/orders/{id}/dispute",
    "/orders/{id}/offer",
    "/orders/{id}/claim",
    "/orders/{id}/reseal",
    "/orders/{id}/keep-address",
];

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
    for path in ACTS {
        routes.post(path, pages::acts::act);
    }
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
    routes.post("/api/v1/orders/{id}/dispute", api::dispute);
    routes.post("/api/v1/orders/{id}/reseal", api::reseal::ask);
    routes.post("/api/v1/orders/{id}/keep-address", api::reseal::keep);
}

#[cfg(test)]
mod tests {
    use domain::policy::Act;

    use super::*;

    /// Whatever the rules know, a browser and an agent can do.
    #[test]
    fn every_act_has_a_form_and_a_route() {
        let mut paths: Vec<_> = crate::routes::pages().list();
        paths.extend(crate::routes::api().list());
        for verb in Act::ALL.into_iter().filter_map(Act::verb) {
            for prefix in ["/orders", "/api/v1/orders"] {
                let wanted = format!("{prefix}/{{id}}/{verb}");
                let found = |(method, path): &&(String, &str)| method == "POST" && *path == wanted;
                assert_eq!(paths.iter().filter(found).count(), 1, "{wanted}");
            }
        }
        assert_eq!(ACTS.len(), Act::ALL.into_iter().filter_map(Act::verb).count());
    }
}
