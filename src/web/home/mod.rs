//! The shop window and the page that explains it.

pub mod help;
pub mod pages;
pub mod views;

use crate::routes::PageRoutes;

/// Pages.
pub fn pages(routes: &mut PageRoutes) {
    routes.get("/", pages::window);
    routes.get("/help", help::help);
}
