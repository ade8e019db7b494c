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
mod zoo;

mod books;
mod bounds;
mod carriers;
mod copies;
mod crash;
mod deadlines;
mod disputes;
mod evidence;
mod exits;
mod forged;
mod handshake;
mod held;
mod keyless;
mod liveness;
mod money;
mod moves;
mod once;
mod process;
mod provider;
mod purchase;
mod recover;
mod reseals;
mod rulings;
mod signer;
mod taken;
mod tampered;
mod tokens;
mod transfers;
