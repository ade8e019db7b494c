//! The shop: pages for browsers, JSON for agents, both over the same actions.
//!
//! Nothing here can pay: web writes orders and what people ask for, and escrow alone acts on it.

mod accounts;
mod assets;
mod config;
pub mod demo;
mod error;
mod health;
mod home;
mod http;
mod items;
mod keys;
mod openapi;
mod orders;
mod packages;
mod routes;
mod server;
mod state;
mod stores;
mod ui;

pub use accounts::{create_account, hash_password, set_password};
pub use config::{Config, ConfigError, VARS};
pub use routes::listed;
pub use server::{RunError, SystemClock, run, start};
pub use state::{App, State};
