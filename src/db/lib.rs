//! The only place that knows diesel and SQL.
//!
//! A role opens its door ([`doors`]): it reads everything, and writes its own tables by named
//! transactions ([`tx`]). Rows live in one file a family of tables; what a row means is the
//! domain's to say.
#![deny(missing_docs)]

pub mod codec;
pub mod config;
pub mod conn;
#[cfg(feature = "mariadb")]
pub mod copy;
pub mod doors;
pub mod error;
pub mod evidence;
pub mod lodgings;
pub mod migrate;
pub mod owners;
pub mod todo;
pub mod tx;
pub mod unbound;

pub mod accounts;
pub mod addresses;
pub mod alarms;
pub mod attempts;
pub mod backup;
pub mod balances;
pub mod claims;
pub mod clamps;
pub mod deadlines;
pub mod deposits;
pub mod desk;
pub mod disputes;
pub mod feeds;
pub mod files;
pub mod held;
pub mod holds;
pub mod idempotency;
pub mod inbox;
pub mod intents;
pub mod items;
pub mod jobs;
pub mod journal;
pub mod keys;
pub mod ledger;
pub mod nearing;
pub mod notices;
pub mod offers;
pub mod orders;
pub mod outbox;
pub mod overview;
pub mod packages;
pub mod payouts;
pub mod placing;
pub mod proofs;
pub mod pulse;
pub mod referrals;
pub mod relays;
pub mod reseals;
pub mod rulings;
pub mod schema;
pub mod seals;
pub mod sessions;
pub mod shipments;
pub mod staff;
pub mod stats;
pub mod stores;
pub mod story;
pub mod tiers;
pub mod tokens;
pub mod top_ups;
pub mod turns;

mod dialect;
mod link;
mod place;
mod pool;
#[cfg(feature = "mariadb")]
mod session;
mod shape;
mod taint;
mod wal;
mod writer;

pub use config::{BadConfig, DbConfig};
pub use conn::Conn;
pub use doors::{CourierDb, CourierTx, EscrowDb, EscrowTx, WebDb, WebTx};
pub use error::DbError;
pub use owners::Owner;
