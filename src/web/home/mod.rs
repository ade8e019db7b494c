//! The shop window.

pub mod pages;
pub mod views;

use crate::routes::PageRoutes;

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/", pages::window);
}
