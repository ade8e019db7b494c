//! What this site says of itself, to anybody.

mod actions;
pub mod api;

use crate::routes::ApiRoutes;

/// JSON.
pub(crate) fn api(routes: &mut ApiRoutes) {
    routes.get("/api/v1/site", api::site);
}
