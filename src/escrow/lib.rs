//! Escrow: the process that holds the keys and moves the money.
//!
//! It listens on nothing and trusts no row that it did not write. What web asks for it finds in
//! web's tables, checks, and answers in its own.
//!
//! # How it wakes
//! Two lanes, a thread each, run one job at a time and never overlap with themselves:
//! - the **desk** takes up addresses, new orders, disputes and intents. It asks ten times a second
//!   whether web has committed anything (SQLite's `data_version`, which costs microseconds) and
//!   runs when it has, so an order is sealed well within two seconds. Every ten seconds it runs
//!   anyway, and every ten minutes it looks at everything that was ever left over.
//! - the **chain** lane runs each second: heads, confirmations, deposits, deadlines, late money,
//!   plans, signatures, broadcasts; and each minute the rates.
//!
//! A `tokio-cron-scheduler` says when; a lane that is still busy misses that turn and no harm is
//! done. The **heartbeat** has a small loop of its own, each second, and tells when each lane last
//! came round, so that a lane that hangs is seen.
//!
//! # Exactly once
//! Announce, commit, then look; plan, commit, then sign; sign, commit, then broadcast. A leg's
//! nonce, payee and sum never change. Every job may be stopped at any line and run again.
#![deny(missing_docs, clippy::arithmetic_side_effects)]

mod alarms;
pub mod audit;
pub mod bond;
pub mod book;
pub mod chain;
pub mod config;
pub mod ctx;
pub mod desk;
pub mod engine;
pub mod evm;
pub mod fault;
mod handover;
mod journal;
pub mod keys;
mod locked;
pub mod money;
mod reach;
pub mod recover;
mod schedule;
pub mod seal;
pub mod secret;
mod walks;

pub use chain::transport::{HttpTransport, PriceSource, Transport, TransportError};
pub use config::{Config, ConfigError, RunError, VARS};
pub use ctx::{Ctx, NoProbe, Parts, Probe, Served, Unfit};
pub use engine::Engine;
pub use fault::{ChainFault, Fault};
pub use handover::without_phrase;
pub use keys::{Keys, account_key, new_mnemonic};
pub use reach::Reach;
pub use schedule::{providers, run};

pub use secret::{KeySource, SECRET_VARS, Secrets};
