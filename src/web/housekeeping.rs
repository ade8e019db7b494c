//! What web clears out of its own tables, when somebody signs in: each table has one writer, and web
//! has no scheduler.

use db::{DbError, WebTx, attempts, idempotency, orders, sessions};
use domain::clock::{Span, Time};
use domain::limits::DELIVERY_KEPT;

use crate::state::App;

/// Tries are remembered this long.
const ATTEMPTS_KEPT: Span = Span::days(1);
/// Keys of requests that were sent again are remembered this long.
const IDEMPOTENCY_KEPT: Span = Span::days(30);
/// Delivery addresses are looked through at most this often.
const ERASE_EVERY: Span = Span::hours(1);
/// Delivery addresses erased at once.
const ERASE_MOST: i64 = 500;

/// Removes what is over: sessions, tries, keys of requests.
pub(crate) fn prune(tx: &mut WebTx<'_>, now: Time) -> Result<(), DbError> {
    sessions::prune(tx, now)?;
    attempts::prune(tx, now.before(ATTEMPTS_KEPT))?;
    idempotency::prune(tx, now.before(IDEMPOTENCY_KEPT))
}

/// Erases the delivery addresses of orders that ended [`DELIVERY_KEPT`] ago, once in an hour. A
/// failure is logged and tried again an hour later: nobody who signs in has to wait for it.
pub(crate) async fn erase_deliveries(app: &App) {
    let now = app.now();
    if !app.erasing.is_due(now, ERASE_EVERY) {
        return;
    }
    let ended_before = now.before(DELIVERY_KEPT);
    let erased = async {
        let due =
            app.read(move |conn| orders::deliveries_due(conn, ended_before, ERASE_MOST)).await?;
        if due.is_empty() {
            return Ok(());
        }
        app.write("erase-deliveries", move |tx| orders::erase_deliveries(tx, &due, now)).await
    };
    if let Err(error) = erased.await {
        let error: DbError = error;
        tracing::warn!(%error, "delivery addresses were not erased");
    }
}
