//! Delivery addresses at rest: sealed under a key of the site and bound to their order, so that no
//! row can be moved to another one.

use domain::ids::OrderId;

use crate::error::AppError;
use crate::state::{App, Seal};

/// Seals `text` for `order`.
pub(super) fn seal(app: &App, order: OrderId, text: &str) -> Vec<u8> {
    app.keys.seal(Seal::Delivery, app.random(), order.as_bytes(), text.as_bytes())
}

/// Opens what [`seal`] made.
pub(super) fn open(app: &App, order: OrderId, sealed: &[u8]) -> Result<String, AppError> {
    app.keys
        .open(Seal::Delivery, order.as_bytes(), sealed)
        .and_then(|plain| String::from_utf8(plain.to_vec()).ok())
        .ok_or_else(|| {
            AppError::Internal(format!(
                "the delivery address of order {order} does not open: was a salt changed?"
            ))
        })
}
