//! Turns: a write that decides by what it counted or read must not be overtaken between the look
//! and its commit. On SQLite nobody can, because there is one writer and it holds the file. On
//! MariaDB several jobs run at once, so such a job takes its turn first: it holds a row that all
//! who decide about the same thing hold, until its transaction ends.
//!
//! What a constraint decides (a name, a number, a key) needs no turn.

use domain::clock::Time;
use domain::ids::{ItemId, StoreId, UserId};

use crate::attempts;
use crate::dialect;
use crate::doors::{EscrowTx, WebTx};
use crate::error::DbError;

/// The turn of everything that is counted for one account.
pub fn of_user(tx: &mut WebTx<'_>, user: UserId) -> Result<(), DbError> {
    dialect::hold(tx, "users", &[("id", &user.to_string())]).map(drop)
}

/// The turn of a store: its members and what it sells.
pub fn of_store(tx: &mut WebTx<'_>, store: StoreId) -> Result<(), DbError> {
    dialect::hold(tx, "stores", &[("id", &store.to_string())]).map(drop)
}

/// The turn of an item: its packages and the price that is kept beside it.
pub fn of_item(tx: &mut WebTx<'_>, item: ItemId) -> Result<(), DbError> {
    dialect::hold(tx, "items", &[("id", &item.to_string())]).map(drop)
}

/// The turn of a bucket of tries. The row that is held is made where it is missing; it lies before
/// all times, so nobody counts it, and it goes as other old tries do.
pub fn of_bucket(tx: &mut WebTx<'_>, bucket: &str) -> Result<(), DbError> {
    const NONCE: &str = "";
    let held =
        |tx: &mut WebTx<'_>| dialect::hold(tx, "attempts", &[("bucket", bucket), ("nonce", NONCE)]);
    if held(tx)? {
        return Ok(());
    }
    match attempts::insert(tx, bucket, Time::from_secs(0), NONCE) {
        // Somebody made it meanwhile.
        Err(DbError::Unique(_)) => held(tx).map(drop),
        made => made,
    }
}

/// The turn of escrow, which does one write at a time wherever its processes run: what it decides
/// rests on whole rows of its ledger. There is nothing to hold before the ledger is bound to a key,
/// which happens once.
pub fn of_escrow(tx: &mut EscrowTx<'_>) -> Result<(), DbError> {
    dialect::hold(tx, "installation", &[("id", "1")]).map(drop)
}
