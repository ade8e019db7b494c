//! Making something of a request once. Parts of a request are taken from it side by side, and where
//! the database is a server they wait for it side by side; the first makes it for all.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The turns of those who would make the context of one request.
#[derive(Clone, Default)]
struct Making(Arc<Mutex<()>>);

/// Waits until nobody else makes the context of the request.
pub(super) async fn turn(request: &HttpRequest) -> OwnedMutexGuard<()> {
    let known = request.extensions().get::<Making>().cloned();
    let making = known.unwrap_or_else(|| {
        let making = Making::default();
        request.extensions_mut().insert(making.clone());
        making
    });
    making.0.lock_owned().await
}
