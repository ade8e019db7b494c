//! The development chain: a real EVM behind real JSON-RPC, with a wallet that pays.
//!
//! Under the demo it is a process of its own; tests hold a [`Chain`] in memory. It is one node
//! without peers, on chain id 31337, and does on order what a real network does at its own time:
//! reorganisations, late finality, a crowded pool. Where it differs from Ethereum:
//! - the state root commits to the history of changes and proves no single account;
//! - the base fee stays where it is set;
//! - block 0 holds a stablecoin ([`dollar`]), which the demo wallet keeps;
//! - the faucet's grants are part of a block without being transactions (`devnetGrants`);
//! - `pending` has the state of `latest`; only the transaction count looks into the pool;
//! - old empty blocks and old states are forgotten.

mod block;
mod call;
mod chain;
pub mod dollar;
mod error;
mod evm;
mod http;
mod journal;
mod ledger;
mod mempool;
mod node;
mod pages;
mod pay;
mod prices;
mod role;
mod rpc;
mod site;
mod state;
mod tx;
mod typed;
mod wallet;

#[cfg(test)]
mod trials;

use std::net::TcpListener;

pub use alloy_primitives::{Address, B256, Bytes, U256};
pub use chain::{Chain, Head, Options};
pub use dollar::ADDRESS as DOLLAR;
pub use error::ChainError;
pub use role::{Config, ConfigError, RunError, VARS, run};
pub use site::PayPage;
pub use wallet::{ADDRESS as DEMO_WALLET, sign_shown, sign_text};

/// The chain's id.
pub const CHAIN_ID: u64 = 31_337;

/// Serves JSON-RPC (POST /), the price route and the demo wallet's pages, with a thread for each
/// of at most 64 connections, until the listener is lost; answers why.
pub fn serve(chain: Chain, listener: TcpListener, pay: PayPage) -> std::io::Error {
    let site = site::Site::new(chain, pay);
    http::serve(&listener, move |request| site.respond(request))
}
