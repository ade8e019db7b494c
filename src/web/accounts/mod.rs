//! Accounts: registration, login, passwords, recovery codes, the profile.

pub(crate) mod actions;
mod api;
mod codes;
mod forms;
mod operator;
mod pages;
pub(crate) mod password;
pub(crate) mod strength;
mod views;
mod workers;

pub(crate) use api::Doc;
pub use operator::{create_account, first_admin, hash_password, set_banned, set_password};

use crate::routes::{ApiRoutes, PageRoutes};

/// Pages of accounts.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/register", pages::register_form);
    routes.post("/register", pages::register);
    routes.get("/login", pages::login_form);
    routes.post("/login", pages::login);
    routes.post("/logout", pages::logout);
    routes.get("/recover", pages::recover_form);
    routes.post("/recover", pages::recover);
    routes.post("/theme", pages::theme);
    routes.get("/account", pages::profile::show);
    routes.post("/account/refund-address", pages::profile::refund_address);
    routes.get("/account/password", pages::profile::password_form);
    routes.post("/account/password", pages::profile::password);
    routes.get("/account/codes", pages::profile::codes_form);
    routes.post("/account/codes", pages::profile::codes);
    routes.get("/account/confirm", pages::profile::confirm_form);
    routes.post("/account/confirm", pages::profile::confirm);
}

/// API of accounts.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/me", api::me);
}
