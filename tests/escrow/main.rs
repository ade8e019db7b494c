//! Escrow against a chain in memory: purchases, trouble, crashes, and money paid exactly once.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod orders;
mod wire;
mod world;

mod books;
mod carriers;
mod crash;
mod deadlines;
mod forged;
mod handshake;
mod liveness;
mod money;
mod once;
mod process;
mod provider;
mod purchase;
mod recover;
mod tokens;
