//! The shop against anvil, a node that is not ours: the whole journey in coin and in stablecoin,
//! blocks that are taken back, and escrow killed in the middle of payouts.
//!
//! It wants what `npm ci --prefix tests/anvil` installs; bin/test does so.
#![cfg(feature = "devnet")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod code;
mod exits;
mod journey;
mod kills;
mod market;
mod node;
mod recover;
mod reorg;
#[expect(dead_code, reason = "the ring of roles uses the rest of it")]
#[path = "../roles/shop.rs"]
mod shop;
