//! Escrow against a chain in memory: purchases, trouble, crashes, and money paid exactly once.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod orders;
mod parties;
mod wire;
mod world;

mod carriers;
mod crash;
mod deadlines;
mod disputes;
mod forged;
mod handshake;
mod liveness;
mod money;
mod once;
mod process;
mod provider;
mod purchase;
mod rulings;
mod tokens;
