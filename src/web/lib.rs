//! The shop: pages for browsers, JSON for agents, both over the same actions.
//!
//! Nothing here can pay: web writes orders and what people ask for, and escrow alone acts on it.

pub mod accounts;
pub mod admin;
pub mod assets;
mod compress;
pub mod config;
pub mod demo;
mod deposits;
pub mod disputes;
pub mod error;
pub mod files;
pub mod health;
pub mod home;
mod housekeeping;
pub mod http;
pub mod items;
pub mod keys;
pub mod notices;
pub mod openapi;
pub mod orders;
pub mod packages;
mod payees;
mod referrals;
pub mod routes;
pub mod server;
pub mod signer;
pub mod site;
pub mod state;
pub mod stores;
mod tiers;
pub mod transparency;
pub mod ui;

pub use accounts::{create_account, hash_password, set_banned, set_password};
pub use config::{Config, ConfigError, VARS};
pub use routes::listed;
pub use server::{RunError, SystemClock, run, start};
pub use state::{App, State};
