//! API keys: made and revoked on a page or by another key, shown once.

pub(crate) mod actions;
mod api;
mod pages;
pub(crate) mod secret;
mod views;

use std::str::FromStr;

use domain::refusal::BadText;

pub(crate) use api::Doc;

use crate::routes::{ApiRoutes, PageRoutes};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look at things.
    Read,
    /// Do whatever its account may do in the API.
    Write,
}

impl Scope {
    /// Its word in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl FromStr for Scope {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err(BadText::Form("A scope is read or write.")),
        }
    }
}

/// Pages of keys.
pub(crate) fn pages(routes: &mut PageRoutes) {
    routes.get("/account/keys", pages::list);
    routes.post("/account/keys", pages::create);
    routes.post("/account/keys/{id}/revoke", pages::revoke);
}

/// API of keys.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/keys", api::list);
    routes.post("/api/v1/keys", api::create);
    routes.delete("/api/v1/keys/{id}", api::revoke);
}
