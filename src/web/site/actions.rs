//! Reading what the site publishes.

use db::desk::{self, SiteKey};

use crate::error::AppError;
use crate::state::App;

/// The keys by which this site signs and signed terms, the present one first.
pub(super) async fn keys(app: &App) -> Result<Vec<SiteKey>, AppError> {
    Ok(app.read(desk::site_keys).await?)
}
